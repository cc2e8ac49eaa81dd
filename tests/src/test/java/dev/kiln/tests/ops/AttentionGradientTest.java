package dev.kiln.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.attention.AttentionOptions;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.elementwise.Rotary;
import dev.kiln.ops.function.AttentionTerms;
import dev.kiln.ops.function.Attentions;
import dev.kiln.ops.function.FeedForward;
import dev.kiln.ops.function.ResidualNorm;
import dev.kiln.ops.function.RotaryEmbedding;
import dev.kiln.ops.function.Rotation;
import dev.kiln.ops.function.TokenEmbedding;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KilnException;
import dev.kiln.tests.ops.LossGradient.Input;
import org.junit.jupiter.api.Test;

/** Fused operations of Transformers against central differences in fp64. */
class AttentionGradientTest {
  private static final Input Q = Input.normal(1, 1, 2, 3, 4, 6);
  private static final Input K = Input.normal(2, 1, 2, 5, 2, 6);
  private static final Input V = Input.normal(3, 1, 2, 5, 2, 6);
  private static final Rotation ROTATION =
      Rotation.of(Rotary.Options.of(Rotary.Form.HALF_SPLIT, 4));

  private static Tensor attention(Tensor[] in, AttentionTerms terms, AttentionOptions options) {
    return Attentions.attention(in[0], in[1], in[2], terms, options);
  }

  @Test
  void crossAttentionOfGroupedHeads() {
    LossGradient.check(
        in -> attention(in, AttentionTerms.NONE, AttentionOptions.DEFAULT.withTemperature(2)),
        Q,
        K,
        V);
  }

  @Test
  void causalWindowsWithSoftCap() {
    AttentionOptions options = AttentionOptions.CAUSAL.withWindow(1, 0).withSoftCap(3);
    LossGradient.check(in -> attention(in, AttentionTerms.NONE, options), Q, K, V);
  }

  /** Batches share the bias, whose gradient is their sum; both passes drop the same weights. */
  @Test
  void biasSlopesAndDropout() {
    AttentionOptions options = AttentionOptions.DEFAULT.withDropout(0.4, 9, 3);
    LossGradient.check(
        in -> {
          Tensor slopes =
              in[0].context().of(DType.FP64, new double[] {0.5, 0.25, 0.125, 0.0625}, 4);
          return attention(in, new AttentionTerms(in[3], slopes), options);
        },
        Q,
        K,
        V,
        Input.normal(4, 1, 1, 4, 3, 5));
  }

  @Test
  void packedSelfAttentionWithRotationAndBias() {
    LossGradient.check(
        in ->
            Attentions.packed(
                in[0],
                4,
                2,
                ROTATION,
                AttentionTerms.NONE.withBias(in[1]),
                AttentionOptions.CAUSAL),
        Input.normal(5, 1, 2, 5, 8 * 4),
        Input.normal(7, 1, 2, 1, 1, 5));
  }

  @Test
  void packedEqualsSeparateHeads() {
    try (var context = new Context(Devices.cpu(), 1);
        Scope _ = context.scope()) {
      Tensor qkv = context.of(DType.FP64, Input.normal(5, 1, 2, 5, 32).values(), 2, 5, 32);
      Tensor heads = qkv.unflatten(2, 8, 4);
      Tensor apart =
          Attentions.attention(
              RotaryEmbedding.rotate(heads.slice(2, 0, 4), ROTATION),
              RotaryEmbedding.rotate(heads.slice(2, 4, 6), ROTATION),
              heads.slice(2, 6, 8),
              AttentionTerms.NONE,
              AttentionOptions.CAUSAL);
      Tensor packed =
          Attentions.packed(qkv, 4, 2, ROTATION, AttentionTerms.NONE, AttentionOptions.CAUSAL);
      assertThat(packed.toDoubles()).isEqualTo(apart.toDoubles());
    }
  }

  @Test
  void rotation() {
    LossGradient.check(in -> RotaryEmbedding.rotate(in[0], ROTATION), Q);
    LossGradient.check(
        in ->
            RotaryEmbedding.rotate(
                in[0],
                new Rotation(
                    Rotary.Options.of(Rotary.Form.INTERLEAVED, 6),
                    in[0].context().of(new int[] {4, 0, 9}))),
        Q);
  }

  @Test
  void feedForward() {
    for (Activation activation : new Activation[] {Activation.GELU_TANH, Activation.NONE}) {
      LossGradient.check(
          in -> FeedForward.apply(in[0], in[1], in[2], activation, in[3], in[4]),
          Input.normal(1, 1, 2, 3, 4),
          Input.normal(2, 1, 5, 4),
          Input.normal(3, 1, 5),
          Input.normal(4, 1, 2, 5),
          Input.normal(5, 1, 2));
    }
    LossGradient.check(
        in -> FeedForward.apply(in[0], in[1], null, Activation.SILU, in[2], null),
        Input.normal(1, 1, 3, 4),
        Input.normal(2, 1, 5, 4),
        Input.normal(4, 1, 2, 5));
  }

  @Test
  void residualNormWhereBothResultsAreUsed() {
    LossGradient.check(
        in -> {
          ResidualNorm both = ResidualNorm.of(in[0], in[1], in[2], in[3], 1e-5);
          return both.sum().mul(both.norm());
        },
        Input.normal(1, 1, 2, 3, 5),
        Input.normal(2, 1, 2, 3, 5),
        Input.normal(3, 1, 5),
        Input.normal(4, 1, 5));
  }

  @Test
  void residualNormWithoutABranch() {
    LossGradient.check(
        in -> {
          ResidualNorm both = ResidualNorm.of(in[0], null, in[1], null, 1e-5);
          return both.sum().mul(both.norm());
        },
        Input.normal(1, 1, 3, 5),
        Input.normal(3, 1, 5));
  }

  @Test
  void tokensAndPlaces() {
    LossGradient.check(
        in ->
            TokenEmbedding.of(
                in[0].context().of(new int[] {1, 3, 1, 0, 1, 2}, 2, 3), in[0], in[1], 1),
        Input.normal(1, 1, 5, 4),
        Input.normal(2, 1, 6, 4));
  }

  @Test
  void mistakesAreNamed() {
    try (var context = new Context(Devices.cpu(), 1);
        Scope _ = context.scope()) {
      Tensor x = context.zeros(DType.FP32, 2, 3, 4);
      assertThatThrownBy(
              () -> Attentions.attention(x, x, x, AttentionTerms.NONE, AttentionOptions.DEFAULT))
          .isInstanceOf(KilnException.class)
          .hasMessageContaining("attention: q must be batch x places x heads x head size, but is");
      assertThatThrownBy(
              () -> Attentions.packed(x, 3, 3, null, AttentionTerms.NONE, AttentionOptions.DEFAULT))
          .hasMessageContaining("qkv must be batch x places x (3 + 2 * 3) head size, but is");
      assertThatThrownBy(
              () -> Attentions.packed(x, 3, 2, null, AttentionTerms.NONE, AttentionOptions.DEFAULT))
          .hasMessage("attention: 2 key heads must divide 3 heads");
      Tensor up = context.zeros(DType.FP32, 5, 3);
      assertThatThrownBy(() -> FeedForward.apply(x, up, null, Activation.RELU, up, null))
          .hasMessageContaining("feed_forward: the last axis of");
      assertThatThrownBy(() -> ResidualNorm.of(x, up, up, null, 1e-5))
          .hasMessageContaining("layer_norm: tensor fp32[5, 3] must have the shape of");
      Tensor ids = context.zeros(DType.I32, 2, 3);
      assertThatThrownBy(() -> TokenEmbedding.of(ids, up, up, 3))
          .hasMessageContaining("token_embedding: places 3 to 6 go beyond the 5 of");
    }
  }
}
