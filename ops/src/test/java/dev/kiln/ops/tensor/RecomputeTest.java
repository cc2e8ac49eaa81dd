package dev.kiln.ops.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Devices;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RecomputeTest {
  private final Context context = new Context(Devices.cpu(), 1);
  private final Tensor w = context.randn(DType.FP32, 8, 8).requireGrad();
  private final Tensor v = context.randn(DType.FP32, 8, 8).requireGrad();

  @AfterEach
  void close() {
    context.close();
    assertThat(context.memory().storages()).isZero();
  }

  private Tensor layer(Tensor x) {
    return x.matmul(w).dropout(0.3, true).gelu().add(x);
  }

  private Tensor block(Tensor x) {
    return layer(x).matmul(v);
  }

  /** The gradients of w, v and the input after one step from the same random state. */
  private List<float[]> gradients(UnaryOperator<Tensor> function) {
    context.random().restore(5, 0);
    List<float[]> gradients = new ArrayList<>();
    try (Scope _ = context.scope()) {
      Tensor x = context.randn(DType.FP32, 4, 8).requireGrad();
      function.apply(x.mul(2)).square().sum().backward();
      for (Tensor tensor : List.of(w, v, x)) {
        gradients.add(tensor.grad().toFloats());
        tensor.zeroGrad();
      }
    }
    gradients.add(new float[] {context.random().offset()});
    return gradients;
  }

  private static void assertSame(List<float[]> actual, List<float[]> expected) {
    for (int i = 0; i < expected.size(); i++) {
      assertThat(actual.get(i)).as("gradient " + i).containsExactly(expected.get(i));
    }
  }

  @Test
  void gradientsOfChosenTensorsReachParametersInside() {
    try (Scope _ = context.scope()) {
      Tensor x = context.randn(DType.FP32, 4, 8).requireGrad();
      List<float[]> plain = chosenGradients(this::block, x);
      assertSame(chosenGradients(z -> Recompute.of(this::block, z), x), plain);
      assertSame(
          chosenGradients(z -> Recompute.of(u -> Recompute.of(this::block, u), z), x), plain);
      assertThat(List.of(w, v, x)).as("nobody's grad changes").noneMatch(Tensor::hasGrad);
    }
  }

  /** The gradients of w and the input. */
  private List<float[]> chosenGradients(UnaryOperator<Tensor> function, Tensor x) {
    context.random().restore(5, 0);
    Tensor y = function.apply(x);
    return Autograd.gradients(y, context.ones(DType.FP32, 4, 8), false, List.of(w, x)).stream()
        .map(Tensor::toFloats)
        .toList();
  }

  @Test
  void gradientsAreTheSameBitForBit() {
    List<float[]> plain = gradients(x -> block(block(x)));
    assertSame(gradients(x -> Recompute.of(this::block, Recompute.of(this::block, x))), plain);
    assertSame(gradients(x -> Recompute.of(y -> Recompute.of(this::block, block(y)), x)), plain);
  }

  @Test
  void autocastIsWhatItWas() {
    UnaryOperator<Tensor> recomputed = x -> Recompute.of(this::block, x);
    assertSame(gradients(lower(recomputed)), gradients(lower(this::block)));
  }

  private UnaryOperator<Tensor> lower(UnaryOperator<Tensor> function) {
    return x -> {
      try (Mode _ = context.autocast(DType.BF16)) {
        return function.apply(x);
      }
    };
  }

  @Test
  void intermediateTensorsAreNotKept() {
    assertThat(bytesAfterForward(x -> Recompute.of(this::block, x)))
        .isLessThan(bytesAfterForward(x -> context.frame(() -> block(x))));
  }

  private long bytesAfterForward(UnaryOperator<Tensor> function) {
    try (Scope _ = context.scope()) {
      function.apply(context.randn(DType.FP32, 4, 8).requireGrad());
      return context.memory().bytes();
    }
  }

  @Test
  void parametersGetGradientsThoughTheInputNeedsNone() {
    try (Scope _ = context.scope()) {
      Recompute.of(this::block, context.ones(DType.FP32, 4, 8)).sum().backward();
    }
    assertThat(w.hasGrad()).isTrue();
  }

  @Test
  void resultsThatAreNoInputsAreRefused() {
    try (Scope _ = context.scope()) {
      Tensor x = context.ones(DType.FP32, 4, 8);
      Tensor other = w.mul(2);
      assertThatThrownBy(() -> Recompute.of(y -> y.matmul(other), x))
          .hasMessage(
              "recompute: the function uses mul fp32[8, 8] in matmul, which must be one of its"
                  + " inputs");
    }
  }
}
