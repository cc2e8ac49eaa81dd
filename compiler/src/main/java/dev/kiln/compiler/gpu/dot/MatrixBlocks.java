package dev.kiln.compiler.gpu.dot;

import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.SharedAddresses;
import dev.kiln.compiler.gpu.emit.SharedTile;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Register;
import dev.kiln.compiler.ptx.Operand.Vector;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.List;

/**
 * An operand in shared memory, read by {@code ldmatrix} (PTX ISA, "Warp-level matrix load"): each
 * of four groups of eight lanes names the rows of 16 bytes of one matrix; lane {@code l} gets the
 * {@code l % 4}th word of row {@code l / 4} of each. Where K is not the axis along which elements
 * are neighbours, the rows lie along K, and matrices of 16-bit numbers are transposed as they come.
 */
final class MatrixBlocks implements OperandBlocks {
  /** Bytes of a matrix' row. */
  private static final int ROW = 16;

  private final Emission emission;
  private final SharedTile tile;
  private final boolean isTransposed;
  private final boolean hasPairs;
  private final SharedAddresses addresses;

  private MatrixBlocks(
      Emission emission,
      SharedTile tile,
      OperandShape operand,
      LinearLayout layout,
      int pair,
      boolean isTransposed) {
    this.emission = emission;
    this.tile = tile;
    this.isTransposed = isTransposed;
    this.hasPairs = pair != 0;
    int half = operand.k(operand.half());
    int[] lanes =
        isTransposed
            ? new int[] {operand.k(1), operand.k(2), operand.k(4), pair, half}
            : new int[] {operand.row(1), operand.row(2), operand.row(4), pair, half};
    if (!hasPairs) {
      lanes[3] = half;
      lanes[4] = 0;
    }
    this.addresses = SharedAddresses.of(emission, tile, lanes, layout);
  }

  /**
   * Whether a tile can be read so.
   *
   * @param operand how it lies to the product
   */
  static boolean canRead(SharedTile tile, OperandShape operand) {
    return isAlongK(tile, operand) || isAlongRows(tile, operand);
  }

  private static boolean isAlongK(SharedTile tile, OperandShape operand) {
    return tile.dtype().bytes() <= 4
        && tile.contiguous(operand.kAxis()) * tile.dtype().bytes() >= ROW;
  }

  private static boolean isAlongRows(SharedTile tile, OperandShape operand) {
    return tile.dtype().bytes() == 2
        && tile.contiguous(operand.rowAxis()) * tile.dtype().bytes() >= ROW;
  }

  /**
   * Reads a tile.
   *
   * @param layout of the operand as the instruction wants it, for the warps
   * @param pair distance of the two groups of rows of a block, as a row-major index; 0 if blocks
   *     have but one
   */
  static MatrixBlocks of(
      Emission emission, SharedTile tile, OperandShape operand, LinearLayout layout, int pair) {
    return new MatrixBlocks(emission, tile, operand, layout, pair, !isAlongK(tile, operand));
  }

  @Override
  public int address(int first) {
    return addresses.flipped(first);
  }

  @Override
  public List<Operand> block(int first, int second) {
    List<Register> words = emission.ptx().registers(RegisterClass.B32, hasPairs ? 4 : 2);
    emission
        .ptx()
        .add(
            "ldmatrix.sync.aligned.m8n8.x"
                + words.size()
                + (isTransposed ? ".trans" : "")
                + ".shared.b16",
            List.of(new Vector(List.copyOf(words))),
            null,
            List.of(),
            Effect.READ,
            tile.access(false),
            addresses.at(first));
    return hasPairs
        ? List.copyOf(words)
        : List.of(words.get(0), words.get(0), words.get(1), words.get(1));
  }
}
