package dev.kiln.ops.nn.sequence;

import dev.kiln.ops.function.KeyValueCache;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import java.util.List;

/**
 * Causal self-attention, attention over a memory, and a feed-forward part (Vaswani et al., 2017).
 * Parameters are named as in PyTorch's {@code TransformerDecoderLayer}: {@code self_attn}, {@code
 * multihead_attn}, {@code linear1}, {@code linear2}, {@code norm1} to {@code norm3}.
 */
public final class TransformerDecoderBlock extends TransformerBlock {
  private final MultiHeadAttention attention;
  private final MultiHeadAttention crossAttention;
  private final NormParameters firstNorm;
  private final NormParameters secondNorm;
  private final NormParameters thirdNorm;

  public TransformerDecoderBlock(Context context, TransformerOptions options) {
    super(context, options);
    AttentionLayerOptions own = options.attention();
    attention = child("self_attn", new MultiHeadAttention(context, options.width(), own.causal()));
    AttentionLayerOptions cross =
        AttentionLayerOptions.of(own.heads())
            .withKeyHeads(own.keyHeads())
            .withDropout(own.dropout());
    crossAttention =
        child(
            "multihead_attn",
            new MultiHeadAttention(
                context, options.width(), own.hasBias() ? cross : cross.withoutBias()));
    addFeedForward();
    firstNorm = norm("norm1");
    secondNorm = norm("norm2");
    thirdNorm = norm("norm3");
  }

  /**
   * @param x {@code batch x places x width}
   * @param memory {@code batch x keys x width}
   * @param mask of {@code x}, as {@link MultiHeadAttention} takes it; or null
   * @param memoryMask of {@code memory}; or null
   */
  public Tensor apply(Tensor x, Tensor memory, Tensor mask, Tensor memoryMask) {
    Tensor y =
        frame(
            () -> {
              Tensor seen = around(x, firstNorm, n -> attention.apply(n, mask));
              Tensor told =
                  around(seen, secondNorm, n -> crossAttention.apply(n, memory, memoryMask));
              return around(told, thirdNorm, this::feedForward);
            });
    applied(List.of(x, memory), List.of(y));
    return y;
  }

  /**
   * What generation keeps of a block.
   *
   * @param own keys and values of the places so far
   * @param memory keys and values of the memory
   */
  public record Cache(KeyValueCache own, KeyValueCache memory) implements AutoCloseable {
    @Override
    public void close() {
      own.close();
      memory.close();
    }
  }

  /** For generation over a memory without padding. */
  public Cache cache(Tensor memory, long capacity) {
    try (var _ = context().noGrad()) {
      return new Cache(new KeyValueCache(context(), capacity), crossAttention.remember(memory));
    }
  }

  /** New places behind those of the cache, to which they are added; without gradients. */
  public Tensor apply(Tensor x, Cache cache) {
    return frame(
        () -> {
          Tensor seen = around(x, firstNorm, n -> attention.apply(n, cache.own));
          Tensor told = around(seen, secondNorm, n -> crossAttention.applyTo(cache.memory, n));
          return around(told, thirdNorm, this::feedForward);
        });
  }
}
