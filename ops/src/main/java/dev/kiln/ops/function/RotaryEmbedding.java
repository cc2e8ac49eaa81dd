package dev.kiln.ops.function;

import dev.kiln.kernels.elementwise.Rotary;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Operation;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;

/** Rotary position embedding (Su et al., "RoFormer", 2021). */
public final class RotaryEmbedding {
  private RotaryEmbedding() {}

  /**
   * Turns pairs of a head's numbers by an angle that grows with the place.
   *
   * @param x {@code batch x places x heads x head size}
   * @return the same shape
   * @throws KilnException if the shapes do not fit
   */
  public static Tensor rotate(Tensor x, Rotation rotation) {
    if (x.rank() != 4) {
      throw new KilnException("rotary: x must be batch x places x heads x head size, but is " + x);
    }
    Context context = x.context();
    var operation = Operation.of("rotary", x).save(rotation.positions());
    Tensor y = context.empty(x.dtype(), x.shape());
    Rotary.Options options = rotation.options();
    forward(context, x.contiguous().array(), options, rotation.positions(), y.array());
    return operation.result(
        y,
        g -> {
          Tensor dx = g.emptyLike(0);
          backward(g.context(), g.of().contiguous().array(), options, g.saved(0), dx.array());
          g.give(0, dx);
        });
  }

  static void forward(
      Context context, NdArray x, Rotary.Options options, Tensor positions, NdArray y) {
    launcher(context).forward(x, options, angles(positions), y);
  }

  static void backward(
      Context context, NdArray dy, Rotary.Options options, Tensor positions, NdArray dx) {
    launcher(context).backward(dy, options, angles(positions), dx);
  }

  private static Rotary.Angles angles(Tensor positions) {
    return positions == null
        ? Rotary.Angles.COMPUTED
        : new Rotary.Angles(positions.array(), null, null);
  }

  private static Rotary launcher(Context context) {
    return context.launcher(Rotary.class, Rotary::new);
  }
}
