package dev.kiln.ops.nn;

import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;

/** In training each element becomes 0 with probability {@code p}, otherwise {@code x / (1 - p)}. */
public final class Dropout extends Layer {
  private final double p;

  public Dropout(Context context, double p) {
    super(context);
    this.p = p;
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
