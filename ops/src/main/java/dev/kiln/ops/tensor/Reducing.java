package dev.kiln.ops.tensor;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.reduction.Extremes;
import dev.kiln.kernels.reduction.Reduction;
import dev.kiln.kernels.reduction.Reductions;
import dev.kiln.kernels.reduction.Scans;
import dev.kiln.runtime.KilnException;
import java.util.Locale;

/** Reductions with their gradients. */
final class Reducing {
  private Reducing() {}

  private static Reductions launcher(Context context) {
    return context.launcher(Reductions.class, Reductions::new);
  }

  static Tensor reduce(Reduction f, Tensor input, boolean keepDims, int... axes) {
    String name = name(f);
    Tensor[] in = input.context().cast(name, input);
    Tensor x = in[0];
    requireReducible(f, name, x);
    var over = ReducedAxes.of(name, x, axes);
    if (over.count() == 0 && (f == Reduction.MAX || f == Reduction.MIN)) {
      throw new KilnException(
          "%s: no numbers have no %s: the axes %s of %s are empty"
              .formatted(name, f == Reduction.MAX ? "largest" : "smallest", over, x));
    }
    var operation = Operation.of(name, in);
    Tensor y = x.context().empty(result(f, x), over.result(keepDims));
    launcher(x.context()).run(f, x.array(), y.array(), over.axes());
    if (f != Reduction.SUM && f != Reduction.MEAN) {
      operation.save(x, y);
    }
    return operation.result(y, g -> g.give(0, gradient(f, over, g)));
  }

  private static Tensor gradient(Reduction f, ReducedAxes over, Gradients g) {
    return switch (f) {
      case SUM -> over.repeated(g.of());
      case MEAN -> over.repeated(g.of().div(over.count()));
      case L1, L2, SUM_SQUARES, LOG_SUM_EXP -> {
        Tensor dx = g.emptyLike(0);
        boolean needsY = f == Reduction.L2 || f == Reduction.LOG_SUM_EXP;
        launcher(g.context())
            .backward(
                f,
                g.saved(0).array(),
                needsY ? g.saved(1).array() : null,
                Views.dense(g.of()).array(),
                dx.array(),
                over.axes());
        yield dx;
      }
      case MAX, MIN -> sharedByEqual(g.saved(0), over, g);
      case MAX_NORM -> sharedByEqual(g.saved(0).abs(), over, g).mul(g.saved(0).sign());
      case PROD -> ofProduct(over, g);
      case ANY, ALL -> throw new IllegalStateException(f + " has no gradient");
    };
  }

  /** Equal elements share the gradient. */
  private static Tensor sharedByEqual(Tensor x, ReducedAxes over, Gradients g) {
    Tensor isExtreme = x.eq(over.repeated(g.saved(1))).to(x.dtype());
    Tensor count = reduce(Reduction.SUM, isExtreme, false, over.axes());
    return isExtreme.mul(over.repeated(g.of().div(count.reshape(g.of().shape()))));
  }

  /** The product of all others, from both sides: right for zeros too. */
  private static Tensor ofProduct(ReducedAxes over, Gradients g) {
    Tensor rows = over.toRows(g.saved(0));
    Scans scans = g.context().launcher(Scans.class, Scans::new);
    Tensor before = g.context().empty(rows.dtype(), rows.shape());
    Tensor behind = g.context().empty(rows.dtype(), rows.shape());
    scans.run(Scans.Kind.PROD, rows.array(), -1, false, true, before.array());
    scans.run(Scans.Kind.PROD, rows.array(), -1, true, true, behind.array());
    return over.fromRows(before.mul(behind)).mul(over.repeated(g.of()));
  }

  /** The variance, or its root. */
  static Tensor variance(
      Tensor input, double correction, boolean isRoot, boolean keepDims, int... axes) {
    String name = isRoot ? "std" : "variance";
    Tensor[] in = input.context().cast(name, input);
    Tensor x = in[0];
    Elementwise.requireFloats(name, x);
    var over = ReducedAxes.of(name, x, axes);
    var operation = Operation.of(name, in);
    Tensor y = x.context().empty(x.dtype(), over.result(keepDims));
    launcher(x.context()).variance(x.array(), correction, isRoot, y.array(), over.axes());
    return operation
        .save(x, isRoot ? y : null)
        .result(
            y,
            g -> {
              Tensor dy = g.of();
              if (isRoot) {
                // The root of a variance of 0 has the gradient 0.
                Tensor root = g.saved(1);
                dy = dy.div(root.mul(2)).maskedFill(root.eq(0), 0);
              }
              Tensor dx = g.emptyLike(0);
              launcher(g.context())
                  .varianceBackward(
                      g.saved(0).array(),
                      correction,
                      Views.dense(dy).array(),
                      dx.array(),
                      over.axes());
              g.give(0, dx);
            });
  }

  /**
   * The extreme elements along an axis and where they are.
   *
   * @param needsValues whether the elements are wanted, not their indices alone
   */
  static Indexed extreme(
      Tensor x, boolean isLargest, boolean keepDims, int axis, boolean needsValues) {
    String name = isLargest ? "max" : "min";
    int at = Axes.index(name, axis, x.rank());
    if (x.dim(at) == 0) {
      throw new KilnException(name + ": axis " + at + " of " + x + " is empty");
    }
    Context context = x.context();
    var over = ReducedAxes.of(name, x, at);
    var operation = Operation.of(name, x);
    long[] shape = over.result(keepDims);
    Tensor index = context.empty(DType.I64, shape);
    Tensor value = needsValues ? context.empty(x.dtype(), shape) : null;
    Extremes launcher = context.launcher(Extremes.class, Extremes::new);
    if (isLargest) {
      launcher.largest(x.array(), at, value == null ? null : value.array(), index.array());
    } else {
      launcher.smallest(x.array(), at, value == null ? null : value.array(), index.array());
    }
    if (value != null) {
      operation
          .save(index)
          .result(
              value,
              g -> {
                Tensor dx = g.emptyLike(0);
                launcher.backward(g.saved(0).array(), at, Views.dense(g.of()).array(), dx.array());
                g.give(0, dx);
              });
    }
    index.nameOrigin("arg" + name);
    return new Indexed(value, index);
  }

  /** The index of the extreme element in row-major order. */
  static Tensor extremeOfAll(Tensor x, boolean isLargest) {
    return extreme(x.detach().reshape(-1), isLargest, false, 0, false).indices();
  }

  /**
   * The sum over what broadcasting repeated: the gradient of an operand that was repeated.
   *
   * @param shape of the operand
   */
  static Tensor sumTo(Tensor x, long... shape) {
    int missing = x.rank() - shape.length;
    int count = 0;
    for (int i = 0; i < x.rank(); i++) {
      count += isRepeated(x, shape, missing, i) ? 1 : 0;
    }
    if (count == 0) {
      return x;
    }
    int[] over = new int[count];
    long[] kept = x.shape();
    int next = 0;
    for (int i = 0; i < kept.length; i++) {
      if (isRepeated(x, shape, missing, i)) {
        over[next++] = i;
        kept[i] = 1;
      }
    }
    Tensor y = x.context().empty(x.dtype(), shape);
    launcher(x.context()).run(Reduction.SUM, x.array(), y.array().reshape(kept), over);
    return y;
  }

  private static boolean isRepeated(Tensor x, long[] shape, int missing, int axis) {
    return axis < missing || shape[axis - missing] == 1 && x.array().dim(axis) != 1;
  }

  private static String name(Reduction f) {
    return switch (f) {
      case MAX -> "amax";
      case MIN -> "amin";
      case L1, L2, MAX_NORM -> "norm";
      default -> f.name().toLowerCase(Locale.ROOT);
    };
  }

  private static void requireReducible(Reduction f, String name, Tensor x) {
    switch (f) {
      case MEAN, L1, L2, MAX_NORM, LOG_SUM_EXP -> Elementwise.requireFloats(name, x);
      case SUM, PROD, MAX, MIN, ANY, ALL, SUM_SQUARES -> {}
    }
  }

  /** Integers are added and multiplied in i64. */
  private static DType result(Reduction f, Tensor x) {
    return switch (f) {
      case ANY, ALL -> DType.I1;
      case MAX, MIN -> x.dtype();
      default -> x.dtype().isFloat() ? x.dtype() : DType.I64;
    };
  }
}
