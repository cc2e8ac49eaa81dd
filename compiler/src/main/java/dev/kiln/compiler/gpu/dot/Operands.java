package dev.kiln.compiler.gpu.dot;

import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.Fragment;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.layout.SharedLayout;
import dev.kiln.compiler.ptx.Operand;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/** Operands of products on their way to where instructions read them. */
public final class Operands {
  /** Rows of 128 bytes pass through all banks. */
  static final int LINE = 128;

  private Operands() {}

  /** Converts each element to a type that holds all values of its own. */
  static Fragment widened(Emission emission, Fragment fragment, DType from, DType to) {
    return widened(emission, fragment, from, to, CastKind.FPEXT);
  }

  static Fragment widened(
      Emission emission, Fragment fragment, DType from, DType to, CastKind kind) {
    return from == to
        ? fragment
        : mapped(fragment, element -> widened(emission, element, from, to, kind));
  }

  static Operand widened(Emission emission, Operand element, DType from, DType to, CastKind kind) {
    if (from == to) {
      return element;
    }
    var operand = new Value(Type.scalar(from));
    var result = new Value(Type.scalar(to));
    var cast = new ElementwiseOp.Cast(emission.ptx().location(), result, kind, operand);
    return emission.element(cast, List.of(element));
  }

  static Fragment mapped(Fragment fragment, UnaryOperator<Operand> each) {
    return new Fragment(fragment.layout(), fragment.registers().stream().map(each).toList());
  }

  /**
   * Whether each thread has the registers of a layout already, perhaps in another order.
   *
   * @param has the layout that the operand lies in
   */
  static boolean isInPlace(LinearLayout has, LinearLayout wanted) {
    return Arrays.equals(has.lanes(), wanted.lanes())
        && Arrays.equals(has.warps(), wanted.warps())
        && Arrays.stream(wanted.registers())
            .allMatch(vector -> Arrays.stream(has.registers()).anyMatch(own -> own == vector));
  }

  /** The layout in shared memory for an operand that comes from registers. */
  static SharedLayout layoutFor(LinearLayout home, OperandShape operand, DType dtype) {
    int k = operand.kAxis();
    int rows = operand.rowAxis();
    int bits = 8 * dtype.bytes();
    boolean isKFirst =
        bits == 8
            || bits == 16 && operand.rows() < 8
            || home.contiguous(k) >= home.contiguous(rows);
    return isKFirst
        ? swizzled(operand.shape(), dtype, k, rows, true)
        : swizzled(operand.shape(), dtype, rows, k, false);
  }

  /**
   * The layout in shared memory from which products read an operand without bank conflicts.
   *
   * <p>{@code ldmatrix} reads eight pieces of 16 bytes, one of each of eight rows; single loads
   * read 32 bytes of each of four rows. Pieces of rows that would lie in the same banks change
   * places.
   *
   * @param fast the axis along which elements are neighbours
   * @param slow the other axis of the matrix
   * @param isKFast whether the product sums along {@code fast}
   */
  public static SharedLayout swizzled(
      Shape shape, DType dtype, int fast, int slow, boolean isKFast) {
    int bytes = dtype.bytes();
    boolean isByMatrix = bytes <= 2 || bytes == 4 && isKFast;
    int piece = isByMatrix ? 16 : 32;
    return SharedLayout.rotated(shape, bytes, piece, fast, slow);
  }
}
