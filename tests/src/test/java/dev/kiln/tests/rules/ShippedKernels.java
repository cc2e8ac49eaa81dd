package dev.kiln.tests.rules;

import static dev.kiln.tests.rules.HostArray.integers;
import static dev.kiln.tests.rules.HostArray.normal;
import static dev.kiln.tests.rules.HostArray.unwritten;
import static dev.kiln.tests.rules.HostArray.zeros;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.loss.CrossEntropy;
import dev.kiln.kernels.optimizer.AdamW;
import dev.kiln.kernels.optimizer.FindInf;
import dev.kiln.kernels.optimizer.Sgd;
import dev.kiln.kernels.reduction.ColumnSums;
import java.util.ArrayList;
import java.util.List;

/** Launches of the kernels that the product ships, through their launchers. */
final class ShippedKernels {
  private ShippedKernels() {}

  static List<KernelCase> all() {
    List<KernelCase> cases = new ArrayList<>(List.of(crossEntropy()));
    cases.addAll(List.of(meanLoss(), columnSums(), findInf(), adamW(), sgd()));
    cases.addAll(ElementwiseCases.all());
    cases.addAll(NormalizationCases.all());
    cases.addAll(AttentionCases.all());
    cases.addAll(ConvolutionCases.all());
    cases.addAll(ProductCases.all());
    return cases;
  }

  private static KernelCase crossEntropy() {
    return new KernelCase(
        "CrossEntropy",
        List.of(
            normal(6, 20, 100),
            integers(DType.I32, 7, 0, 100, 20),
            unwritten(20),
            unwritten(20, 100)),
        (device, arrays) -> {
          var kernel = new CrossEntropy(device);
          var options = new CrossEntropy.Options(CrossEntropy.IGNORED, 0.1);
          return () ->
              kernel.run(
                  arrays.get(0), arrays.get(1), options, arrays.get(2), arrays.get(3), null, 3);
        });
  }

  private static KernelCase meanLoss() {
    return new KernelCase(
        "CrossEntropy.mean",
        List.of(normal(8, 3000), integers(DType.I64, 9, 0, 9, 3000), unwritten(1), unwritten(1)),
        (device, arrays) -> {
          var kernel = new CrossEntropy(device);
          return () -> {
            kernel.rowWeight(arrays.get(1), CrossEntropy.Options.DEFAULT, arrays.get(2));
            kernel.mean(arrays.get(0), arrays.get(2), arrays.get(3));
          };
        });
  }

  private static KernelCase columnSums() {
    return new KernelCase(
        "ColumnSums",
        List.of(normal(10, 99, 301), unwritten(301)),
        (device, arrays) -> {
          var kernel = new ColumnSums(device);
          return () -> kernel.run(arrays.get(0), arrays.get(1));
        });
  }

  private static KernelCase findInf() {
    return new KernelCase(
        "FindInf",
        List.of(normal(DType.FP16, 12, 5000), zeros(DType.FP32, 1)),
        (device, arrays) -> {
          var kernel = new FindInf(device);
          return () -> kernel.run(arrays.get(0), arrays.get(1));
        });
  }

  private static KernelCase adamW() {
    return new KernelCase(
        "AdamW",
        List.of(
            normal(13, 5000),
            zeros(DType.BF16, 5000),
            normal(DType.BF16, 14, 5000),
            zeros(DType.FP32, 5000),
            zeros(DType.FP32, 5000)),
        (device, arrays) -> {
          var kernel = new AdamW(device);
          var parameter =
              new AdamW.Parameter(
                  arrays.get(0), arrays.get(1), arrays.get(2), arrays.get(3), arrays.get(4));
          return () -> kernel.step(parameter, AdamW.Options.DEFAULT, 1e-3, 5);
        });
  }

  private static KernelCase sgd() {
    return new KernelCase(
        "Sgd",
        List.of(normal(15, 5000), normal(16, 5000), normal(17, 5000)),
        (device, arrays) -> {
          var kernel = new Sgd(device);
          var parameter = new Sgd.Parameter(arrays.get(0), null, arrays.get(1), arrays.get(2));
          var options = new Sgd.Options(0.9, 0, true, 0.01);
          return () -> kernel.step(parameter, options, 0.1, 2);
        });
  }
}
