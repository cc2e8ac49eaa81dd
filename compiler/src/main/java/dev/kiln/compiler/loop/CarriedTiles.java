package dev.kiln.compiler.loop;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The buffers of tiles that loops carry and branches merge, and how the values that a block yields
 * get there.
 */
final class CarriedTiles {
  private final KernelLowering kernel;
  private final Map<Value, Slot> homes = new HashMap<>();

  CarriedTiles(KernelLowering kernel) {
    this.kernel = kernel;
  }

  /**
   * The buffer of a carried tile.
   *
   * @param previous the tile that lies there until it is overwritten
   */
  record Slot(int buffer, Optional<Value> previous) {}

  /** A value that a block yields, and where it has to be. */
  record Write(Value value, int buffer) {}

  /** Notes that a value will be wanted in the slot. */
  void prefer(Value value, Slot slot) {
    homes.putIfAbsent(value, slot);
  }

  /** The slot in which a value will be wanted, if the operation may write there. */
  Optional<Slot> preferred(Value value, Op writer) {
    return Optional.ofNullable(homes.get(value))
        .filter(s -> kernel.options().inPlace())
        .filter(s -> s.previous().map(p -> !kernel.uses().isLiveAfter(p, writer)).orElse(true));
  }

  /** A buffer that starts with the tile: the tile's own one if nobody wants it afterwards. */
  int start(Location loc, Region region, Value init, ControlOp loop, Set<Integer> taken) {
    Optional<KernelLowering.Located> at = kernel.located(init);
    if (at.isPresent()
        && kernel.options().inPlace()
        && at.get().region() == region
        && isOwner(init)
        && !kernel.uses().isLiveAfter(init, loop)
        && !kernel.uses().isUsedInside(init, loop)
        && taken.add(at.get().buffer())) {
      return at.get().buffer();
    }
    int buffer = kernel.scratch().allocate(init.dtype(), init.shape(), loc);
    taken.add(buffer);
    kernel.overwrite(loc, region, init, buffer, true).orElseThrow();
    return buffer;
  }

  /** Whether the tile is no other view of a tile that may be wanted under another name. */
  boolean isOwner(Value tile) {
    return !(kernel.uses().definition(tile).orElse(null) instanceof ShapeOp);
  }

  /** Brings the values into their buffers, as if all at once. */
  void write(Location loc, Region region, List<Write> writes) {
    List<Write> pending = new ArrayList<>();
    for (Write write : writes) {
      boolean isThere =
          kernel.located(write.value()).map(at -> at.buffer() == write.buffer()).orElse(false);
      if (!isThere) {
        pending.add(write);
      }
    }
    while (!pending.isEmpty()) {
      Write next = pending.stream().filter(w -> !isRead(w, pending)).findFirst().orElse(null);
      if (next == null) {
        copy(pending.getFirst().value(), region, loc);
        continue;
      }
      pending.remove(next);
      if (kernel.overwrite(loc, region, next.value(), next.buffer(), false).isEmpty()) {
        copy(next.value(), region, loc);
        kernel.overwrite(loc, region, next.value(), next.buffer(), false).orElseThrow();
      }
    }
  }

  /** Whether another value that is still to be written is computed from the buffer's contents. */
  private boolean isRead(Write write, List<Write> pending) {
    return pending.stream()
        .anyMatch(w -> w != write && reads(w.value(), write.buffer(), new HashSet<>()));
  }

  private boolean reads(Value value, int buffer, Set<Value> seen) {
    if (!value.type().isTile() || !seen.add(value)) {
      return false;
    }
    Optional<KernelLowering.Located> at = kernel.located(value);
    if (at.isPresent()) {
      return at.get().buffer() == buffer;
    }
    return kernel.uses().definition(value).stream()
        .flatMap(op -> op.operands().stream())
        .anyMatch(v -> reads(v, buffer, seen));
  }

  /** Moves a tile to a buffer of its own. */
  private void copy(Value value, Region region, Location loc) {
    int buffer = kernel.scratch().allocate(value.dtype(), value.shape(), loc);
    Group group = kernel.overwrite(loc, region, value, buffer, true).orElseThrow();
    kernel.locate(value, buffer, region, group.index() + 1);
  }
}
