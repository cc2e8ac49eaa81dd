package dev.kiln.ops.tensor;

import dev.kiln.kernels.product.Epilogue;
import dev.kiln.kernels.product.Matmul;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;

/** Products with their gradients. */
final class Multiplying {
  private Multiplying() {}

  private static Matmul launcher(Context context) {
    return context.launcher(Matmul.class, Matmul::new);
  }

  static Tensor dot(Tensor a, Tensor b) {
    requireVectors("dot", a, b);
    if (a.size() != b.size()) {
      throw new KilnException("dot: %s and %s must be of one length".formatted(a, b));
    }
    return matmul(a, b);
  }

  static Tensor outer(Tensor a, Tensor b) {
    requireVectors("outer", a, b);
    return a.unsqueeze(1).mul(b);
  }

  private static void requireVectors(String name, Tensor a, Tensor b) {
    if (a.rank() != 1 || b.rank() != 1) {
      throw new KilnException("%s: %s and %s must be vectors".formatted(name, a, b));
    }
  }

  static Tensor matmul(Tensor a, Tensor b) {
    requireFitting(a, b);
    if (a.rank() == 1) {
      Tensor y = matmul(a.unsqueeze(0), b);
      return y.squeeze(b.rank() == 1 ? 0 : -2);
    }
    if (b.rank() == 1) {
      return matmul(a, b.unsqueeze(1)).squeeze(-1);
    }
    if (a.rank() > 2 && b.rank() == 2) {
      // One product of all rows.
      long[] shape = a.shape();
      shape[shape.length - 1] = b.dim(1);
      return matmul(a.flatten(0, -2), b).reshape(shape);
    }
    return a.rank() == 2 && b.rank() == 2 ? product(a, b) : batches(a, b);
  }

  private static void requireFitting(Tensor a, Tensor b) {
    if (a.rank() == 0 || b.rank() == 0) {
      throw new KilnException(
          "matmul: %s and %s must be vectors, matrices or batches; use mul for a number"
              .formatted(a, b));
    }
    if (a.dim(-1) != b.dim(b.rank() == 1 ? 0 : -2)) {
      throw new KilnException(
          "matmul: the last axis of %s must be as long as axis %d of %s"
              .formatted(a, b.rank() == 1 ? 0 : b.rank() - 2, b));
    }
  }

  /**
   * Batches of one shape are one batch; others are repeated, without a copy if strides allow it.
   */
  private static Tensor batches(Tensor a, Tensor b) {
    long[] left = Arrays.copyOf(a.shape(), a.rank() - 2);
    long[] right = Arrays.copyOf(b.shape(), b.rank() - 2);
    long[] batch = Axes.broadcast("matmul", left, right);
    Tensor y = product(batch(a, left, batch), batch(b, right, batch));
    long[] shape = Arrays.copyOf(batch, batch.length + 2);
    shape[batch.length] = a.dim(-2);
    shape[batch.length + 1] = b.dim(-1);
    return y.rank() == shape.length ? y : y.reshape(shape);
  }

  /** With all axes of the batch as one; a matrix that all share stays one. */
  private static Tensor batch(Tensor x, long[] own, long[] batch) {
    long rows = x.dim(-2);
    long columns = x.dim(-1);
    if (Arrays.stream(own).allMatch(extent -> extent == 1)) {
      return x.rank() == 2 ? x : x.reshape(rows, columns);
    }
    long size = Arrays.stream(batch).reduce(1, (p, q) -> p * q);
    if (!Arrays.equals(own, batch)) {
      long[] shape = Arrays.copyOf(batch, batch.length + 2);
      shape[batch.length] = rows;
      shape[batch.length + 1] = columns;
      x = x.expand(shape);
    }
    return x.rank() == 3 ? x : x.reshape(size, rows, columns);
  }

  /** Of two matrices, of two batches, or of a batch and a matrix that it shares. */
  private static Tensor product(Tensor left, Tensor right) {
    Context context = left.context();
    Tensor[] in = context.cast("matmul", left, right);
    Elementwise.requireFloats("matmul", in[0]);
    Elementwise.requireSameDType("matmul", in);
    var operation = Operation.of("matmul", in);
    operation.save(operation.needs(1) ? in[0] : null, operation.needs(0) ? in[1] : null);
    long rows = left.dim(-2);
    long columns = right.dim(-1);
    boolean isBatch = left.rank() == 3 || right.rank() == 3;
    long batch = left.rank() == 3 ? left.dim(0) : right.dim(0);
    long[] shape = isBatch ? new long[] {batch, rows, columns} : new long[] {rows, columns};
    Tensor y = context.empty(in[0].dtype(), shape);
    launcher(context).run(in[0].array(), in[1].array(), y.array());
    return operation.result(y, Multiplying::gradients);
  }

  private static void gradients(Gradients g) {
    NdArray dy = g.of().array();
    if (g.needs(0)) {
      NdArray b = transposed(g.saved(1).array());
      if (g.shape(0).length == dy.rank()) {
        g.write(0, (da, add) -> run(g.context(), dy, b, add, da));
      } else {
        g.give(0, summed(g.of(), g.saved(1).transpose(-2, -1)));
      }
    }
    if (g.needs(1)) {
      NdArray a = transposed(g.saved(0).array());
      if (g.shape(1).length == dy.rank()) {
        g.write(1, (db, add) -> run(g.context(), a, dy, add, db));
      } else {
        g.give(1, summed(g.saved(0).transpose(-2, -1), g.of()));
      }
    }
  }

  private static void run(Context context, NdArray a, NdArray b, boolean add, NdArray c) {
    launcher(context).run(a, b, add ? Epilogue.ADD : Epilogue.NONE, c);
  }

  /** The sum of a batch's products, which is one product: the batch goes along the summed axis. */
  private static Tensor summed(Tensor a, Tensor b) {
    Tensor left = a.transpose(0, 1).reshape(a.dim(1), a.dim(0) * a.dim(2));
    return left.matmul(b.reshape(b.dim(0) * b.dim(1), b.dim(2)));
  }

  private static NdArray transposed(NdArray x) {
    return x.rank() == 2 ? x.permute(1, 0) : x.permute(0, 2, 1);
  }
}
