package dev.kiln.compiler.gpu.dot;

import dev.kiln.compiler.gpu.emit.Elements;
import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.SharedAddresses;
import dev.kiln.compiler.gpu.emit.SharedTile;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Register;
import dev.kiln.compiler.ptx.Operand.Vector;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The elements of an operand that a thread multiplies in one step along K. */
final class StepReads {
  private static final int WIDEST = 16;

  private final Emission emission;
  private final SharedTile tile;
  private final LinearLayout operand;
  private final int kAxis;
  private final int width;
  private final int widthMask;
  private final SharedAddresses addresses;
  private final Map<Integer, Operand> elements = new HashMap<>();
  private int offset;

  /**
   * @param accumulators of the product
   * @param rowAxis the axis that operand and result have in common
   * @param kAxis the operand's other axis
   */
  StepReads(Emission emission, SharedTile tile, LinearLayout accumulators, int rowAxis, int kAxis) {
    this.emission = emission;
    this.tile = tile;
    this.kAxis = kAxis;
    // The operand as the result's threads see it at the beginning of K.
    this.operand =
        accumulators.mapped(
            tile.shape(),
            vector -> {
              int index = accumulators.coordinate(rowAxis, vector) * stride(tile, rowAxis);
              return accumulators.shape().rank() == 2
                  ? index
                  : index | accumulators.coordinate(0, vector) * stride(tile, 0);
            });
    this.width =
        Math.min(
            Math.min(WIDEST / tile.dtype().bytes(), operand.contiguous(rowAxis)),
            tile.contiguous(rowAxis));
    this.widthMask = (width - 1) * stride(tile, rowAxis);
    this.addresses = SharedAddresses.of(emission, tile, operand);
  }

  private static int stride(SharedTile tile, int axis) {
    return tile.shape().rowMajorStrides()[axis];
  }

  /** What follows is about one step. */
  void step(int k) {
    elements.clear();
    offset = k * stride(tile, kAxis);
  }

  /** The element that goes into an accumulator. */
  Operand element(int register) {
    int index = operand.registerIndex(register);
    if (!elements.containsKey(index)) {
      load(index & ~widthMask);
    }
    return elements.get(index);
  }

  private void load(int first) {
    List<Register> results = emission.ptx().registers(Elements.held(tile.dtype()), width);
    emission
        .ptx()
        .add(
            "ld.shared" + (width == 1 ? "" : ".v" + width) + ".b" + 8 * tile.dtype().bytes(),
            List.of(width == 1 ? results.getFirst() : new Vector(List.copyOf(results))),
            null,
            List.of(),
            Effect.READ,
            tile.access(false),
            addresses.at(first ^ offset));
    int step = width == 1 ? 0 : widthMask / (width - 1);
    for (int i = 0; i < width; i++) {
      elements.put(first ^ i * step, results.get(i));
    }
  }
}
