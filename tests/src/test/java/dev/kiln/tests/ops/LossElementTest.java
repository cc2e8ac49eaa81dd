package dev.kiln.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.loss.LossFunction;
import dev.kiln.kernels.loss.Reduction;
import dev.kiln.kernels.reference.ElementwiseLossReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.ops.function.Losses;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import dev.kiln.tests.kernels.ErrorRule;
import dev.kiln.tests.ops.LossGradient.Input;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LossElementTest {
  @RegisterExtension static final SharedContext SHARED = new SharedContext(1);

  private final Context context = SHARED.context();

  private static Tensor like(Tensor x, double... values) {
    return x.context().of(DType.FP64, values, x.shape());
  }

  @ParameterizedTest
  @EnumSource(Reduction.class)
  void gradientsOfBothSidesAreTheNumericalOnes(Reduction reduction) {
    Input x = Input.normal(1, 2, 2, 3);
    Input y = Input.normal(2, 2, 2, 3);
    LossGradient.check(in -> Losses.mse(in[0], in[1], reduction), x, y);
    LossGradient.check(in -> Losses.l1(in[0], in[1], reduction), x, y);
    LossGradient.check(in -> Losses.smoothL1(in[0], in[1], 0.7, reduction), x, y);
    LossGradient.check(in -> Losses.huber(in[0], in[1], 0.7, reduction), x, y);
  }

  @ParameterizedTest
  @EnumSource(Reduction.class)
  void gradientsAgainstFixedTargetsAreTheNumericalOnes(Reduction reduction) {
    Input x = Input.normal(3, 2, 2, 3);
    double[] p = {0.2, 0.8, 0, 1, 0.5, 0.1};
    double[] weights = {1, 2, 3};
    LossGradient.check(
        in ->
            Losses.binaryCrossEntropyWithLogits(
                in[0],
                like(in[0], p),
                in[0].context().of(DType.FP64, weights),
                like(in[0], 1, 2, 3, 4, 5, 6),
                reduction),
        x);
    LossGradient.check(in -> Losses.kl(in[0], like(in[0], p), reduction), x);
    LossGradient.check(in -> Losses.klOfLogs(in[0], like(in[0], p), reduction), x);
    LossGradient.check(
        in -> Losses.hinge(in[0], like(in[0], 1, -1, 1, -1, 1, -1), 1, reduction), x);
  }

  @Test
  void crossEntropyOfSureProbabilitiesHasPyTorchsGradient() {
    Tensor p = context.of(new float[] {0, 1, 1, 0.5f}, 4).requireGrad();
    Tensor y = context.of(new float[] {0, 1, 0, 1}, 4).requireGrad();
    Losses.binaryCrossEntropy(p, y).backward();
    assertThat(p.grad().toFloats()).containsExactly(0, 0, 0.25f / 1e-12f, -0.5f);
    assertThat(y.grad().toFloats()).containsExactly(25, -25, -25, 0);
  }

  @Test
  void classesOfMarginsMayBeOfBothIntegers() {
    Tensor x = context.of(new float[] {1, 2, 3, 4, 5, 7}, 2, 3);
    double loss = Losses.multiMargin(x, context.of(new int[] {0, 1}), 1).item();
    assertThat(loss).isEqualTo((2 + 3 + 0 + 3) / 6.0, Offset.offset(1e-6));
    assertThat(Losses.multiMargin(x, context.of(new long[] {0, 1}), 1).item()).isEqualTo(loss);
  }

  @Test
  void gradientsOfComposedLossesAreTheNumericalOnes() {
    double[] y = {1, 0, 0.5, 1};
    LossGradient.check(
        in -> Losses.binaryCrossEntropy(in[0], in[1]),
        new Input(new double[] {0.3, 0.6, 0.9, 0.01}, 4),
        new Input(y, 4));
    LossGradient.check(
        in -> Losses.binaryCrossEntropy(in[0], like(in[0], y)),
        new Input(new double[] {0.3, 0.6, 0.9, 0.01}, 4));
    LossGradient.check(
        in -> Losses.multiMargin(in[0], in[0].context().of(new int[] {1, 0}, 2), 1),
        Input.normal(8, 2, 2, 3));
    LossGradient.check(
        in -> Losses.softMargin(in[0], like(in[0], 1, -1, -1)), Input.normal(9, 2, 3));
    LossGradient.check(
        in -> Losses.squareSum(List.of(in)), Input.normal(4, 1, 2, 3), Input.normal(5, 1, 4));
    LossGradient.check(
        in -> Losses.absoluteSum(List.of(in)), Input.normal(4, 1, 2, 3), Input.normal(5, 1, 4));
  }

  @Test
  void lossesFollowTheErrorRule() {
    Input x = Input.normal(6, 3, 50);
    Input y = Input.normal(7, 3, 50);
    double[] a = Rounding.FP32.of(x.values());
    double[] b = Rounding.FP32.of(y.values());
    double[] exact = new double[50];
    double[] plain = new double[50];
    for (int i = 0; i < 50; i++) {
      var f = LossFunction.huber(1);
      exact[i] = ElementwiseLossReference.loss(Rounding.EXACT, f, a[i], b[i], 1);
      plain[i] = ElementwiseLossReference.loss(Rounding.FP32, f, a[i], b[i], 1);
    }
    Tensor losses =
        Losses.huber(
            context.of(DType.FP32, a, 50), context.of(DType.FP32, b, 50), 1, Reduction.NONE);
    ErrorRule.check("huber", DType.FP32, losses.toDoubles(), plain, exact);
  }

  @Test
  void sumsOfHalfPrecisionAreInFp32() {
    Tensor x = context.full(DType.FP16, 100, 10);
    Tensor sum = Losses.mse(x, context.zeros(DType.FP16, 10), Reduction.SUM);
    assertThat(sum.dtype()).isEqualTo(DType.FP32);
    assertThat(sum.item()).isEqualTo(100_000);
  }

  @Test
  void targetsMayHaveAnotherDtypeThanPredictions() {
    Tensor x = context.of(DType.FP16, new double[] {1, 2}, 2).requireGrad();
    Losses.mse(x, context.zeros(DType.FP32, 2)).backward();
    assertThat(x.grad().toDoubles()).containsExactly(1, 2);
  }

  @Test
  void theDivergenceIsCrossEntropyLessEntropy() {
    double[] p = {0.5, 0.25, 0.25, 0};
    double[] q = {0.25, 0.25, 0.25, 0.25};
    Tensor target = context.of(DType.FP64, p, 1, 4);
    double cross = 0;
    double entropy = 0;
    for (int i = 0; i < 3; i++) {
      cross -= p[i] * Math.log(q[i]);
      entropy -= p[i] * Math.log(p[i]);
    }
    Tensor logs = context.of(DType.FP64, q, 1, 4).log();
    assertThat(Losses.kl(logs, target).item())
        .isCloseTo(cross - entropy, Offset.offset(1e-15))
        .isPositive();
    Tensor same = context.of(DType.FP64, new double[] {0.5, 0.25, 0.25, 1e-300}, 1, 4).log();
    assertThat(Losses.kl(same, target).item()).isCloseTo(0, Offset.offset(1e-15));
  }

  @Test
  void probabilitiesOf0And1AreBounded() {
    Tensor p = context.of(new float[] {0, 1}, 2);
    assertThat(Losses.binaryCrossEntropy(p, context.of(new float[] {1, 0}, 2)).item())
        .isEqualTo(100);
    assertThat(Losses.binaryCrossEntropy(p, p).item()).isZero();
  }

  @Test
  void largeLogitsDoNotOverflow() {
    Tensor x = context.of(new float[] {1000, -1000}, 2);
    Tensor y = context.of(new float[] {0, 1}, 2);
    assertThat(Losses.binaryCrossEntropyWithLogits(x, y).item()).isEqualTo(1000);
    assertThat(Losses.binaryCrossEntropyWithLogits(x, y.rsub(1)).item()).isZero();
  }

  @Test
  void regularisersAreSumsWithTheSubgradient0At0() {
    Tensor w = context.of(new float[] {3, -4, 0}, 3).requireGrad();
    assertThat(Losses.absoluteSum(List.of(w)).item()).isEqualTo(7);
    assertThat(Losses.squareSum(List.of(w)).item()).isEqualTo(25);
    Losses.absoluteSum(List.of(w)).backward();
    assertThat(w.grad().toFloats()).containsExactly(1, -1, 0);
  }

  /** Mean loss and lambda R: its gradient is that of the mean, and lambda times that of R. */
  @Test
  void theObjectiveIsTheMeanLossAndAPartOfTheRegulariser() {
    Tensor w = context.of(new float[] {3, -4, 0, 1}, 4).requireGrad();
    Tensor y = context.of(new float[] {1, 0, 2, 1}, 4);
    Tensor objective = Losses.mse(w, y).add(Losses.squareSum(List.of(w)).mul(0.25));
    assertThat(objective.item()).isEqualTo((4 + 16 + 4) / 4.0 + 0.25 * 26);
    objective.backward();
    assertThat(w.grad().toFloats()).containsExactly(1 + 1.5f, -2 - 2f, -1, 0.5f);
  }

  @Test
  void mistakesAreNamed() {
    Tensor x = context.zeros(DType.FP32, 2, 3);
    Tensor y = context.zeros(DType.FP32, 3);
    assertThatThrownBy(() -> Losses.mse(x, y))
        .isInstanceOf(KilnException.class)
        .hasMessage("mse: tensor fp32[3] must have the shape of tensor fp32[2, 3]");
    Tensor trained = context.zeros(DType.FP32, 2, 3).requireGrad();
    assertThatThrownBy(() -> Losses.kl(x, trained))
        .hasMessage(
            "kl: the gradient of a target is not supported yet: detach() tensor fp32[2, 3]");
    assertThatThrownBy(
            () ->
                Losses.binaryCrossEntropyWithLogits(
                    x, x, context.zeros(DType.FP32, 2), null, Reduction.MEAN))
        .hasMessageStartingWith("binary_cross_entropy_with_logits: weights");
    assertThatThrownBy(() -> Losses.huber(x, x, 0, Reduction.MEAN))
        .hasMessageContaining("must be above 0");
    assertThatThrownBy(() -> Losses.squareSum(List.of()))
        .hasMessage("squareSum: there is no parameter");
  }
}
