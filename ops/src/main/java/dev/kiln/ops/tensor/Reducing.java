package dev.kiln.ops.tensor;

import dev.kiln.kernels.reduction.Reduction;
import dev.kiln.kernels.reduction.Reductions;
import java.util.stream.IntStream;

/** Reductions with their gradients. */
final class Reducing {
  private Reducing() {}

  static Tensor sum(Tensor x) {
    var operation = Operation.of("sum", x);
    Tensor y = x.context().empty(x.dtype());
    Reductions launcher = x.context().launcher(Reductions.class, Reductions::new);
    int[] all = IntStream.range(0, x.rank()).toArray();
    launcher.run(Reduction.SUM, x.array(), y.array(), all);
    long[] shape = x.shape();
    return operation.result(y, g -> g.give(0, g.of().expand(shape)));
  }

  /**
   * The sum over what broadcasting repeated: the gradient of an operand that was repeated.
   *
   * @param shape of the operand
   */
  static Tensor sumTo(Tensor x, long... shape) {
    int missing = x.rank() - shape.length;
    int[] over =
        IntStream.range(0, x.rank())
            .filter(i -> i < missing || shape[i - missing] == 1 && x.dim(i) != 1)
            .toArray();
    if (over.length == 0) {
      return x;
    }
    long[] kept = x.shape();
    for (int axis : over) {
      kept[axis] = 1;
    }
    Tensor y = x.context().empty(x.dtype(), shape);
    Reductions launcher = x.context().launcher(Reductions.class, Reductions::new);
    launcher.run(Reduction.SUM, x.array(), y.array().reshape(kept), over);
    return y;
  }
}
