package dev.kiln.ops.nn.sequence;

import dev.kiln.ops.nn.Module;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * Encoder blocks one behind the other, {@code layers.0} and so on; with norms first, a last norm
 * {@code norm}.
 */
public final class TransformerEncoder extends Module {
  private final List<TransformerEncoderBlock> blocks = new ArrayList<>();
  private final NormParameters norm;

  public TransformerEncoder(Context context, int layers, TransformerOptions options) {
    super(context);
    var all = child("layers", new Numbered<TransformerEncoderBlock>(context));
    for (int i = 0; i < layers; i++) {
      blocks.add(all.add(new TransformerEncoderBlock(context, options)));
    }
    norm =
        options.normFirst()
            ? child("norm", new NormParameters(context, options.width(), options.eps()))
            : null;
  }

  /**
   * @param x {@code batch x places x width}
   * @param mask as {@link MultiHeadAttention} takes it; or null
   */
  public Tensor apply(Tensor x, Tensor mask) {
    Tensor result =
        frame(
            () -> {
              Tensor y = x;
              for (TransformerEncoderBlock block : blocks) {
                y = block.apply(y, mask);
              }
              return norm == null ? y : norm.apply(y);
            });
    applied(List.of(x), List.of(result));
    return result;
  }
}
