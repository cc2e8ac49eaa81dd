package dev.kiln.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.loss.Reduction;
import dev.kiln.kernels.reference.CrossEntropyReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.ops.function.CrossEntropies;
import dev.kiln.ops.function.CrossEntropies.Options;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import dev.kiln.tests.kernels.ErrorRule;
import dev.kiln.tests.ops.LossGradient.Input;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LossCrossEntropyTest {
  private static final int[] TARGETS = {4, 0, -100, 2};

  @RegisterExtension static final SharedContext SHARED = new SharedContext(1);

  private final Context context = SHARED.context();

  private static Options all(Tensor x, Reduction reduction) {
    return Options.DEFAULT
        .withReduction(reduction)
        .withLabelSmoothing(0.1)
        .withZLoss(0.01)
        .withClassWeights(x.context().of(DType.FP64, new double[] {1, 0.5, 2, 0.25, 3}));
  }

  private static Tensor targets(Tensor x, long... shape) {
    return x.context().of(TARGETS, shape);
  }

  @ParameterizedTest
  @EnumSource(Reduction.class)
  void gradientsOfClassesAreTheNumericalOnes(Reduction reduction) {
    LossGradient.check(
        in -> CrossEntropies.crossEntropy(in[0], targets(in[0], 2, 2), all(in[0], reduction)),
        Input.normal(1, 2, 2, 2, 5));
  }

  @ParameterizedTest
  @EnumSource(Reduction.class)
  void gradientsOfDistributionsAreTheNumericalOnes(Reduction reduction) {
    double[] q = {0.1, 0.2, 0.3, 0.4, 0, 1, 0, 0, 0, 0};
    LossGradient.check(
        in ->
            CrossEntropies.crossEntropy(
                in[0], in[0].context().of(DType.FP64, q, 2, 5), all(in[0], reduction)),
        Input.normal(2, 2, 2, 5));
  }

  @ParameterizedTest
  @EnumSource(Reduction.class)
  void gradientsOfTheFusedLinearLayerAreTheNumericalOnes(Reduction reduction) {
    LossGradient.check(
        in ->
            CrossEntropies.linear(in[0], in[1], in[2], targets(in[0], 2, 2), all(in[0], reduction)),
        Input.normal(3, 1, 2, 2, 3),
        Input.normal(4, 1, 5, 3),
        Input.normal(5, 1, 5));
  }

  @ParameterizedTest
  @EnumSource(Reduction.class)
  void gradientsOfNegativeLogLikelihoodAreTheNumericalOnes(Reduction reduction) {
    LossGradient.check(
        in ->
            CrossEntropies.nll(
                in[0], targets(in[0], 4), all(in[0], reduction).withLabelSmoothing(0).withZLoss(0)),
        Input.normal(6, 1, 4, 5));
  }

  @Test
  void gradientsOfTheStudentAreTheNumericalOnes() {
    double[] teacher = Input.normal(7, 2, 4, 5).values();
    LossGradient.check(
        in ->
            CrossEntropies.distillation(
                in[0], in[0].context().of(DType.FP64, teacher, 4, 5), targets(in[0], 4), 3, 0.7),
        Input.normal(8, 2, 4, 5));
  }

  @Test
  void lossesFollowTheErrorRuleInAllDtypes() {
    Input x = Input.normal(10, 3, 4, 5);
    for (DType dtype : new DType[] {DType.FP32, DType.FP16, DType.BF16}) {
      double[] rounded = Rounding.to(dtype).of(x.values());
      double[] exact = new double[4];
      double[] plain = new double[4];
      for (int i = 0; i < 4; i++) {
        double[] row = java.util.Arrays.copyOfRange(rounded, 5 * i, 5 * i + 5);
        if (TARGETS[i] >= 0) {
          exact[i] = CrossEntropyReference.loss(Rounding.EXACT, row, TARGETS[i], 0.1);
          plain[i] = CrossEntropyReference.loss(Rounding.FP32, row, TARGETS[i], 0.1);
        }
      }
      Tensor losses =
          CrossEntropies.crossEntropy(
              context.of(dtype, x.values(), 4, 5),
              context.of(TARGETS),
              Options.DEFAULT.withLabelSmoothing(0.1).withReduction(Reduction.NONE));
      assertThat(losses.dtype()).isEqualTo(DType.FP32);
      ErrorRule.check("losses", DType.FP32, losses.toDoubles(), plain, exact);
    }
  }

  @Test
  void theMeanIsOverRowsThatCountByTheWeightsOfTheirClasses() {
    Tensor logits = context.zeros(DType.FP32, 3, 2);
    Tensor targets = context.of(new int[] {0, -100, 1});
    assertThat(CrossEntropies.crossEntropy(logits, targets).item()).isEqualTo((float) Math.log(2));
    Tensor weights = context.of(new float[] {1, 3});
    Tensor each =
        CrossEntropies.crossEntropy(
            logits,
            targets,
            Options.DEFAULT.withClassWeights(weights).withReduction(Reduction.NONE));
    assertThat(each.toFloats()).containsExactly((float) Math.log(2), 0, (float) (3 * Math.log(2)));
    assertThat(
            CrossEntropies.crossEntropy(logits, targets, Options.DEFAULT.withClassWeights(weights))
                .item())
        .isCloseTo(Math.log(2), org.assertj.core.data.Offset.offset(1e-7));
    Tensor none = context.of(new int[] {-100, -100, -100});
    assertThat(CrossEntropies.crossEntropy(logits, none).item()).isZero();
  }

  @Test
  void targetsOutsideOfTheClassesGiveNaN() {
    Tensor logits = context.zeros(DType.FP32, 1, 2);
    assertThat(CrossEntropies.crossEntropy(logits, context.of(new int[] {2}, 1)).item()).isNaN();
  }

  @Test
  void theFusedLinearLayerGivesWhatTheTwoOperationsGive() {
    Input x = Input.normal(11, 1, 4, 3);
    Input w = Input.normal(12, 1, 5, 3);
    Tensor a = context.of(DType.FP32, x.values(), 4, 3).requireGrad();
    Tensor b = context.of(DType.FP32, w.values(), 5, 3).requireGrad();
    Tensor targets = context.of(TARGETS);
    Tensor fused = CrossEntropies.linear(a, b, null, targets);
    fused.backward();
    float[] da = a.grad().toFloats();
    float[] db = b.grad().toFloats();
    a.zeroGrad();
    b.zeroGrad();
    Tensor apart =
        CrossEntropies.crossEntropy(dev.kiln.ops.function.Products.linear(a, b, null), targets);
    apart.backward();
    var near = org.assertj.core.data.Offset.offset(1e-6f);
    assertThat((float) fused.item()).isCloseTo((float) apart.item(), near);
    assertThat(da).containsExactly(a.grad().toFloats(), near);
    assertThat(db).containsExactly(b.grad().toFloats(), near);
  }

  @Test
  void underAutocastTheFusedLayersWeightGetsAnUnroundedGradient() {
    Tensor a = context.of(DType.FP32, Input.normal(11, 1, 4, 3).values(), 4, 3).requireGrad();
    Tensor b = context.of(DType.FP32, Input.normal(12, 1, 5, 3).values(), 5, 3).requireGrad();
    Tensor loss;
    try (var _ = context.autocast(DType.BF16)) {
      loss = CrossEntropies.linear(a, b, null, context.of(TARGETS));
    }
    assertThat(loss.dtype()).isEqualTo(DType.FP32);
    loss.backward();
    double[] gradient = b.grad().toDoubles();
    assertThat(gradient).isNotEqualTo(Rounding.to(DType.BF16).of(gradient));
  }

  @Test
  void smallGradientsOfHalfPrecisionSurviveALossScale() {
    // Each row's gradient is 1e-8 of the mean's, which fp16 cannot hold.
    Tensor x = context.of(DType.FP16, new double[] {1, 0}, 1, 2).requireGrad();
    Tensor w = context.of(DType.FP16, new double[] {9, 0, 0, 9}, 2, 2);
    Tensor loss =
        CrossEntropies.linear(x, w, null, context.of(new int[] {0}, 1))
            .mul(context.of(new float[] {1e-3f}))
            .mul(context.of(new float[] {65536}));
    loss.backward(context.ones(DType.FP32, loss.shape()));
    double p = 1 / (1 + Math.exp(9));
    assertThat(x.grad().toDoubles()[0] / 65536 / 1e-3)
        .isCloseTo(-9 * p, org.assertj.core.data.Offset.offset(9 * p * 0.01));
  }

  @Test
  void equalLogitsHaveNoDivergenceAndTheTeacherGetsNoGradient() {
    Tensor student = context.of(new float[] {1, 2, 3}, 1, 3).requireGrad();
    Tensor teacher = context.of(new float[] {1, 2, 3}, 1, 3).requireGrad();
    Tensor loss = CrossEntropies.distillation(student, teacher, null, 4, 1);
    assertThat(loss.item()).isZero();
    loss.backward();
    assertThat(student.grad().toFloats()).containsExactly(0, 0, 0);
    assertThat(teacher.hasGrad()).isFalse();
  }

  @Test
  void withoutTheSoftPartDistillationIsCrossEntropy() {
    Tensor student = context.of(new float[] {1, 2, 3}, 1, 3);
    Tensor teacher = context.of(new float[] {3, 2, 3}, 1, 3);
    Tensor target = context.of(new int[] {1}, 1);
    assertThat(CrossEntropies.distillation(student, teacher, target, 4, 0).item())
        .isEqualTo(CrossEntropies.crossEntropy(student, target).item());
  }

  @Test
  void mistakesAreNamed() {
    Tensor logits = context.zeros(DType.FP32, 4, 5);
    assertThatThrownBy(() -> CrossEntropies.crossEntropy(logits, context.of(new int[] {1, 2})))
        .isInstanceOf(KilnException.class)
        .hasMessage(
            "cross_entropy: classes must have the shape [4], all axes but the last of tensor"
                + " fp32[4, 5], but are tensor i32[2]");
    assertThatThrownBy(() -> CrossEntropies.crossEntropy(logits, context.zeros(DType.FP32, 4, 4)))
        .hasMessage(
            "cross_entropy: probabilities must be floats of the shape of tensor fp32[4, 5], but"
                + " are tensor fp32[4, 4]");
    assertThatThrownBy(() -> CrossEntropies.crossEntropy(logits, context.zeros(DType.U8, 4)))
        .hasMessage("cross_entropy: classes must be i32 or i64, but are tensor u8[4]");
    assertThatThrownBy(() -> CrossEntropies.crossEntropy(context.zeros(DType.I32, 4, 5), logits))
        .hasMessageContaining("needs floats with at least one class along the last axis");
    assertThatThrownBy(
            () ->
                CrossEntropies.linear(
                    logits, context.zeros(DType.FP32, 3, 4), null, context.of(TARGETS)))
        .hasMessage(
            "linear_cross_entropy: the last axis of tensor fp32[4, 5] must be the last axis of"
                + " tensor fp32[3, 4]");
    assertThatThrownBy(
            () ->
                CrossEntropies.linear(
                    logits,
                    context.zeros(DType.FP32, 3, 5),
                    context.zeros(DType.FP32, 4),
                    context.of(TARGETS)))
        .hasMessage(
            "linear_cross_entropy: the bias must have the shape [3], but is tensor fp32[4]");
    assertThatThrownBy(
            () ->
                CrossEntropies.linear(
                    logits, context.zeros(DType.BF16, 3, 5), null, context.of(TARGETS)))
        .hasMessageContaining("x and weight must have one dtype");
    assertThatThrownBy(
            () ->
                CrossEntropies.nll(
                    logits, context.of(TARGETS), Options.DEFAULT.withLabelSmoothing(0.1)))
        .hasMessage("nll: label smoothing and z-loss are of cross_entropy alone");
    assertThatThrownBy(
            () ->
                CrossEntropies.distillation(logits, context.zeros(DType.FP32, 4, 4), null, 1, 0.5))
        .hasMessageContaining("the teacher's logits must be floats of the shape of");
    assertThatThrownBy(() -> CrossEntropies.distillation(logits, logits, null, 0, 0.5))
        .hasMessageContaining("temperature");
  }
}
