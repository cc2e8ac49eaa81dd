package dev.kiln.ops.tensor;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.BinaryFunction;
import dev.kiln.kernels.elementwise.Pointwise;
import dev.kiln.kernels.elementwise.TernaryFunction;
import dev.kiln.kernels.elementwise.UnaryFunction;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;

/** Functions of elements with their gradients. */
final class Elementwise {
  /** That a launch can count through. */
  private static final int MOST_AXES = 5;

  private Elementwise() {}

  static Pointwise launcher(Context context) {
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

  static Tensor clone(Tensor x) {
    var operation = Operation.of("clone", x);
    return operation.result(copy(x), g -> g.give(0, g.of()));
  }

  /** The same numbers in memory of their own, without a graph. */
  static Tensor copy(Tensor x) {
    Tensor y = x.context().empty(x.dtype(), x.shape());
    copy(x.context(), x.array(), y.array());
    return y;
  }

  /** Copies between arrays of one shape and any strides. */
  static void copy(Context context, NdArray from, NdArray to) {
    if (to.size() == 0) {
      return;
    }
    if (Strides.joint(from, to) <= MOST_AXES) {
      launcher(context).copy(from, to);
      return;
    }
    // One launch for each index of the shortest axis that has more than one.
    int axis = Strides.shortest(to);
    for (long i = 0; i < to.dim(axis); i++) {
      copy(context, from.narrow(axis, i, i + 1), to.narrow(axis, i, i + 1));
    }
  }

  /** Overwrites all elements. */
  static void fill(Context context, NdArray y, double value) {
    NdArray one = context.launcher(One.class, One::new).number;
    launcher(context).ternary(TernaryFunction.WHERE, one, value, value, y);
  }

  /** A number that is not 0, as the operand that every launch must have. */
  private static final class One implements AutoCloseable {
    private final NdArray number;

    One(Device device) {
      number = NdArray.of(device, new int[] {1});
    }

    @Override
    public void close() {
      number.close();
    }
  }

  // One operand

  static Tensor unary(UnaryFunction f, Tensor input) {
    String name = f.kernelName();
    Tensor[] in = input.context().cast(name, input);
    Tensor x = in[0];
    if (!x.dtype().isFloat() && !f.ofIntegers()) {
      throw new KilnException(
          "%s: needs floats, but is %s; convert it with to(...)".formatted(name, x));
    }
    var operation = Operation.of(name, in);
    boolean isTruth =
        f == UnaryFunction.IS_NAN || f == UnaryFunction.IS_FINITE || f == UnaryFunction.NOT;
    Tensor y = x.context().empty(isTruth ? DType.I1 : x.dtype(), x.shape());
    launcher(x.context()).unary(f, x.array(), y.array());
    if (f.hasGradient() && f != UnaryFunction.NEG) {
      operation.save(x);
    }
    return operation.result(y, g -> g.give(0, gradient(f, g)));
  }

  private static Tensor gradient(UnaryFunction f, Gradients g) {
    if (f == UnaryFunction.NEG) {
      return g.of().neg();
    }
    if (!f.hasGradient()) {
      return g.context().zeros(g.dtype(0), g.shape(0));
    }
    Tensor dx = g.emptyLike(0);
    launcher(g.context()).unaryGradient(f, g.saved(0).array(), g.of().array(), dx.array());
    return dx;
  }

  // Two operands

  static Tensor binary(BinaryFunction f, Tensor a, Tensor b) {
    String name = name(f);
    Tensor[] in = a.context().cast(name, a, b);
    requireSameDType(name, in);
    requireFloats(f, name, in[0]);
    var operation = Operation.of(name, in);
    Tensor y = a.context().empty(result(f, in[0]), Axes.broadcast(name, a, b));
    launcher(a.context()).binary(f, in[0].array(), in[1].array(), y.array());
    if (f == BinaryFunction.MUL) {
      operation.save(operation.needs(1) ? in[0] : null, operation.needs(0) ? in[1] : null);
    } else if (f != BinaryFunction.ADD && f != BinaryFunction.SUB) {
      operation.save(in);
    }
    return operation.result(y, g -> gradients(f, g));
  }

  private static void gradients(BinaryFunction f, Gradients g) {
    switch (f) {
      case ADD -> {
        g.give(0, g.of());
        g.give(1, g.of());
      }
      case SUB -> {
        g.give(0, g.of());
        if (g.needs(1)) {
          g.give(1, g.of().neg());
        }
      }
      case MUL -> {
        if (g.needs(0)) {
          g.give(0, g.of().mul(g.saved(1)));
        }
        if (g.needs(1)) {
          g.give(1, g.of().mul(g.saved(0)));
        }
      }
      case DIV, POW, MAX, MIN, SCALE_ADD -> {
        for (int i = 0; i < 2; i++) {
          if (g.needs(i)) {
            g.give(i, gradient(f, i, g));
          }
        }
      }
      case EQ, NE, LT, LE, GT, GE, AND, OR -> {}
    }
  }

  private static Tensor gradient(BinaryFunction f, int operand, Gradients g) {
    Tensor dx = g.context().empty(g.dtype(operand), g.of().shape());
    launcher(g.context())
        .binaryGradient(
            f,
            g.saved(0).array(),
            g.saved(1).array(),
            g.of().array(),
            operand == 0 ? dx.array() : null,
            operand == 1 ? dx.array() : null);
    return dx;
  }

  // An operand and a number

  static Tensor binary(BinaryFunction f, Tensor a, double b) {
    String name = name(f);
    Tensor[] in = a.context().cast(name, a);
    Tensor x = in[0];
    requireFloats(f, name, x);
    requireNumber(name, x, b);
    var operation = Operation.of(name, in);
    Tensor y = x.context().empty(result(f, x), x.shape());
    launcher(x.context()).binary(f, x.array(), b, y.array());
    if (f == BinaryFunction.POW || f == BinaryFunction.MAX || f == BinaryFunction.MIN) {
      operation.save(x);
    }
    return operation.result(y, g -> gradientOfNumber(f, b, g));
  }

  private static void gradientOfNumber(BinaryFunction f, double b, Gradients g) {
    switch (f) {
      case ADD, SUB -> g.give(0, g.of());
      case MUL -> g.give(0, g.of().mul(b));
      case DIV -> g.give(0, g.of().div(b));
      case POW, MAX, MIN -> {
        Tensor dx = g.emptyLike(0);
        launcher(g.context()).binaryGradient(f, g.saved(0).array(), b, g.of().array(), dx.array());
        g.give(0, dx);
      }
      case SCALE_ADD, EQ, NE, LT, LE, GT, GE, AND, OR -> {}
    }
  }

  /** {@code scale x + shift}. */
  static Tensor affine(String name, Tensor input, double scale, double shift) {
    Tensor[] in = input.context().cast(name, input);
    Tensor x = in[0];
    requireNumber(name, x, scale);
    requireNumber(name, x, shift);
    var operation = Operation.of(name, in);
    Tensor y = x.context().empty(x.dtype(), x.shape());
    launcher(x.context()).ternary(TernaryFunction.MULTIPLY_ADD, x.array(), scale, shift, y.array());
    return operation.result(y, g -> g.give(0, g.of().mul(scale)));
  }

  // Rules

  private static String name(BinaryFunction f) {
    return switch (f) {
      case MAX -> "maximum";
      case MIN -> "minimum";
      default -> f.kernelName();
    };
  }

  /** Comparisons and logic make truths. */
  private static DType result(BinaryFunction f, Tensor like) {
    return f.hasGradient() ? like.dtype() : DType.I1;
  }

  /**
   * Fails unless all have one dtype: Kiln converts nothing by itself.
   *
   * @param tensors null ones are passed over
   */
  static void requireSameDType(String operation, Tensor... tensors) {
    for (Tensor tensor : tensors) {
      if (tensor != null && tensor.dtype() != tensors[0].dtype()) {
        throw new KilnException(
            "%s: %s and %s must have one dtype; convert one with to(...)"
                .formatted(operation, tensors[0], tensor));
      }
    }
  }

  private static void requireFloats(BinaryFunction f, String name, Tensor x) {
    if (f == BinaryFunction.POW) {
      requireFloats(name, x);
    }
  }

  static void requireFloats(String operation, Tensor x) {
    if (!x.dtype().isFloat()) {
      throw new KilnException(
          "%s: needs floats, but is %s; convert it with to(...)".formatted(operation, x));
    }
  }

  static void requireFloat(String operation, DType dtype) {
    if (!dtype.isFloat()) {
      throw new KilnException(operation + ": the dtype must be a float, but is " + dtype);
    }
  }

  /** Integers take whole numbers only: nothing is rounded in silence. */
  private static void requireNumber(String operation, Tensor x, double number) {
    if (!x.dtype().isFloat() && number != Math.rint(number)) {
      throw new KilnException(
          "%s: %s is no whole number, but the tensor is %s; convert it with to(...)"
              .formatted(operation, number, x));
    }
  }
}
