package dev.kiln.compiler.gpu.dot;

import dev.kiln.compiler.gpu.plan.DotForm.MmaShape;
import dev.kiln.compiler.ir.Shape;

/**
 * How an operand lies to its product.
 *
 * @param shape of the tile
 * @param kAxis the axis that is summed over
 * @param instruction of the product
 */
record OperandShape(Shape shape, int kAxis, MmaShape instruction) {
  int rowAxis() {
    return 2 * shape.rank() - 3 - kAxis;
  }

  int rows() {
    return shape.dim(rowAxis());
  }

  int depth() {
    return shape.dim(kAxis);
  }

  /** What a step along K adds to the row-major index; 0 where the tile has no room for it. */
  int k(int step) {
    return step < depth() ? step * shape.rowMajorStrides()[kAxis] : 0;
  }

  /** What a step along the rows adds to the row-major index. */
  int row(int step) {
    return step < rows() ? step * shape.rowMajorStrides()[rowAxis()] : 0;
  }

  /** Distance of the two halves of the instruction's depth, in elements along K. */
  int half() {
    return instruction.depth() / 2;
  }

  /** Whether the instruction's depth is one register, as in fp64. */
  boolean isWhole() {
    return instruction == MmaShape.M8N8K4;
  }
}
