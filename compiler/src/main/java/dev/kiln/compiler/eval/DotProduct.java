package dev.kiln.compiler.eval;

import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.numeric.FloatFormat;
import dev.kiln.compiler.numeric.IntegerMath;

/**
 * Execution of one {@link ComputeOp.Dot}. Each element starts with the accumulator's and adds the
 * products in ascending order of k: in {@code fp64} by fused multiply-add in double, in other float
 * types by fused multiply-add in {@code fp32}, rounded to the accumulator's type at the end; in
 * integers with wrapping.
 */
final class DotProduct {
  private final ComputeOp.Dot op;
  private final TileValue a;
  private final TileValue b;
  private final TileValue acc;
  private final int rows;
  private final int columns;
  private final int depth;

  DotProduct(ComputeOp.Dot op, TileValue a, TileValue b, TileValue acc) {
    this.op = op;
    this.a = a;
    this.b = b;
    this.acc = acc;
    Shape left = op.a().shape();
    Shape right = op.b().shape();
    rows = left.dim(left.rank() - 2);
    depth = left.dim(left.rank() - 1);
    columns = right.dim(right.rank() - 1);
  }

  TileValue compute() {
    var result = new TileBuffer(op.result().type());
    for (int i = 0; i < acc.size(); i++) {
      int batch = i / (rows * columns);
      int firstA = (batch * rows + i / columns % rows) * depth;
      int firstB = batch * depth * columns + i % columns;
      if (!result.isFloat()) {
        result.set(i, integer(i, firstA, firstB));
      } else if (op.result().dtype() == DType.FP64) {
        result.set(i, inDouble(i, firstA, firstB));
      } else {
        result.set(i, FloatFormat.round(op.result().dtype(), inFloat(i, firstA, firstB)));
      }
      result.setOrigin(i, origin(i, firstA, firstB));
    }
    return result.done();
  }

  private double inDouble(int i, int firstA, int firstB) {
    double sum = acc.doubleAt(i);
    for (int k = 0; k < depth; k++) {
      sum = Math.fma(a.doubleAt(firstA + k), b.doubleAt(firstB + k * columns), sum);
    }
    return sum;
  }

  private float inFloat(int i, int firstA, int firstB) {
    float sum = (float) acc.doubleAt(i);
    for (int k = 0; k < depth; k++) {
      float left = (float) a.doubleAt(firstA + k);
      float right = (float) b.doubleAt(firstB + k * columns);
      sum = Math.fma(left, right, sum);
    }
    return sum;
  }

  private long integer(int i, int firstA, int firstB) {
    DType from = op.a().dtype();
    long sum = acc.longAt(i);
    for (int k = 0; k < depth; k++) {
      long left = a.longAt(firstA + k);
      long right = b.longAt(firstB + k * columns);
      sum +=
          (op.signedA() ? left : IntegerMath.zeroExtend(from, left))
              * (op.signedB() ? right : IntegerMath.zeroExtend(from, right));
    }
    return IntegerMath.wrap(op.result().dtype(), sum);
  }

  private int origin(int i, int firstA, int firstB) {
    if (a.origins() != null || b.origins() != null) {
      for (int k = 0; k < depth; k++) {
        int left = a.origin(firstA + k);
        int right = b.origin(firstB + k * columns);
        if (left != 0 || right != 0) {
          return left != 0 ? left : right;
        }
      }
    }
    return acc.origin(i);
  }
}
