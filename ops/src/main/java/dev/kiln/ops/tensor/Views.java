package dev.kiln.ops.tensor;

import dev.kiln.kernels.elementwise.BinaryFunction;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/** Views with their gradients. */
final class Views {
  private Views() {}

  private static Tensor view(String name, Tensor x, NdArray part, Backward backward) {
    return Operation.of(name, x).result(x.scopedView(part), backward);
  }

  static Tensor expand(Tensor x, long... shape) {
    if (!Axes.canRepeat(x.shape(), shape)) {
      throw new KilnException(
          "expand: %s cannot be repeated to %s: only axes of extent 1 can, and new ones at the left"
              .formatted(x, Arrays.toString(shape)));
    }
    return view("expand", x, x.array().expand(shape), g -> g.give(0, g.of()));
  }

  static Tensor contiguous(Tensor x) {
    if (x.isContiguous()) {
      return x;
    }
    var operation = Operation.of("contiguous", x);
    return operation.result(Elementwise.copy(x), g -> g.give(0, g.of()));
  }

  /** With the elements row by row, for a launcher: without a place in the graph. */
  static Tensor dense(Tensor x) {
    return x.isContiguous() ? x : Elementwise.copy(x);
  }

  /**
   * Another shape.
   *
   * @param mayCopy whether the elements are copied where no view is possible
   */
  static Tensor reshape(Tensor x, boolean mayCopy, long... shape) {
    String name = mayCopy ? "reshape" : "view";
    long[] resolved = resolve(name, x, shape);
    NdArray part = Strides.view(x.array(), resolved);
    if (part == null && !mayCopy) {
      throw new KilnException(
          "view: the elements of %s do not lie in memory as %s needs them; use reshape, which copies"
              .formatted(x, Arrays.toString(shape)));
    }
    if (part == null) {
      return reshape(contiguous(x), false, resolved);
    }
    long[] before = x.shape();
    return view(name, x, part, g -> g.give(0, g.of().reshape(before)));
  }

  private static long[] resolve(String name, Tensor x, long... shape) {
    long[] resolved = shape.clone();
    int open = -1;
    long known = 1;
    for (int i = 0; i < resolved.length; i++) {
      if (resolved[i] == -1 && open < 0) {
        open = i;
      } else {
        known *= resolved[i];
      }
    }
    if (open >= 0 && known > 0) {
      resolved[open] = x.size() / known;
      known *= resolved[open];
    }
    if (known != x.size() || open >= 0 && resolved[open] < 0 || hasNegative(resolved)) {
      throw new KilnException(
          "%s: %s has %d elements, which do not fill the shape %s"
              .formatted(name, x, x.size(), Arrays.toString(shape)));
    }
    return resolved;
  }

  private static boolean hasNegative(long... shape) {
    boolean has = false;
    for (long extent : shape) {
      has |= extent < 0;
    }
    return has;
  }

  static Tensor permute(String name, Tensor x, int... order) {
    int[] axes = new int[order.length];
    int[] back = new int[order.length];
    Arrays.fill(back, -1);
    if (order.length != x.rank()) {
      throw notAPermutation(name, x, order);
    }
    for (int i = 0; i < order.length; i++) {
      axes[i] = Axes.index(name, order[i], x.rank());
      if (back[axes[i]] >= 0) {
        throw notAPermutation(name, x, order);
      }
      back[axes[i]] = i;
    }
    return view(name, x, permuted(x.array(), axes), g -> g.give(0, g.of().permute(back)));
  }

  private static NdArray permuted(NdArray x, int... axes) {
    long[] shape = new long[axes.length];
    long[] strides = new long[axes.length];
    for (int i = 0; i < axes.length; i++) {
      shape[i] = x.dim(axes[i]);
      strides[i] = x.stride(axes[i]);
    }
    return x.strided(0, shape, strides);
  }

  private static KilnException notAPermutation(String name, Tensor x, int... order) {
    return new KilnException(
        "%s: %s must name each axis of %s once".formatted(name, Arrays.toString(order), x));
  }

  static Tensor transpose(Tensor x, int first, int second) {
    int[] order = new int[x.rank()];
    Arrays.setAll(order, i -> i);
    int a = Axes.index("transpose", first, x.rank());
    int b = Axes.index("transpose", second, x.rank());
    order[a] = b;
    order[b] = a;
    return permute("transpose", x, order);
  }

  static Tensor unsqueeze(Tensor x, int axis) {
    int at = Axes.index("unsqueeze", axis, x.rank() + 1);
    return reshape(x, true, inserted(x.shape(), at, 1));
  }

  private static long[] inserted(long[] shape, int at, long... extents) {
    long[] longer = new long[shape.length + extents.length];
    System.arraycopy(shape, 0, longer, 0, at);
    System.arraycopy(extents, 0, longer, at, extents.length);
    System.arraycopy(shape, at, longer, at + extents.length, shape.length - at);
    return longer;
  }

  static Tensor squeeze(Tensor x, int axis) {
    int at = Axes.index("squeeze", axis, x.rank());
    if (x.dim(at) != 1) {
      throw new KilnException("squeeze: axis %d of %s must be of extent 1".formatted(axis, x));
    }
    return reshape(x, true, without(x.shape(), at, at));
  }

  /** Without the axes from one to another, both included. */
  private static long[] without(long[] shape, int from, int to) {
    long[] shorter = new long[shape.length - (to - from + 1)];
    System.arraycopy(shape, 0, shorter, 0, from);
    System.arraycopy(shape, to + 1, shorter, from, shape.length - to - 1);
    return shorter;
  }

  static Tensor flatten(Tensor x, int from, int to) {
    if (x.rank() == 0) {
      return reshape(x, true, 1);
    }
    int first = Axes.index("flatten", from, x.rank());
    int last = Axes.index("flatten", to, x.rank());
    if (last < first) {
      throw new KilnException("flatten: axis %d of %s comes before axis %d".formatted(to, x, from));
    }
    long extent = 1;
    for (int i = first; i <= last; i++) {
      extent *= x.dim(i);
    }
    return reshape(x, true, inserted(without(x.shape(), first, last), first, extent));
  }

  static Tensor unflatten(Tensor x, int axis, long... extents) {
    int at = Axes.index("unflatten", axis, x.rank());
    long[] parts = extents.clone();
    long known = 1;
    int open = -1;
    for (int i = 0; i < parts.length; i++) {
      if (parts[i] == -1 && open < 0) {
        open = i;
      } else {
        known *= parts[i];
      }
    }
    if (open >= 0 && known > 0) {
      parts[open] = x.dim(at) / known;
      known *= parts[open];
    }
    if (known != x.dim(at) || hasNegative(parts)) {
      throw new KilnException(
          "unflatten: axis %d of %s is no product of %s"
              .formatted(axis, x, Arrays.toString(extents)));
    }
    return reshape(x, true, inserted(without(x.shape(), at, at), at, parts));
  }

  /** Indices {@code from} (inclusive) to {@code to} in steps, negative ones from the end. */
  static Tensor slice(String name, Tensor x, int axis, long from, long to, long step) {
    int at = Axes.index(name, axis, x.rank());
    long length = x.dim(at);
    long start = from < 0 ? from + length : from;
    long end = to < 0 ? to + length : to;
    if (start < 0 || end < start || end > length || step < 1) {
      throw new KilnException(
          "%s: %d:%d:%d is no part of axis %d of %s".formatted(name, from, to, step, axis, x));
    }
    return part(name, x, all -> all.narrow(at, start, end, step));
  }

  static Tensor narrow(Tensor x, int axis, long from, long length) {
    int at = Axes.index("narrow", axis, x.rank());
    long start = from < 0 ? from + x.dim(at) : from;
    if (start < 0 || length < 0 || length > x.dim(at) - start) {
      throw new KilnException(
          "narrow: axis %d of %s has no %d elements from %d on".formatted(axis, x, length, from));
    }
    return slice("narrow", x, at, start, start + length, 1);
  }

  /** Some of the elements: no element twice. */
  private static Tensor part(String name, Tensor x, UnaryOperator<NdArray> part) {
    return view(
        name,
        x,
        part.apply(x.array()),
        g ->
            g.write(
                0,
                (dx, add) -> {
                  if (!add) {
                    Elementwise.fill(g.context(), dx, 0);
                  }
                  addTo(g, part.apply(dx), add);
                }));
  }

  static Tensor diagonal(Tensor x, long offset) {
    if (x.rank() < 2) {
      throw new KilnException("diagonal: needs a matrix or a batch of them, but is " + x);
    }
    long down = Math.max(0, -Math.max(offset, -Long.MAX_VALUE));
    long right = Math.max(0, offset);
    long length = Math.min(x.dim(-2) - down, x.dim(-1) - right);
    if (length < 1) {
      throw new KilnException("diagonal: %s has no diagonal %d".formatted(x, offset));
    }
    return part(
        "diagonal",
        x,
        all -> {
          int batch = all.rank() - 2;
          long[] shape = Arrays.copyOf(all.shape(), batch + 1);
          long[] strides = new long[batch + 1];
          Arrays.setAll(strides, all::stride);
          shape[batch] = length;
          strides[batch] = all.stride(-2) + all.stride(-1);
          long first = down * all.stride(-2) + right * all.stride(-1);
          return all.strided(first, shape, strides);
        });
  }

  private static void addTo(Gradients g, NdArray target, boolean add) {
    NdArray dy = g.of().array();
    if (add && target.size() > 0) {
      Elementwise.launcher(g.context()).binary(BinaryFunction.ADD, target, dy, target);
    } else if (!add) {
      Elementwise.copy(g.context(), dy, target);
    }
  }

  static Tensor select(Tensor x, int axis, long index) {
    int at = Axes.index("select", axis, x.rank());
    long i = index < 0 ? index + x.dim(at) : index;
    if (i < 0 || i >= x.dim(at)) {
      throw new KilnException(
          "select: index %d is out of range for axis %d of %s".formatted(index, axis, x));
    }
    return reshape(slice("select", x, at, i, i + 1, 1), true, without(x.shape(), at, at));
  }

  /** Parts of about one length. */
  static List<Tensor> chunk(Tensor x, int count, int axis) {
    if (count < 1) {
      throw new KilnException(
          "chunk: there must be at least 1 part of %s, not %d".formatted(x, count));
    }
    long length = x.dim(axis);
    long each = Math.max(1, Math.ceilDiv(length, count));
    long[] lengths = new long[Math.toIntExact(Math.max(1, Math.ceilDiv(length, each)))];
    Arrays.fill(lengths, each);
    lengths[lengths.length - 1] = length - each * (lengths.length - 1);
    return split(x, axis, lengths);
  }

  /** Parts of given lengths; their gradients are put together in one go. */
  static List<Tensor> split(Tensor x, int axis, long... lengths) {
    int at = Axes.index("split", axis, x.rank());
    if (Arrays.stream(lengths).sum() != x.dim(at) || hasNegative(lengths)) {
      throw new KilnException(
          "split: the lengths %s do not add up to axis %d of %s"
              .formatted(Arrays.toString(lengths), axis, x));
    }
    var operation = Operation.of("split", x);
    var parts = new ArrayList<Tensor>();
    long from = 0;
    for (long length : lengths) {
      parts.add(x.scopedView(x.array().narrow(at, from, from + length)));
      from += length;
    }
    return operation.results(
        parts,
        g -> {
          Tensor dx = g.emptyLike(0);
          long start = 0;
          for (int i = 0; i < lengths.length; i++) {
            NdArray target = dx.array().narrow(at, start, start + lengths[i]);
            Elementwise.copy(g.context(), g.of(i).array(), target);
            start += lengths[i];
          }
          g.give(0, dx);
        });
  }
}
