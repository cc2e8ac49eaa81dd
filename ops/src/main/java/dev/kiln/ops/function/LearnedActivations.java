package dev.kiln.ops.function;

import dev.kiln.kernels.elementwise.LearnableActivation;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Operation;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;

/** Activations with a number that is learned. */
public final class LearnedActivations {
  private LearnedActivations() {}

  /**
   * {@code y = f(x, a)}.
   *
   * @param a a vector of one number, or of one for each index of axis 1 of {@code x}
   * @throws KilnException if the shapes do not fit
   */
  public static Tensor apply(LearnableActivation.Function f, Tensor x, Tensor a) {
    boolean isForAll = a.rank() == 1 && a.dim(0) == 1;
    if (!isForAll && (x.rank() < 2 || a.rank() != 1 || a.dim(0) != x.dim(1))) {
      throw new KilnException(
          "%s: %s must be one number, or one for each channel of %s"
              .formatted(f.name().toLowerCase(java.util.Locale.ROOT), a, x));
    }
    Context context = x.context();
    var operation = Operation.of("learned_activation", x, a);
    Tensor dense = x.contiguous();
    Tensor numbers = a.to(x.dtype());
    int axis = isForAll ? 0 : 1;
    Tensor y = context.empty(x.dtype(), x.shape());
    LearnableActivation launcher =
        context.launcher(LearnableActivation.class, LearnableActivation::new);
    launcher.forward(f, dense.array(), axis, numbers.array(), y.array());
    return operation
        .save(dense, numbers)
        .result(
            y,
            g -> {
              Tensor dx = context.empty(g.saved(0).dtype(), g.saved(0).shape());
              Tensor da = context.empty(g.saved(1).dtype(), g.saved(1).shape());
              launcher.backward(
                  f,
                  g.saved(0).array(),
                  axis,
                  g.saved(1).array(),
                  g.of().contiguous().array(),
                  dx.array(),
                  da.array());
              g.give(0, dx);
              g.give(1, da);
            });
  }
}
