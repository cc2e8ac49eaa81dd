package dev.kiln.ops.tensor;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.rearrange.Indexing;
import dev.kiln.kernels.rearrange.Sorting;
import dev.kiln.kernels.reduction.Scans;
import dev.kiln.runtime.KilnException;
import java.util.Arrays;

/** Choices by index, sorting and scans with their gradients. */
final class Indices {
  private Indices() {}

  private static Indexing launcher(Context context) {
    return context.launcher(Indexing.class, Indexing::new);
  }

  static Tensor gather(Tensor input, int axis, Tensor index) {
    int at = Axes.index("gather", axis, input.rank());
    requireIndices("gather", index);
    requireShapeButFor("gather", index, input, at);
    var operation = Operation.of("gather", input).save(Views.dense(index));
    Tensor y = input.context().empty(input.dtype(), index.shape());
    launcher(input.context())
        .gather(Views.dense(input).array(), at, Views.dense(index).array(), y.array());
    return operation.result(
        y,
        g -> {
          Tensor dx = g.context().zeros(g.dtype(0), g.shape(0));
          launcher(g.context())
              .scatterAdd(Views.dense(g.of()).array(), at, g.saved(0).array(), dx.array());
          g.give(0, dx);
        });
  }

  static Tensor indexSelect(Tensor input, int axis, Tensor index) {
    int at = Axes.index("index_select", axis, input.rank());
    requireIndices("index_select", index);
    if (index.rank() != 1) {
      throw new KilnException("index_select: the index must be a vector, but is " + index);
    }
    var operation = Operation.of("index_select", input).save(Views.dense(index));
    long[] shape = input.shape();
    shape[at] = index.dim(0);
    Tensor y = input.context().empty(input.dtype(), shape);
    launcher(input.context())
        .select(Views.dense(input).array(), at, Views.dense(index).array(), y.array());
    return operation.result(
        y,
        g -> {
          Tensor dx = g.context().zeros(g.dtype(0), g.shape(0));
          launcher(g.context())
              .addRows(Views.dense(g.of()).array(), at, g.saved(0).array(), dx.array());
          g.give(0, dx);
        });
  }

  /**
   * The source's elements at their indices: added to what is there, or in its place.
   *
   * @param isSum otherwise the last of several elements for one place stays
   */
  static Tensor scatter(Tensor input, int axis, Tensor index, Tensor source, boolean isSum) {
    String name = isSum ? "scatter_add" : "scatter";
    int at = Axes.index(name, axis, input.rank());
    Tensor[] in = input.context().cast(name, input, source);
    Elementwise.requireSameDType(name, in);
    requireIndices(name, index);
    Axes.requireShape(name, index, source);
    requireShapeButFor(name, source, input, at);
    var operation = Operation.of(name, in).save(Views.dense(index));
    Tensor y = Elementwise.copy(in[0]);
    Indexing launcher = launcher(input.context());
    if (isSum) {
      launcher.scatterAdd(Views.dense(in[1]).array(), at, Views.dense(index).array(), y.array());
    } else {
      requireNoGradient(name, operation, 1, source);
      launcher.scatter(Views.dense(in[1]).array(), at, Views.dense(index).array(), y.array());
    }
    return operation.result(y, g -> scatterGradients(g, at, isSum));
  }

  private static void scatterGradients(Gradients g, int at, boolean isSum) {
    if (g.needs(1)) {
      Tensor dsource = g.emptyLike(1);
      launcher(g.context())
          .gather(Views.dense(g.of()).array(), at, g.saved(0).array(), dsource.array());
      g.give(1, dsource);
    }
    if (isSum || !g.needs(0)) {
      g.give(0, g.of());
      return;
    }
    Tensor dx = Elementwise.copy(g.of());
    Tensor zeros = g.context().zeros(dx.dtype(), g.saved(0).shape());
    launcher(g.context()).scatter(zeros.array(), at, g.saved(0).array(), dx.array());
    g.give(0, dx);
  }

  /** Which of several elements for one place stayed is not known on the way back. */
  private static void requireNoGradient(
      String name, Operation operation, int input, Tensor tensor) {
    if (operation.needs(input)) {
      throw new KilnException(
          "not supported yet: the gradient of the source of %s, %s; use scatterAdd"
              .formatted(name, tensor));
    }
  }

  static Tensor oneHot(Tensor index, long classes, DType dtype) {
    requireIndices("one_hot", index);
    if (classes < 1) {
      throw new KilnException("one_hot: there must be at least one class, but are " + classes);
    }
    Tensor numbers = index.context().arange(index.dtype(), classes);
    return index.unsqueeze(-1).eq(numbers).to(dtype);
  }

  // Sorting

  static Indexed sort(Tensor x, int axis, boolean isDescending) {
    int at = Axes.index("sort", axis, x.rank());
    return sorted("sort", x, at, x.dim(at), isDescending, true);
  }

  static Indexed topK(Tensor x, long k, int axis, boolean isLargest) {
    int at = Axes.index("top_k", axis, x.rank());
    if (k < 0 || k > x.dim(at)) {
      throw new KilnException("top_k: axis %d of %s has no %d elements".formatted(axis, x, k));
    }
    return sorted("top_k", x, at, k, isLargest, false);
  }

  /** Along the last axis; others are transposed there and back. */
  private static Indexed sorted(
      String name, Tensor x, int at, long k, boolean isDescending, boolean isSort) {
    int last = x.rank() - 1;
    if (at != last) {
      Indexed rows = sorted(name, x.transpose(at, last), last, k, isDescending, isSort);
      return new Indexed(rows.values().transpose(at, last), rows.indices().transpose(at, last));
    }
    var operation = Operation.of(name, x);
    long[] shape = x.shape();
    long columns = shape[last];
    long rows = columns == 0 ? 0 : x.size() / columns;
    shape[last] = k;
    Tensor values = x.context().empty(x.dtype(), shape);
    Tensor index = x.context().empty(DType.I64, shape);
    if (values.size() > 0) {
      Sorting launcher = x.context().launcher(Sorting.class, Sorting::new);
      var matrix = Views.dense(x).array().reshape(rows, columns);
      var best = values.array().reshape(rows, k);
      var places = index.array().reshape(rows, k);
      if (isSort) {
        launcher.sort(matrix, isDescending, best, places);
      } else {
        launcher.topK(matrix, Math.toIntExact(k), isDescending, best, places);
      }
    }
    operation
        .save(index)
        .result(
            values,
            g -> {
              Tensor dx = g.context().zeros(g.dtype(0), g.shape(0));
              if (g.of().size() > 0) {
                launcher(g.context())
                    .scatterAdd(Views.dense(g.of()).array(), last, g.saved(0).array(), dx.array());
              }
              g.give(0, dx);
            });
    index.nameOrigin(name + " indices");
    return new Indexed(values, index);
  }

  // Scans

  static Tensor cumsum(Tensor input, int axis) {
    int at = Axes.index("cumsum", axis, input.rank());
    Tensor[] in = input.context().cast("cumsum", input);
    var operation = Operation.of("cumsum", in);
    Tensor y = scan(Scans.Kind.SUM, in[0], at);
    return operation.result(
        y,
        g -> {
          Tensor dx = g.emptyLike(0);
          scans(g.context()).sumBackward(Views.dense(g.of()).array(), at, false, dx.array());
          g.give(0, dx);
        });
  }

  static Tensor cumprod(Tensor input, int axis) {
    int at = Axes.index("cumprod", axis, input.rank());
    Tensor[] in = input.context().cast("cumprod", input);
    Tensor x = Views.dense(in[0]);
    var operation = Operation.of("cumprod", in).save(x);
    Tensor y = scan(Scans.Kind.PROD, x, at);
    return operation.result(
        y,
        g -> {
          Tensor dx = g.emptyLike(0);
          scans(g.context())
              .productBackward(
                  g.saved(0).array(), Views.dense(g.of()).array(), at, false, dx.array());
          g.give(0, dx);
        });
  }

  private static Scans scans(Context context) {
    return context.launcher(Scans.class, Scans::new);
  }

  /** Integers are added and multiplied in i64. */
  private static Tensor scan(Scans.Kind kind, Tensor x, int at) {
    DType dtype = x.dtype().isFloat() ? x.dtype() : DType.I64;
    Tensor y = x.context().empty(dtype, x.shape());
    scans(x.context()).run(kind, Views.dense(x).array(), at, y.array());
    return y;
  }

  // Rules

  private static void requireIndices(String name, Tensor index) {
    if (index.dtype() != DType.I32 && index.dtype() != DType.I64) {
      throw new KilnException(name + ": indices must be i32 or i64, but are " + index);
    }
  }

  private static void requireShapeButFor(String name, Tensor x, Tensor like, int axis) {
    long[] expected = like.shape();
    if (x.rank() == like.rank()) {
      expected[axis] = x.dim(axis);
    }
    if (!Arrays.equals(x.shape(), expected)) {
      throw new KilnException(
          "%s: %s must have the shape of %s but for axis %d".formatted(name, x, like, axis));
    }
  }
}
