package dev.kiln.ops.nn.sequence;

import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import java.util.List;

/**
 * Self-attention and a feed-forward part (Vaswani et al., 2017). Parameters are named as in
 * PyTorch's {@code TransformerEncoderLayer}: {@code self_attn}, {@code linear1}, {@code linear2},
 * {@code norm1}, {@code norm2}.
 */
public final class TransformerEncoderBlock extends TransformerBlock {
  private final MultiHeadAttention attention;
  private final NormParameters firstNorm;
  private final NormParameters secondNorm;

  public TransformerEncoderBlock(Context context, TransformerOptions options) {
    super(context, options);
    attention =
        child("self_attn", new MultiHeadAttention(context, options.width(), options.attention()));
    addFeedForward();
    firstNorm = norm("norm1");
    secondNorm = norm("norm2");
  }

  /**
   * @param x {@code batch x places x width}
   * @param mask as {@link MultiHeadAttention} takes it; or null
   */
  public Tensor apply(Tensor x, Tensor mask) {
    Tensor y =
        frame(
            () -> {
              Tensor seen = around(x, firstNorm, n -> attention.apply(n, mask));
              return around(seen, secondNorm, this::feedForward);
            });
    applied(List.of(x), List.of(y));
    return y;
  }
}
