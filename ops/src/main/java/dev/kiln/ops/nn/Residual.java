package dev.kiln.ops.nn;

import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.Arrays;
import java.util.List;

/**
 * {@code y = shortcut(x) + block(x)} (He et al., 2016). Children {@code block}, {@code shortcut}.
 */
public final class Residual extends Layer implements Counted {
  private final Layer block;
  private final Layer shortcut;

  /** With the input itself as the shortcut. */
  public Residual(Context context, Layer block) {
    this(context, block, null);
  }

  /**
   * @param shortcut where shapes change; null for the input itself
   */
  public Residual(Context context, Layer block, Layer shortcut) {
    super(context);
    this.block = child("block", block);
    this.shortcut = shortcut == null ? null : child("shortcut", shortcut);
  }

  @Override
  protected Tensor forward(Tensor x) {
    return sum(block.apply(x), shortcut == null ? x : shortcut.apply(x));
  }

  /** Addition that does not broadcast: a wrong shortcut must not pass for a right one. */
  static Tensor sum(Tensor branch, Tensor shortcut) {
    if (!Arrays.equals(branch.shape(), shortcut.shape())) {
      throw new KilnException(
          "residual: the branch gives %s, the shortcut %s: they must have one shape"
              .formatted(branch, shortcut));
    }
    return branch.add(shortcut);
  }

  @Override
  public Work work(List<Tensor> inputs, List<Tensor> outputs) {
    return Work.flops(outputs.getFirst().size());
  }
}
