package dev.kiln.ops.nn;

import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;

/**
 * {@code (1 - alpha) old(x) + alpha grown(x)}, for networks that grow in training (Karras et al.,
 * 2018). With {@code alpha = 0} the result is that of {@code old} bit by bit, and {@code grown} is
 * not run; with 1 likewise the other way round. Children {@code old}, {@code grown}.
 */
public final class FadeIn extends Layer {
  private final Layer old;
  private final Layer grown;
  private double alpha;

  public FadeIn(Context context, Layer old, Layer grown) {
    super(context);
    this.old = child("old", old);
    this.grown = child("grown", grown);
  }

  public double alpha() {
    return alpha;
  }

  /**
   * @param newAlpha 0 to 1
   */
  public FadeIn alpha(double newAlpha) {
    if (!(newAlpha >= 0 && newAlpha <= 1)) {
      throw new KilnException("FadeIn: alpha must be from 0 to 1, but is " + newAlpha);
    }
    alpha = newAlpha;
    return this;
  }

  @Override
  protected Tensor forward(Tensor x) {
    if (alpha == 0) {
      return old.apply(x);
    }
    return alpha == 1 ? grown.apply(x) : old.apply(x).lerp(grown.apply(x), alpha);
  }
}
