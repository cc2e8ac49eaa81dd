package dev.kiln.compiler.loop;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A nest in the making. First all its loads and computations run, then, in the order in which they
 * joined, its stores, reductions and atomics.
 */
final class Group implements Region.Item {
  private final Location loc;
  private final Region region;
  private final int[] dims;
  private final boolean reshape;
  private final List<LaneStmt> computations = new ArrayList<>();
  private final List<LaneStmt> effects = new ArrayList<>();
  private final Map<Object, Value> lanes = new HashMap<>();
  private final List<Access> accesses = new ArrayList<>();
  private int index = -1;
  private boolean isClosed;

  /**
   * @param reshape whether axes may be exchanged and merged in the end
   */
  Group(Location loc, Region region, int[] dims, boolean reshape) {
    this.loc = loc;
    this.region = region;
    this.dims = dims;
    this.reshape = reshape;
  }

  Region region() {
    return region;
  }

  int[] dims() {
    return dims;
  }

  /** Its place among the region's items. */
  int index() {
    return index;
  }

  /** Whether nothing more may join. */
  boolean isClosed() {
    return isClosed;
  }

  void close() {
    isClosed = true;
  }

  int size() {
    return computations.size() + effects.size();
  }

  /** The lane value for a key: see {@link Pull}. */
  Optional<Value> lane(Object key) {
    return Optional.ofNullable(lanes.get(key));
  }

  @Override
  public List<Access> accesses() {
    return accesses;
  }

  void place(int at) {
    index = at;
  }

  void add(
      List<LaneStmt> newComputations,
      List<LaneStmt> newEffects,
      Map<Object, Value> newLanes,
      List<Access> newAccesses) {
    computations.addAll(newComputations);
    effects.addAll(newEffects);
    lanes.putAll(newLanes);
    accesses.addAll(newAccesses);
  }

  /** Keeps a lane value in scratch memory after all. */
  void keep(LaneStmt.Store store) {
    effects.add(store);
  }

  @Override
  public Optional<LoopStmt> finish() {
    return NestShape.finish(loc, dims, LaneCode.withoutDead(computations, effects), reshape);
  }
}
