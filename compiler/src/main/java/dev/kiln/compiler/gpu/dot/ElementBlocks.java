package dev.kiln.compiler.gpu.dot;

import dev.kiln.compiler.gpu.emit.Elements;
import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.Packing;
import dev.kiln.compiler.gpu.emit.SharedAddresses;
import dev.kiln.compiler.gpu.emit.SharedTile;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Register;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.ArrayList;
import java.util.List;

/**
 * An operand in shared memory, read by single loads where {@code ldmatrix} cannot: numbers of 32
 * and 64 bits whose neighbours do not lie along K, and bytes, which are put together.
 */
final class ElementBlocks implements OperandBlocks {
  private final Emission emission;
  private final SharedTile tile;
  private final OperandShape operand;
  private final SharedAddresses addresses;

  /**
   * @param layout of the operand as the instruction wants it
   */
  ElementBlocks(Emission emission, SharedTile tile, OperandShape operand, LinearLayout layout) {
    this.emission = emission;
    this.tile = tile;
    this.operand = operand;
    this.addresses = SharedAddresses.of(emission, tile, layout);
  }

  @Override
  public int address(int first) {
    return addresses.flipped(first);
  }

  @Override
  public List<Operand> block(int first, int second) {
    if (operand.isWhole()) {
      return List.of(word(first), first == second ? word(first) : word(second));
    }
    int half = operand.k(operand.half());
    Operand low = word(first);
    Operand high = word(first ^ half);
    return first == second
        ? List.of(low, low, high, high)
        : List.of(low, word(second), high, word(second ^ half));
  }

  private Operand word(int index) {
    int width = operand.instruction().kWidth();
    if (width > 1 && tile.contiguous(operand.kAxis()) >= width) {
      return load("b32", RegisterClass.B32, index);
    }
    int bits = operand.instruction().bits();
    if (width == 1) {
      return load("b" + bits, Elements.held(tile.dtype()), index);
    }
    var parts = new ArrayList<Operand>();
    for (int i = 0; i < width; i++) {
      parts.add(
          bits == 8
              ? load("u8", RegisterClass.B32, index ^ operand.k(i))
              : load("b16", RegisterClass.B16, index ^ operand.k(i)));
    }
    return Packing.words(emission.ptx(), bits, parts).getFirst();
  }

  private Operand load(String type, RegisterClass held, int index) {
    Register result = emission.ptx().register(held);
    emission
        .ptx()
        .add(
            "ld.shared." + type,
            List.of(result),
            null,
            List.of(),
            Effect.READ,
            tile.access(false),
            addresses.at(index));
    return result;
  }
}
