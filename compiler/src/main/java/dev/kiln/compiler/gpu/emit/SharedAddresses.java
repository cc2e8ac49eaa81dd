package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.layout.LinearMap;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Address;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.Arrays;

/**
 * Addresses of a tile in shared memory for threads of which each begins at its own element. What
 * the thread gives is computed once. Of the element's distance, bits that the thread's part never
 * has are an immediate offset; the others, those of a swizzle, are flipped in the thread's part,
 * which gives a few different registers that do not depend on the stage of a pipeline.
 */
public final class SharedAddresses {
  private final Emission emission;
  private final SharedTile tile;
  private final LinearMap threadBytes;
  private final int threadMask;

  /**
   * @param threads for each bit of the thread's number in the block, what it adds (exclusive or) to
   *     the row-major index of the element
   */
  public SharedAddresses(Emission emission, SharedTile tile, int... threads) {
    this(emission, tile, new LinearMap(Arrays.stream(threads).map(tile::bytes).toArray()));
  }

  private SharedAddresses(Emission emission, SharedTile tile, LinearMap threadBytes) {
    this.emission = emission;
    this.tile = tile;
    this.threadBytes = threadBytes;
    this.threadMask = Arrays.stream(threadBytes.columns()).reduce(0, (a, b) -> a | b);
  }

  /** Each thread begins at the element of its register 0 in a layout. */
  public static SharedAddresses of(Emission emission, SharedTile tile, LinearLayout layout) {
    return new SharedAddresses(emission, tile, SharedTile.threads(layout));
  }

  /** Threads begin at offsets, in elements, that bits of their number give (exclusive or). */
  static SharedAddresses ofOffsets(Emission emission, SharedTile tile, LinearMap offsets) {
    int bytes = tile.dtype().bytes();
    int[] columns = Arrays.stream(offsets.columns()).map(offset -> offset * bytes).toArray();
    return new SharedAddresses(emission, tile, new LinearMap(columns));
  }

  /** Lanes as given, warps as in a layout. */
  public static SharedAddresses of(
      Emission emission, SharedTile tile, int[] lanes, LinearLayout layout) {
    return of(
        emission,
        tile,
        new LinearLayout(
            layout.shape(), layout.registers(), lanes, layout.warps(), layout.blocks()));
  }

  /** What is flipped in the thread's part of an address; equal ones share a register. */
  public int flipped(int index) {
    return tile.bytes(index) & threadMask;
  }

  /** The address of the element that is so far (exclusive or) from the thread's own. */
  public Address at(int index) {
    int bytes = tile.bytes(index);
    int flipped = flipped(index);
    Operand base;
    if (flipped < tile.slot().alignment()) {
      // The tile's start has none of these bits: one register serves for the tile and its stage.
      base = flip(add(add(emission.sharedBase(), ofThread()), tile.offset()), flipped);
    } else {
      base = add(add(emission.sharedBase(), flip(ofThread(), flipped)), tile.offset());
    }
    return new Address(base, bytes & ~threadMask, tile.slot());
  }

  private Operand add(Operand a, Operand b) {
    return b == null ? a : emission.ptx().emit("add.s32", RegisterClass.B32, a, b);
  }

  private Operand flip(Operand place, int bits) {
    return bits == 0
        ? place
        : emission.ptx().emit("xor.b32", RegisterClass.B32, place, Immediate.b32(bits));
  }

  private Operand ofThread() {
    return ThreadMap.emit(emission.ptx(), emission.thread(), threadBytes);
  }
}
