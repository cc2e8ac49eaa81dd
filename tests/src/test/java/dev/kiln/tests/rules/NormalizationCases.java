package dev.kiln.tests.rules;

import static dev.kiln.tests.rules.HostArray.integers;
import static dev.kiln.tests.rules.HostArray.normal;
import static dev.kiln.tests.rules.HostArray.unwritten;
import static dev.kiln.tests.rules.HostArray.zeros;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.normalization.BatchNorm;
import dev.kiln.kernels.normalization.ChannelLayout;
import dev.kiln.kernels.normalization.GroupNorm;
import dev.kiln.kernels.normalization.LayerNorm;
import dev.kiln.kernels.normalization.PixelNorm;
import dev.kiln.kernels.normalization.RmsNorm;
import dev.kiln.kernels.normalization.Softmax;
import dev.kiln.kernels.normalization.SpectralNorm;
import dev.kiln.kernels.normalization.WeightNorm;
import dev.kiln.runtime.NdArray;
import java.util.ArrayList;
import java.util.List;

/** Launches of the normalization kernels. */
final class NormalizationCases {
  private static final double EPS = 1e-5;

  private NormalizationCases() {}

  static List<KernelCase> all() {
    List<KernelCase> cases = new ArrayList<>();
    cases.add(softmax("Softmax", 30, 100, new Softmax.Options(false, 0.5, 0)));
    cases.add(softmax("Softmax of long rows", 2, 16_500, Softmax.Options.LOG_SOFTMAX));
    cases.add(softmax("Softmax, causal", 20, 33, new Softmax.Options(false, 1, 10)));
    cases.addAll(List.of(streamedSoftmax(), streamedLayerNorm()));
    cases.add(layerNorm("LayerNorm", 70, 100));
    cases.add(layerNorm("LayerNorm of long rows", 3, 16_500));
    cases.add(rmsNorm());
    for (ChannelLayout layout : ChannelLayout.values()) {
      cases.addAll(List.of(batchNorm(layout), groupNorm(layout), pixelNorm(layout)));
    }
    cases.addAll(List.of(weightNorm(), spectralNorm()));
    return cases;
  }

  private static KernelCase softmax(String name, int rows, int columns, Softmax.Options options) {
    return new KernelCase(
        name,
        List.of(
            normal(1, rows, columns),
            integers(DType.I8, 2, 0, 2, 1, columns),
            normal(3, rows, columns),
            unwritten(rows, columns),
            unwritten(rows, columns)),
        (device, a) -> {
          var kernel = new Softmax(device);
          return () -> {
            kernel.forward(a.get(0), a.get(1), options, a.get(3));
            kernel.backward(a.get(3), a.get(2), options, a.get(4));
          };
        });
  }

  private static KernelCase streamedSoftmax() {
    return new KernelCase(
        "Softmax without a mask",
        List.of(normal(1, 70, 300), unwritten(70, 300)),
        (device, a) -> {
          var kernel = new Softmax(device);
          return () -> kernel.forward(a.get(0), Softmax.Options.SOFTMAX, a.get(1));
        });
  }

  private static KernelCase streamedLayerNorm() {
    return new KernelCase(
        "LayerNorm without a residual",
        List.of(
            normal(4, 70, 300),
            normal(6, 300),
            normal(7, 300),
            unwritten(70, 300),
            unwritten(70),
            unwritten(70)),
        (device, a) -> {
          var kernel = new LayerNorm(device);
          return () ->
              kernel.forward(a.get(0), a.get(1), a.get(2), EPS, a.get(3), a.get(4), a.get(5));
        });
  }

  private static KernelCase layerNorm(String name, int rows, int columns) {
    return new KernelCase(
        name,
        List.of(
            normal(4, rows, columns),
            normal(5, rows, columns),
            normal(6, columns),
            normal(7, columns),
            unwritten(rows, columns),
            unwritten(rows, columns),
            unwritten(rows),
            unwritten(rows),
            normal(8, rows, columns),
            unwritten(rows, columns),
            unwritten(columns),
            unwritten(columns)),
        (device, a) -> {
          var kernel = new LayerNorm(device);
          NdArray weight = a.get(2);
          NdArray sum = a.get(4);
          NdArray mean = a.get(6);
          NdArray rstd = a.get(7);
          return () -> {
            kernel.forwardAdd(a.get(0), a.get(1), sum, weight, a.get(3), EPS, a.get(5), mean, rstd);
            kernel.backward(
                a.get(8), sum, weight, mean, rstd, null, a.get(9), a.get(10), a.get(11));
          };
        });
  }

  private static KernelCase rmsNorm() {
    return new KernelCase(
        "RmsNorm of bf16",
        List.of(
            normal(DType.BF16, 9, 40, 300),
            normal(DType.BF16, 10, 300),
            unwritten(DType.BF16, 40, 300),
            unwritten(40),
            normal(DType.BF16, 11, 40, 300),
            unwritten(DType.BF16, 40, 300),
            unwritten(DType.BF16, 300)),
        (device, a) -> {
          var kernel = new RmsNorm(device);
          NdArray rstd = a.get(3);
          return () -> {
            kernel.forward(a.get(0), a.get(1), EPS, a.get(2), rstd);
            kernel.backward(a.get(4), a.get(0), a.get(1), rstd, a.get(4), a.get(5), a.get(6));
          };
        });
  }

  private static long[] shape(ChannelLayout layout) {
    return layout == ChannelLayout.FIRST ? new long[] {3, 20, 49} : new long[] {3, 49, 20};
  }

  private static KernelCase batchNorm(ChannelLayout layout) {
    long[] shape = shape(layout);
    return new KernelCase(
        "BatchNorm, channels " + layout,
        List.of(
            normal(12, shape),
            normal(13, 20),
            normal(14, 20),
            zeros(DType.FP32, 20),
            zeros(DType.FP32, 20),
            unwritten(shape),
            unwritten(20),
            unwritten(20),
            normal(15, shape),
            unwritten(shape),
            unwritten(20),
            unwritten(20)),
        (device, a) -> {
          var kernel = new BatchNorm(device);
          var options = new BatchNorm.Options(layout, EPS, 0.1, Activation.RELU);
          NdArray x = a.get(0);
          NdArray weight = a.get(1);
          NdArray bias = a.get(2);
          NdArray mean = a.get(6);
          NdArray rstd = a.get(7);
          return () -> {
            kernel.train(x, weight, bias, a.get(3), a.get(4), options, a.get(5), mean, rstd);
            kernel.backward(
                a.get(8), x, weight, bias, mean, rstd, options, a.get(9), a.get(10), a.get(11));
          };
        });
  }

  private static KernelCase groupNorm(ChannelLayout layout) {
    long[] shape = shape(layout);
    return new KernelCase(
        "GroupNorm, channels " + layout,
        List.of(
            normal(16, shape),
            normal(17, 20),
            normal(18, 20),
            unwritten(shape),
            unwritten(12),
            unwritten(12),
            normal(19, shape),
            unwritten(shape),
            unwritten(20),
            unwritten(20)),
        (device, a) -> {
          var kernel = new GroupNorm(device);
          var options = GroupNorm.Options.of(layout, 4);
          NdArray x = a.get(0);
          NdArray weight = a.get(1);
          NdArray bias = a.get(2);
          NdArray mean = a.get(4);
          NdArray rstd = a.get(5);
          return () -> {
            kernel.forward(x, weight, bias, options, a.get(3), mean, rstd);
            kernel.backward(
                a.get(6), x, weight, bias, mean, rstd, options, a.get(7), a.get(8), a.get(9));
          };
        });
  }

  private static KernelCase pixelNorm(ChannelLayout layout) {
    long[] shape = shape(layout);
    return new KernelCase(
        "PixelNorm, channels " + layout,
        List.of(normal(20, shape), unwritten(shape), normal(21, shape), unwritten(shape)),
        (device, a) -> {
          var kernel = new PixelNorm(device);
          return () -> {
            kernel.forward(a.get(0), layout, 1e-8, a.get(1));
            kernel.backward(a.get(2), a.get(0), layout, 1e-8, a.get(3));
          };
        });
  }

  private static KernelCase weightNorm() {
    return new KernelCase(
        "WeightNorm",
        List.of(
            normal(22, 20, 70),
            normal(23, 20),
            unwritten(20, 70),
            unwritten(20),
            normal(24, 20, 70),
            unwritten(20, 70),
            unwritten(20)),
        (device, a) -> {
          var kernel = new WeightNorm(device);
          return () -> {
            kernel.forward(a.get(0), a.get(1), a.get(2), a.get(3));
            kernel.backward(a.get(4), a.get(0), a.get(1), a.get(3), a.get(5), a.get(6));
          };
        });
  }

  private static KernelCase spectralNorm() {
    return new KernelCase(
        "SpectralNorm",
        List.of(
            normal(25, 30, 70),
            normal(26, 30),
            unwritten(70),
            unwritten(1),
            unwritten(30, 70),
            normal(27, 30, 70),
            unwritten(30, 70)),
        (device, a) -> {
          var kernel = new SpectralNorm(device);
          return () -> {
            kernel.forward(a.get(0), 1, 1e-12, a.get(1), a.get(2), a.get(3), a.get(4));
            kernel.backward(a.get(5), a.get(0), a.get(1), a.get(2), a.get(3), a.get(6));
          };
        });
  }
}
