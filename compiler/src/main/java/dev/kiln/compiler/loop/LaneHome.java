package dev.kiln.compiler.loop;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.ir.Value;
import java.util.OptionalInt;

/** A group that computes every element of a tile once, and the buffer that keeps it if wanted. */
final class LaneHome {
  private final Value value;
  private final Group group;
  private final IndexMap map;
  private final Value lane;
  private OptionalInt buffer = OptionalInt.empty();

  LaneHome(Value value, Group group, IndexMap map, Value lane) {
    this.value = value;
    this.group = group;
    this.map = map;
    this.lane = lane;
  }

  Group group() {
    return group;
  }

  /** The buffer to keep the tile in. */
  int buffer(Scratch scratch) {
    if (buffer.isEmpty()) {
      buffer = OptionalInt.of(scratch.allocate(value.dtype(), value.shape(), Location.UNKNOWN));
    }
    return buffer.getAsInt();
  }

  /** Makes the group store the tile. */
  void keep(Scratch scratch) {
    int id = buffer(scratch);
    TileRef target = Refs.scratch(value.dtype(), id, value.shape(), map);
    group.keep(new LaneStmt.Store(Location.UNKNOWN, target, lane, LaneStmt.Mask.ALL));
    group.accesses().add(Access.write(new Access.Buffer(id, target, true)));
  }
}
