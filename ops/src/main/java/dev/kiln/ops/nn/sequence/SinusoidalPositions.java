package dev.kiln.ops.nn.sequence;

import dev.kiln.ops.nn.Layer;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;

/**
 * Adds {@code sin(t / 10000^(2 i / width))} to number {@code 2 i} of place {@code t}, and the
 * cosine to the next (Vaswani et al., 2017). Nothing is trained.
 */
public final class SinusoidalPositions extends Layer {
  private static final double BASE = 10_000;

  private final Tensor table;

  /**
   * @param places most places of a sequence
   */
  public SinusoidalPositions(Context context, int places, int width) {
    super(context);
    table = context.of(values(places, width), places, width).persist().named("positions");
  }

  /** The table, {@code places x width}. */
  static float[] values(int places, int width) {
    float[] values = new float[Math.multiplyExact(places, width)];
    for (int t = 0; t < places; t++) {
      for (int i = 0; i < width; i++) {
        double angle = t / Math.pow(BASE, (double) (i - i % 2) / width);
        values[t * width + i] = (float) (i % 2 == 0 ? Math.sin(angle) : Math.cos(angle));
      }
    }
    return values;
  }

  @Override
  protected Tensor forward(Tensor x) {
    return from(x, 0);
  }

  /** For places from number {@code first} on. */
  public Tensor from(Tensor x, long first) {
    Positions.check("SinusoidalPositions", x, table, first);
    return x.add(table.slice(0, first, first + x.dim(-2)).to(x.dtype()));
  }

  @Override
  public void close() {
    super.close();
    table.close();
  }
}
