package dev.kiln.compiler.loop;

import dev.kiln.compiler.ir.Value;
import java.util.List;

/** Tiles that a statement other than a nest reads from scratch memory. */
final class WholeTiles {
  private WholeTiles() {}

  /** Keeps the tile and notes that it is read. */
  static TileRef read(KernelLowering kernel, Value tile, List<Access> accesses) {
    kernel.materialise(tile);
    int buffer = kernel.located(tile).orElseThrow().buffer();
    TileRef ref = whole(tile, buffer);
    accesses.add(Access.read(new Access.Buffer(buffer, ref, false)));
    return ref;
  }

  /** The reference to a tile that fills a buffer. */
  static TileRef whole(Value tile, int buffer) {
    return TileRef.scratch(tile.dtype(), Scratch.address(buffer), tile.shape());
  }
}
