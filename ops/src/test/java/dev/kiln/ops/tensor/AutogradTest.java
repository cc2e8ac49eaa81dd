package dev.kiln.ops.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

@Isolated("counts the launches of the device")
class AutogradTest {
  private final Context context = new Context(Devices.cpu(), 1);

  @AfterEach
  void close() {
    context.close();
    assertThat(context.memory().storages()).isZero();
  }

  private Tensor parameter(float... values) {
    return context.of(values, values.length).requireGrad();
  }

  @Test
  void scalarRulesHold() {
    Tensor x = parameter(1, 2, 3);
    x.sum().backward();
    assertThat(x.grad().toFloats()).containsExactly(1, 1, 1);
    x.mul(2).sum().backward();
    assertThat(x.grad().toFloats()).containsExactly(3, 3, 3);
    Tensor z = parameter(0, 1, 2, 3);
    Tensor y = z.dot(z).mul(2);
    assertThat(y.item()).isEqualTo(28);
    y.backward();
    assertThat(z.grad().toFloats()).containsExactly(0, 4, 8, 12);
  }

  @Test
  void learnableSigmoidFollowsItsFormula() {
    Tensor x = parameter(-1, 0.5f, 2);
    Tensor a = parameter(0.7f);
    Tensor dy = context.of(new float[] {1, -2, 3});
    x.learnableSigmoid(a).backward(dy);
    double[] dx = new double[3];
    double da = 0;
    for (int i = 0; i < 3; i++) {
      double at = x.toDoubles()[i];
      double s = 1 / (1 + Math.exp(-0.7f * at));
      dx[i] = dy.toDoubles()[i] * 0.7f * s * (1 - s);
      da += dy.toDoubles()[i] * at * s * (1 - s);
    }
    assertThat(x.grad().toDoubles()).containsExactly(dx, within());
    assertThat(a.grad().item()).isEqualTo(da, within());
  }

  private static Offset<Double> within() {
    return Offset.offset(1e-6);
  }

  @Test
  void graphCanBeGoneThroughTwiceOnlyIfItIsRetained() {
    Tensor x = parameter(1, 2);
    Tensor y = x.exp();
    Tensor ones = context.ones(DType.FP32, 2);
    y.backward(ones, true);
    float[] once = x.grad().toFloats();
    y.backward(ones);
    assertThat(x.grad().toFloats()).containsExactly(2 * once[0], 2 * once[1]);
    assertThatThrownBy(() -> y.backward(ones))
        .isInstanceOf(KilnException.class)
        .hasMessageContaining("exp: the graph was freed")
        .hasMessageContaining("retainGraph");
  }

  @Test
  void whatWasChangedInPlaceIsNotedInTheBackwardPass() {
    Tensor x = parameter(1, 2);
    Tensor factor = context.of(new float[] {3, 4});
    Tensor y = x.mul(factor).sum();
    factor.set(new float[] {5, 6});
    assertThatThrownBy(y::backward)
        .isInstanceOf(KilnException.class)
        .hasMessageContaining("mul: tensor fp32[2] is needed by the backward pass")
        .hasMessageContaining("changed in place");
  }

  @Test
  void parametersMustNotBeChangedWhileGradientsAreRecorded() {
    Tensor x = parameter(1, 2);
    assertThatThrownBy(() -> x.set(new float[] {3, 4})).hasMessageContaining("noGrad");
    try (Mode _ = context.noGrad()) {
      x.set(new float[] {3, 4});
    }
    assertThat(x.toFloats()).containsExactly(3, 4);
  }

  @Test
  void errorInABackwardPassLeavesTheContextUsableAndFreesMemory() {
    Tensor x = parameter(1, 2);
    Tensor y;
    long before;
    try (Scope _ = context.scope()) {
      before = context.memory().storages();
      Tensor mid = x.exp();
      y =
          Operation.of("broken", mid)
              .save(mid)
              .result(
                  context.ones(DType.FP32, 2),
                  g -> {
                    context.zeros(DType.FP32, 1000);
                    throw new KilnException("as planned");
                  });
      Tensor sum = y.add(y).sum();
      assertThatThrownBy(sum::backward).hasMessage("as planned");
      assertThat(context.isRecording()).isTrue();
      assertThat(x.hasGrad()).isFalse();
    }
    assertThat(context.memory().storages()).isEqualTo(before);
    x.sum().backward();
    assertThat(x.grad().toFloats()).containsExactly(1, 1);
  }

  @Test
  void hookSeesTheWholeGradientOfAResultAndMayReplaceIt() throws Exception {
    Tensor x = parameter(1, 2);
    Tensor y = x.mul(1);
    List<float[]> seen = new ArrayList<>();
    AutoCloseable hook =
        y.onGradient(
            gradient -> {
              seen.add(gradient.toFloats());
              return gradient.mul(10);
            });
    y.add(y).sum().backward();
    assertThat(seen).hasSize(1);
    assertThat(seen.getFirst()).containsExactly(2, 2);
    assertThat(x.grad().toFloats()).containsExactly(20, 20);
    hook.close();
    AutoCloseable ofLeaf = x.onGradient(gradient -> gradient.neg());
    x.sum().backward();
    assertThat(x.grad().toFloats()).containsExactly(19, 19);
    ofLeaf.close();
  }

  @Test
  void gradientsStopAtDetachAndWithoutRecording() {
    Tensor x = parameter(1, 2);
    assertThat(x.detach().mul(2).requiresGrad()).isFalse();
    try (Mode _ = context.noGrad()) {
      assertThat(x.mul(2).requiresGrad()).isFalse();
      try (Mode _ = context.withGrad()) {
        assertThat(x.mul(2).requiresGrad()).isTrue();
      }
      assertThat(x.mul(2).requiresGrad()).isFalse();
    }
    assertThatThrownBy(() -> x.detach().sum().backward())
        .hasMessageContaining("needs no gradient: no parameter took part");
    assertThatThrownBy(() -> x.mul(2).backward())
        .hasMessageContaining("more than one element: mul fp32[2]");
  }

  @Test
  void gradientsOfChosenTensorsTouchNobodyElse() {
    Tensor x = parameter(1, 2);
    Tensor w = parameter(3, 4);
    Tensor other = parameter(5, 6);
    try (Scope _ = context.scope()) {
      Tensor y = x.mul(w);
      Tensor loss = y.square().add(other).sum();
      List<Tensor> gradients =
          Autograd.gradients(loss, context.ones(DType.FP32), true, List.of(w, y, x));
      assertThat(gradients.get(0).toFloats()).containsExactly(2 * 3 * 1, 2 * 8 * 2);
      assertThat(gradients.get(1).toFloats()).containsExactly(6, 16);
      assertThat(gradients.get(2).toFloats()).containsExactly(2 * 3 * 3, 2 * 8 * 4);
      assertThat(x.hasGrad() || w.hasGrad() || other.hasGrad()).isFalse();
      loss.backward();
      assertThat(w.grad().toFloats()).containsExactly(6, 32);
    }
    Tensor unrelated = w.sum();
    assertThat(Autograd.gradients(unrelated, x).getFirst().toFloats()).containsExactly(0, 0);
    Tensor plain = context.ones(DType.FP32);
    assertThatThrownBy(() -> Autograd.gradients(w.sum(), plain))
        .hasMessageContaining("gradients: the input tensor fp32[] needs no gradient");
  }

  @Test
  void frozenParameterCostsNoGradientKernel() {
    Tensor x = context.rand(DType.FP32, 4, 8);
    Tensor w = context.rand(DType.FP32, 8, 8).requireGrad();
    Tensor v = context.rand(DType.FP32, 8, 8).requireGrad();
    int trained = launchesOfBackward(x, w, v);
    w.requireGrad(false);
    w.zeroGrad();
    int frozen = launchesOfBackward(x, w, v);
    assertThat(w.hasGrad()).isFalse();
    assertThat(v.hasGrad()).isTrue();
    // Neither the product for w nor, as nothing below takes a gradient, the one that leads to it.
    assertThat(trained - frozen).isEqualTo(2);
  }

  private int launchesOfBackward(Tensor x, Tensor w, Tensor v) {
    try (Scope _ = context.scope()) {
      Tensor y = x.matmul(w).matmul(v);
      Tensor ones = context.ones(DType.FP32, y.shape());
      List<String> launches = new ArrayList<>();
      context.device().listen((kernel, grid, nanos) -> launches.add(kernel));
      y.backward(ones);
      context.device().listen(null);
      return launches.size();
    }
  }

  @Test
  void gradientsTakeTheDtypeOfTheirParameter() {
    Tensor w = context.of(DType.FP16, new double[] {1, 2}).requireGrad();
    w.to(DType.FP32).mul(3).sum().backward();
    assertThat(w.grad().dtype()).isEqualTo(DType.FP16);
    assertThat(w.grad().toFloats()).containsExactly(3, 3);
  }

  @Test
  void castsOfAutocastFollowTheParameterAndServeSeveralBackwardPasses() {
    Tensor w = context.of(new float[] {1, 2, 3, 4}, 2, 2).requireGrad();
    Tensor x = context.of(new float[] {1, 1}, 1, 2);
    try (Mode _ = context.autocast(DType.BF16)) {
      for (int i = 1; i <= 3; i++) {
        x.matmul(w).matmul(w).sum().backward();
        assertThat(w.grad().dtype()).isEqualTo(DType.FP32);
        assertThat(w.grad().toFloats()).containsExactly(7 * i, 11 * i, 9 * i, 13 * i);
      }
      try (Mode _ = context.noGrad()) {
        w.set(new float[] {0, 0, 0, 1});
      }
      assertThat(x.matmul(w).toFloats()).containsExactly(0, 1);
    }
  }

  @Test
  void gradientOfAFreedLeafIsDropped() {
    Tensor w = parameter(1, 2);
    try (Scope _ = context.scope()) {
      Tensor x = parameter(3, 4);
      Tensor y = x.add(w).sum();
      x.close();
      y.backward();
    }
    assertThat(w.grad().toFloats()).containsExactly(1, 1);
  }

  @Test
  void leaksAreReportedByWhatMadeThem() {
    Tensor w = parameter(1, 2);
    w.exp();
    w.exp();
    assertThat(context.leaks()).hasSize(2);
    assertThat(context.leakReport()).isEqualTo("2 x exp fp32[2]: 16 bytes");
  }
}
