package dev.kiln.ops.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.Devices;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LayersAutocastTest {
  @ParameterizedTest
  @EnumSource(names = {"BF16", "FP16"})
  void gradientsOfFp32ParametersStayFp32AndNearTheOnesInFp32(DType lower) {
    try (var context = new Context(Devices.cpu(), 1);
        var model =
            new Sequential(
                context,
                new Conv2d(context, 1, 4, 3),
                new BatchNorm(context, 4, Activation.SILU),
                new AveragePool(context, 2, 2),
                new Flatten(context),
                new Linear(context, 16, 3))) {
      Tensor x = Initialization.normal(0, 1).make(context, 4, 1, 6, 6);
      double[] exact = gradient(context, model, x, null, DType.FP32);
      double[] narrow = gradient(context, model, x, lower, lower);
      double largest = 0;
      for (double g : exact) {
        largest = Math.max(largest, Math.abs(g));
      }
      for (int i = 0; i < exact.length; i++) {
        assertThat(narrow[i]).isCloseTo(exact[i], within(0.05 * largest));
      }
    }
  }

  private static double[] gradient(
      Context context, Sequential model, Tensor x, DType lower, DType expected) {
    model.zeroGrad();
    try (Scope _ = context.scope()) {
      Tensor y;
      if (lower == null) {
        y = model.apply(x);
      } else {
        try (var _ = context.autocast(lower)) {
          y = model.apply(x);
        }
      }
      assertThat(y.dtype()).isEqualTo(expected);
      y.to(DType.FP32).square().sum().backward();
    }
    Tensor gradient = model.parameters().get("0.weight").grad();
    assertThat(gradient.dtype()).isEqualTo(DType.FP32);
    return gradient.toDoubles();
  }

  @Test
  void normsOfRowsComputeInFp32() {
    try (var context = new Context(Devices.cpu(), 1);
        var norm = new LayerNorm(context, 4)) {
      Tensor x = Initialization.normal(0, 1).make(context, 2, 4).to(DType.BF16);
      try (var _ = context.autocast(DType.BF16)) {
        assertThat(norm.apply(x).dtype()).isEqualTo(DType.FP32);
      }
    }
  }
}
