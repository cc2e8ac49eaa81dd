package dev.kiln.ops.nn;

import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;

/** In training each element becomes 0 with probability {@code p}, otherwise {@code x / (1 - p)}. */
public final class Dropout extends Layer {
  private final double p;

  /**
   * @param p from 0 on, below 1
   */
  public Dropout(Context context, double p) {
    super(context);
    this.p = part(p);
  }

  /** A part that may be dropped, also of a model that is never trained. */
  static double part(double p) {
    if (!(p >= 0 && p < 1)) {
      throw new KilnException("dropout: p must be at least 0 and less than 1, but is " + p);
    }
    return p;
  }

  @Override
  protected Tensor forward(Tensor x) {
    return x.dropout(p, isTraining());
  }

  @Override
  public String toString() {
    return "Dropout(" + p + ")";
  }
}
