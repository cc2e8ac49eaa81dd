package dev.kiln.tests.rules;

import static dev.kiln.tests.rules.HostArray.integers;
import static dev.kiln.tests.rules.HostArray.normal;
import static dev.kiln.tests.rules.HostArray.unwritten;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.pooling.AveragePooling;
import dev.kiln.kernels.pooling.MaxPooling;
import dev.kiln.kernels.pooling.PoolingOptions;
import dev.kiln.kernels.pooling.Upsampling;
import dev.kiln.kernels.pooling.UpsamplingMode;
import dev.kiln.runtime.NdArray;
import java.util.List;

/** Pooling and upsampling. */
final class PoolingCases {
  private PoolingCases() {}

  static List<KernelCase> all() {
    return List.of(max(), average(), adaptive(), upsampling());
  }

  private static KernelCase max() {
    return new KernelCase(
        "Max pooling",
        List.of(
            normal(101, 2, 5, 19, 37),
            unwritten(2, 5, 10, 19),
            integers(DType.I32, 102, 0, 1, 2, 5, 10, 19),
            normal(103, 2, 5, 10, 19),
            unwritten(2, 5, 19, 37)),
        (device, a) -> {
          var kernel = new MaxPooling(device);
          var options = PoolingOptions.of(2, 3, 2, 1);
          return () -> {
            kernel.forward(a.get(0), options, a.get(1), a.get(2));
            kernel.backward(a.get(3), a.get(2), options, a.get(4));
          };
        });
  }

  private static KernelCase average() {
    return new KernelCase(
        "Average pooling, channels last",
        List.of(
            normal(DType.BF16, 104, 2, 9, 11, 35),
            unwritten(DType.BF16, 2, 5, 6, 35),
            unwritten(DType.BF16, 2, 9, 11, 35)),
        (device, a) -> {
          var kernel = new AveragePooling(device);
          var options = PoolingOptions.of(2, 3, 2, 1).withoutPadding();
          NdArray y = a.get(1).permute(0, 3, 1, 2);
          return () -> {
            kernel.forward(a.get(0).permute(0, 3, 1, 2), options, y);
            kernel.backward(y, options, a.get(2).permute(0, 3, 1, 2));
          };
        });
  }

  private static KernelCase adaptive() {
    return new KernelCase(
        "Adaptive average pooling",
        List.of(normal(105, 3, 7, 13, 17), unwritten(3, 7, 4, 5), unwritten(3, 7, 13, 17)),
        (device, a) -> {
          var kernel = new AveragePooling(device);
          return () -> {
            kernel.forward(a.get(0), PoolingOptions.ADAPTIVE, a.get(1));
            kernel.backward(a.get(1), PoolingOptions.ADAPTIVE, a.get(2));
          };
        });
  }

  private static KernelCase upsampling() {
    return new KernelCase(
        "Upsampling",
        List.of(normal(106, 2, 5, 9, 13), unwritten(2, 5, 18, 31), unwritten(2, 5, 9, 13)),
        (device, a) -> {
          var kernel = new Upsampling(device);
          return () -> {
            kernel.forward(a.get(0), UpsamplingMode.LINEAR, a.get(1));
            kernel.backward(a.get(1), UpsamplingMode.LINEAR, a.get(2));
          };
        });
  }
}
