package dev.kiln.ops.nn.sequence;

import dev.kiln.ops.nn.Module;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Decoder blocks one behind the other, {@code layers.0} and so on; with norms first, a last norm
 * {@code norm}.
 */
public final class TransformerDecoder extends Module {
  private final List<TransformerDecoderBlock> blocks = new ArrayList<>();
  private final NormParameters norm;

  public TransformerDecoder(Context context, int layers, TransformerOptions options) {
    super(context);
    var all = child("layers", new Numbered<TransformerDecoderBlock>(context));
    for (int i = 0; i < layers; i++) {
      blocks.add(all.add(new TransformerDecoderBlock(context, options)));
    }
    norm =
        options.normFirst()
            ? child("norm", new NormParameters(context, options.width(), options.eps()))
            : null;
  }

  /** As {@link TransformerDecoderBlock#apply(Tensor, Tensor, Tensor, Tensor)}. */
  public Tensor apply(Tensor x, Tensor memory, Tensor mask, Tensor memoryMask) {
    Tensor result =
        frame(
            () -> {
              Tensor y = x;
              for (TransformerDecoderBlock block : blocks) {
                y = block.apply(y, memory, mask, memoryMask);
              }
              return normed(y);
            });
    applied(List.of(x, memory), List.of(result));
    return result;
  }

  /** A cache for each block. */
  public List<TransformerDecoderBlock.Cache> caches(Tensor memory, long capacity) {
    return blocks.stream().map(block -> block.cache(memory, capacity)).toList();
  }

  /** New places behind those of the caches, to which they are added; without gradients. */
  public Tensor apply(Tensor x, List<TransformerDecoderBlock.Cache> caches) {
    return frame(
        () -> {
          Tensor y = x;
          for (int i = 0; i < blocks.size(); i++) {
            y = blocks.get(i).apply(y, caches.get(i));
          }
          return normed(y);
        });
  }

  private Tensor normed(Tensor y) {
    return norm == null ? y : norm.apply(y);
  }
}
