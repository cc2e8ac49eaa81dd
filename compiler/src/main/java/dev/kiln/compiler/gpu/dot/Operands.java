package dev.kiln.compiler.gpu.dot;

import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.Fragment;
import dev.kiln.compiler.gpu.emit.SharedStores;
import dev.kiln.compiler.gpu.emit.SharedTile;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.layout.SharedLayout;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.SharedSlot;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/** Operands of products on their way to where instructions read them. */
public final class Operands {
  /** Rows of 128 bytes pass through all banks. */
  private static final int LINE = 128;

  private Operands() {}

  /** Converts each element to a type that holds all values of its own. */
  static Fragment widened(Emission emission, Fragment fragment, DType from, DType to) {
    return widened(emission, fragment, from, to, CastKind.FPEXT);
  }

  static Fragment widened(
      Emission emission, Fragment fragment, DType from, DType to, CastKind kind) {
    if (from == to) {
      return fragment;
    }
    var operand = new Value(Type.scalar(from));
    var result = new Value(Type.scalar(to));
    var cast = new ElementwiseOp.Cast(emission.ptx().location(), result, kind, operand);
    return mapped(fragment, element -> emission.element(cast, List.of(element)));
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

  /**
   * Stores an operand in shared memory, swizzled for the reads of products.
   *
   * @param kAxis along which products are summed
   */
  static SharedTile stored(
      Emission emission, Fragment fragment, DType dtype, int kAxis, String purpose) {
    LinearLayout layout = fragment.layout();
    Shape shape = layout.shape();
    int rowAxis = 2 * shape.rank() - 3 - kAxis;
    int bits = 8 * dtype.bytes();
    boolean isKFirst =
        bits == 8
            || bits == 16 && shape.dim(rowAxis) < 8
            || layout.contiguous(kAxis) >= layout.contiguous(rowAxis);
    SharedLayout shared =
        isKFirst
            ? swizzled(shape, dtype, kAxis, rowAxis, true)
            : swizzled(shape, dtype, rowAxis, kAxis, false);
    SharedSlot slot = emission.shared((long) shape.size() * dtype.bytes(), LINE, purpose);
    var tile = new SharedTile(slot, shared, dtype);
    SharedStores.store(emission, fragment, tile);
    return tile;
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
    int row = Math.max(piece, shape.dim(fast) * bytes);
    int perPhase = Math.max(1, LINE / row);
    int phases = Math.max(1, Math.min(LINE, row) / piece);
    int vec = Math.min(piece / bytes, shape.dim(fast));
    int[] order = shape.rank() == 3 ? new int[] {fast, slow, 0} : new int[] {fast, slow};
    return SharedLayout.swizzled(shape, vec, perPhase, phases, order);
  }
}
