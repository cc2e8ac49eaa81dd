package dev.kiln.ops.tensor;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Copies in another order or of several tensors, with their gradients. */
final class Arranging {
  private Arranging() {}

  static Tensor cat(int axis, List<Tensor> tensors) {
    if (tensors.isEmpty()) {
      throw new KilnException("cat: there is no tensor");
    }
    Tensor first = tensors.getFirst();
    int at = Axes.index("cat", axis, first.rank());
    Tensor[] in = first.context().cast("cat", tensors.toArray(Tensor[]::new));
    Elementwise.requireSameDType("cat", in);
    long[] lengths = new long[in.length];
    for (int i = 0; i < in.length; i++) {
      requireShapeButFor(in[i], first, at);
      lengths[i] = in[i].dim(at);
    }
    var operation = Operation.of("cat", in);
    long[] shape = first.shape();
    shape[at] = Arrays.stream(lengths).sum();
    Tensor y = first.context().empty(in[0].dtype(), shape);
    long from = 0;
    for (int i = 0; i < in.length; i++) {
      Elementwise.copy(
          first.context(), in[i].array(), y.array().narrow(at, from, from + lengths[i]));
      from += lengths[i];
    }
    return operation.result(
        y,
        g -> {
          long start = 0;
          for (int i = 0; i < lengths.length; i++) {
            if (g.needs(i)) {
              g.give(i, g.of().narrow(at, start, lengths[i]));
            }
            start += lengths[i];
          }
        });
  }

  private static void requireShapeButFor(Tensor x, Tensor first, int axis) {
    boolean fits = x.rank() == first.rank();
    for (int i = 0; fits && i < x.rank(); i++) {
      fits = i == axis || x.dim(i) == first.dim(i);
    }
    if (!fits) {
      throw new KilnException(
          "cat: %s must have the shape of %s but for axis %d".formatted(x, first, axis));
    }
  }

  static Tensor stack(int axis, List<Tensor> tensors) {
    if (tensors.isEmpty()) {
      throw new KilnException("stack: there is no tensor");
    }
    List<Tensor> longer = new ArrayList<>();
    for (Tensor tensor : tensors) {
      Axes.requireShape("stack", tensor, tensors.getFirst());
      longer.add(tensor.unsqueeze(axis));
    }
    return cat(Axes.index("stack", axis, tensors.getFirst().rank() + 1), longer);
  }

  /** Each axis so many times; missing axes are added at the left. */
  static Tensor repeat(Tensor x, long... times) {
    if (times.length < x.rank() || Arrays.stream(times).anyMatch(count -> count < 0)) {
      throw new KilnException(
          "repeat: %s must hold a number of at least 0 for each axis of %s"
              .formatted(Arrays.toString(times), x));
    }
    long[] shape = new long[times.length];
    Arrays.fill(shape, 1);
    System.arraycopy(x.shape(), 0, shape, times.length - x.rank(), x.rank());
    Tensor y = x.reshape(shape);
    for (int axis = times.length - 1; axis >= 0; axis--) {
      if (times[axis] != 1) {
        y = repeat(y, axis, times[axis]);
      }
    }
    return y == x || y.storage() == x.storage() ? y.copy() : y;
  }

  private static Tensor repeat(Tensor x, int axis, long times) {
    Tensor rows = x.flatten(axis, -1).unsqueeze(axis);
    long[] repeated = rows.shape();
    repeated[axis] = times;
    long[] shape = x.shape();
    shape[axis] *= times;
    return rows.expand(repeated).reshape(shape);
  }

  static Tensor flip(Tensor x, int... axes) {
    var over = ReducedAxes.of("flip", x, axes);
    var operation = Operation.of("flip", x);
    Tensor y = x.context().empty(x.dtype(), x.shape());
    Elementwise.copy(x.context(), reversed(x.array(), over), y.array());
    return operation.result(
        y,
        g -> {
          Tensor dx = g.emptyLike(0);
          Elementwise.copy(g.context(), reversed(g.of().array(), over), dx.array());
          g.give(0, dx);
        });
  }

  private static NdArray reversed(NdArray x, ReducedAxes over) {
    long[] strides = new long[x.rank()];
    Arrays.setAll(strides, x::stride);
    long first = 0;
    for (int axis : over.axes()) {
      first += Math.max(0, x.dim(axis) - 1) * strides[axis];
      strides[axis] = -strides[axis];
    }
    return x.strided(first, x.shape(), strides);
  }

  static Tensor roll(Tensor x, int axis, long shift) {
    int at = Axes.index("roll", axis, x.rank());
    long length = x.dim(at);
    long by = length == 0 ? 0 : Math.floorMod(shift, length);
    return by == 0
        ? x.copy()
        : cat(at, List.of(x.slice(at, length - by, length), x.slice(at, 0, length - by)));
  }

  static Tensor pad(Tensor x, int axis, long before, long after, double value) {
    int at = Axes.index("pad", axis, x.rank());
    if (before < 0 || after < 0) {
      throw new KilnException(
          "pad: %d before and %d behind axis %d of %s must not be negative; use narrow"
              .formatted(before, after, axis, x));
    }
    var operation = Operation.of("pad", x);
    long length = x.dim(at);
    long[] shape = x.shape();
    shape[at] = before + length + after;
    Tensor y = x.context().full(x.dtype(), value, shape);
    Elementwise.copy(x.context(), x.array(), y.array().narrow(at, before, before + length));
    return operation.result(y, g -> g.give(0, g.of().narrow(at, before, length)));
  }

  /** The part of matrices on and below a diagonal, or on and above; 0 elsewhere. */
  static Tensor triangle(Tensor x, boolean isLower, long diagonal) {
    String name = isLower ? "tril" : "triu";
    if (x.rank() < 2) {
      throw new KilnException(name + ": needs a matrix or a batch of them, but is " + x);
    }
    Tensor rows = x.context().arange(DType.I64, x.dim(-2)).unsqueeze(1);
    Tensor columns = x.context().arange(DType.I64, x.dim(-1));
    Tensor last = rows.add(diagonal);
    return x.maskedFill(isLower ? columns.gt(last) : columns.lt(last), 0);
  }
}
