package dev.kiln.ops.tensor;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.BinaryFunction;
import dev.kiln.kernels.elementwise.Pointwise;

/** Elementwise operations with their gradients. */
final class Elementwise {
  private Elementwise() {}

  private static Pointwise launcher(Context context) {
    return context.launcher(Pointwise.class, Pointwise::new);
  }

  static Tensor cast(Tensor x, DType dtype) {
    if (x.dtype() == dtype) {
      return x;
    }
    var operation = Operation.of("to", x);
    Tensor y = x.context().empty(dtype, x.shape());
    launcher(x.context()).copy(x.array(), y.array());
    return operation.result(y, g -> g.give(0, g.of()));
  }

  static Tensor add(Tensor a, Tensor b) {
    Tensor[] in = a.context().cast("add", a, b);
    var operation = Operation.of("add", in);
    Tensor y = a.context().empty(in[0].dtype(), Axes.broadcast("add", a, b));
    launcher(a.context()).binary(BinaryFunction.ADD, in[0].array(), in[1].array(), y.array());
    return operation.result(
        y,
        g -> {
          g.give(0, g.of());
          g.give(1, g.of());
        });
  }

  static Tensor mul(Tensor a, Tensor b) {
    Tensor[] in = a.context().cast("mul", a, b);
    var operation = Operation.of("mul", in).save(in);
    Tensor y = a.context().empty(in[0].dtype(), Axes.broadcast("mul", a, b));
    launcher(a.context()).binary(BinaryFunction.MUL, in[0].array(), in[1].array(), y.array());
    return operation.result(
        y,
        g -> {
          if (g.needs(0)) {
            g.give(0, g.of().mul(g.saved(1)));
          }
          if (g.needs(1)) {
            g.give(1, g.of().mul(g.saved(0)));
          }
        });
  }
}
