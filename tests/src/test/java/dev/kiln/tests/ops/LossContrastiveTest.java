package dev.kiln.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.function.ContrastiveLosses;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KilnException;
import dev.kiln.tests.ops.LossGradient.Input;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LossContrastiveTest {
  private final Context context = new Context(Devices.cpu(), 1);

  @AfterEach
  void close() {
    context.close();
  }

  private static Tensor signs(Tensor a) {
    return a.context().of(DType.FP64, new double[] {1, -1, -1}, 3);
  }

  @Test
  void gradientsAreTheNumericalOnes() {
    Input a = Input.normal(1, 1, 3, 4);
    Input b = Input.normal(2, 1, 3, 4);
    Input c = Input.normal(3, 1, 3, 4);
    LossGradient.check(in -> ContrastiveLosses.cosineSimilarity(in[0], in[1]), a, b);
    LossGradient.check(
        in -> ContrastiveLosses.cosineEmbedding(in[0], in[1], signs(in[0]), -0.9), a, b);
    LossGradient.check(in -> ContrastiveLosses.infoNce(in[0], in[1], 0.5), a, b);
    LossGradient.check(in -> ContrastiveLosses.triplet(in[0], in[1], in[2], 1), a, b, c);
    LossGradient.check(
        in -> ContrastiveLosses.negativeSampling(in[0], in[1], in[2]),
        a,
        b,
        Input.normal(4, 1, 3, 2, 4));
  }

  @Test
  void cosinesAreThoseOfAngles() {
    Tensor a = context.of(new float[] {1, 0, 3, 4, 0, 0}, 3, 2);
    Tensor b = context.of(new float[] {0, 2, 6, 8, 1, 1}, 3, 2);
    assertThat(ContrastiveLosses.cosineSimilarity(a, b).toFloats())
        .containsExactly(new float[] {0, 1, 0}, Offset.offset(1e-6f));
  }

  @Test
  void infoNceOfRightAnglesIsKnown() {
    Tensor keys = context.of(DType.FP64, new double[] {1, 0, 0, 1}, 2, 2);
    double t = 0.5;
    double expected = Math.log(Math.exp(1 / t) + 1) - 1 / t;
    assertThat(ContrastiveLosses.infoNce(ContrastiveLosses.unit(keys.mul(3)), keys, t).item())
        .isCloseTo(expected, Offset.offset(1e-12));
  }

  @Test
  void aTripletThatIsFarEnoughApartCostsNothing() {
    Tensor anchor = context.zeros(DType.FP64, 1, 2);
    Tensor near = context.of(DType.FP64, new double[] {0, 1}, 1, 2);
    Tensor far = context.of(DType.FP64, new double[] {3, 0}, 1, 2);
    assertThat(ContrastiveLosses.triplet(anchor, near, far, 1).item()).isZero();
    assertThat(ContrastiveLosses.triplet(anchor, far, near, 1).item())
        .isCloseTo(3, Offset.offset(1e-5));
  }

  @Test
  void negativeSamplingOfZerosIsALogarithmOf2ForEachPair() {
    Tensor zeros = context.zeros(DType.FP64, 2, 3);
    Tensor drawn = context.zeros(DType.FP64, 2, 5, 3);
    assertThat(ContrastiveLosses.negativeSampling(zeros, zeros, drawn).item())
        .isCloseTo(6 * Math.log(2), Offset.offset(1e-12));
  }

  @Test
  void mistakesAreNamed() {
    Tensor x = context.zeros(DType.FP32, 2, 3);
    Tensor y = context.zeros(DType.FP32, 3, 3);
    assertThatThrownBy(() -> ContrastiveLosses.infoNce(x, y, 1))
        .isInstanceOf(KilnException.class)
        .hasMessage("info_nce: tensor fp32[3, 3] must have the shape of tensor fp32[2, 3]");
    assertThatThrownBy(() -> ContrastiveLosses.infoNce(x, x, 0))
        .hasMessage("info_nce: the temperature must be a number above 0, but is 0.0");
    assertThatThrownBy(() -> ContrastiveLosses.triplet(x, x, y, 1))
        .hasMessageStartingWith("triplet: ");
    assertThatThrownBy(() -> ContrastiveLosses.negativeSampling(x, x, y))
        .hasMessageContaining("the negatives must be rows x k x features");
    assertThatThrownBy(() -> ContrastiveLosses.cosineSimilarity(x, y))
        .hasMessageStartingWith("cosine_similarity: ");
  }
}
