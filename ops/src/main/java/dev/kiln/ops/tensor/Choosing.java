package dev.kiln.ops.tensor;

import dev.kiln.kernels.elementwise.Pointwise;
import dev.kiln.kernels.elementwise.TernaryFunction;

/** Functions of three operands with their gradients: selections, bounds, blends. */
final class Choosing {
  private Choosing() {}

  private static Pointwise launcher(Context context) {
    return Elementwise.launcher(context);
  }

  static Tensor where(Tensor condition, Tensor a, Tensor b) {
    Tensor[] in = a.context().cast("where", a, b);
    Elementwise.requireSameDType("where", in);
    var operation = Operation.of("where", in).save(condition);
    long[] shape = Axes.broadcast("where", condition.shape(), Axes.broadcast("where", a, b));
    Tensor y = a.context().empty(in[0].dtype(), shape);
    launcher(a.context())
        .ternary(TernaryFunction.WHERE, condition.array(), in[0].array(), in[1].array(), y.array());
    return operation.result(
        y,
        g -> {
          if (g.needs(0)) {
            g.give(0, keep(g.saved(0), g.of(), 0));
          }
          if (g.needs(1)) {
            g.give(1, fill(g.saved(0), 0, g.of()));
          }
        });
  }

  /** {@code x} where the condition holds, otherwise a number. */
  private static Tensor keep(Tensor condition, Tensor x, double other) {
    long[] shape = Axes.broadcast("where", condition, x);
    Tensor y = x.context().empty(x.dtype(), shape);
    launcher(x.context())
        .ternary(TernaryFunction.WHERE, condition.array(), x.array(), other, y.array());
    return y;
  }

  /** A number where the condition holds, otherwise {@code x}. */
  private static Tensor fill(Tensor condition, double value, Tensor x) {
    long[] shape = Axes.broadcast("masked_fill", condition, x);
    Tensor y = x.context().empty(x.dtype(), shape);
    Tensor number = x.context().full(x.dtype(), value);
    launcher(x.context())
        .ternary(TernaryFunction.WHERE, condition.array(), number.array(), x.array(), y.array());
    number.close();
    return y;
  }

  static Tensor maskedFill(Tensor x, Tensor mask, double value) {
    var operation = Operation.of("masked_fill", x).save(mask);
    return operation.result(fill(mask, value, x), g -> g.give(0, fill(g.saved(0), 0, g.of())));
  }

  /** The gradient passes wherever the bounds changed nothing, on them too. */
  static Tensor clamp(Tensor x, double low, double high) {
    var operation = Operation.of("clamp", x);
    Tensor y = x.context().empty(x.dtype(), x.shape());
    launcher(x.context()).ternary(TernaryFunction.CLAMP, x.array(), low, high, y.array());
    if (operation.isRecorded()) {
      operation.save(x.detach().eq(y));
    }
    return operation.result(y, g -> g.give(0, keep(g.saved(0), g.of(), 0)));
  }

  static Tensor lerp(Tensor a, Tensor b, double weight) {
    Tensor[] in = a.context().cast("lerp", a, b);
    Elementwise.requireSameDType("lerp", in);
    Elementwise.requireFloats("lerp", in[0]);
    var operation = Operation.of("lerp", in);
    Tensor y = a.context().empty(in[0].dtype(), Axes.broadcast("lerp", a, b));
    launcher(a.context())
        .ternary(TernaryFunction.LERP, in[0].array(), in[1].array(), weight, y.array());
    return operation.result(
        y,
        g -> {
          if (g.needs(0)) {
            g.give(0, g.of().mul(1 - weight));
          }
          if (g.needs(1)) {
            g.give(1, g.of().mul(weight));
          }
        });
  }

  static Tensor lerp(Tensor a, Tensor b, Tensor weight) {
    Tensor[] in = a.context().cast("lerp", a, b, weight);
    Elementwise.requireSameDType("lerp", in);
    Elementwise.requireFloats("lerp", in[0]);
    var operation = Operation.of("lerp", in).save(in);
    Tensor y = a.context().empty(in[0].dtype(), broadcast("lerp", in));
    launcher(a.context())
        .ternary(TernaryFunction.LERP, in[0].array(), in[1].array(), in[2].array(), y.array());
    return operation.result(
        y,
        g -> {
          if (g.needs(0)) {
            g.give(0, g.of().mul(g.saved(2).rsub(1)));
          }
          if (g.needs(1)) {
            g.give(1, g.of().mul(g.saved(2)));
          }
          if (g.needs(2)) {
            g.give(2, g.of().mul(g.saved(1).sub(g.saved(0))));
          }
        });
  }

  /** {@code a b + c}. */
  static Tensor multiplyAdd(Tensor a, Tensor b, Tensor c) {
    Tensor[] in = a.context().cast("multiply_add", a, b, c);
    Elementwise.requireSameDType("multiply_add", in);
    var operation = Operation.of("multiply_add", in).save(in[0], in[1]);
    Tensor y = a.context().empty(in[0].dtype(), broadcast("multiply_add", in));
    launcher(a.context())
        .ternary(
            TernaryFunction.MULTIPLY_ADD, in[0].array(), in[1].array(), in[2].array(), y.array());
    return operation.result(
        y,
        g -> {
          if (g.needs(0)) {
            g.give(0, g.of().mul(g.saved(1)));
          }
          if (g.needs(1)) {
            g.give(1, g.of().mul(g.saved(0)));
          }
          g.give(2, g.of());
        });
  }

  private static long[] broadcast(String operation, Tensor... in) {
    return Axes.broadcast(operation, Axes.broadcast(operation, in[0], in[1]), in[2].shape());
  }
}
