package dev.kiln.tests.rules;

import static dev.kiln.tests.rules.HostArray.normal;
import static dev.kiln.tests.rules.HostArray.unwritten;

import dev.kiln.kernels.reduction.ColumnSums;
import java.util.ArrayList;
import java.util.List;

/** Launches of the kernels that the product ships, through their launchers. */
public final class ShippedKernels {
  private ShippedKernels() {}

  public static List<KernelCase> all() {
    List<KernelCase> cases = new ArrayList<>();
    cases.addAll(List.of(columnSums()));
    cases.addAll(ElementwiseCases.all());
    cases.addAll(NormalizationCases.all());
    cases.addAll(AttentionCases.all());
    cases.addAll(ClassicalCases.all());
    cases.addAll(ConvolutionCases.all());
    cases.addAll(PoolingCases.all());
    cases.addAll(ProductCases.all());
    cases.addAll(RecurrentCases.all());
    cases.addAll(LossCases.all());
    cases.addAll(OptimizerCases.all());
    cases.addAll(ReductionCases.all());
    return cases;
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
}
