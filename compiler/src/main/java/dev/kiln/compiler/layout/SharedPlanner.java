package dev.kiln.compiler.layout;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Plans conversions through shared memory. Offsets are a linear map of row-major indices, in three
 * parts: neighbours of a vector, banks, and rows of 128 bytes. Two lanes conflict if they differ in
 * the row but not in the bank; so the directions along which only the row changes must not lie in
 * what the lanes of one access span, for stores or for loads. Such directions always exist: those
 * that neither spans, and sums of one that only stores span and one that only loads span ("Linear
 * Layouts", Zhou et al., 2025, section 5.4).
 */
final class SharedPlanner {
  private final LinearLayout from;
  private final LinearLayout to;
  private final int elementBytes;
  private final boolean matrixStores;
  private final Chunks chunks;

  /** From registers of {@link #from} to those of the source with repeated ones. */
  private final LinearMap kept;

  private SharedPlanner(
      LinearLayout from, LinearLayout to, int elementBytes, long maxBytes, boolean matrixStores) {
    this.kept = from.distinctRegisters();
    this.from = from.withoutRepeatedRegisters();
    this.to = to;
    this.elementBytes = elementBytes;
    this.matrixStores = matrixStores;
    this.chunks = Chunks.of(this.from, to, elementBytes, maxBytes);
  }

  /**
   * The cheapest plan found.
   *
   * @param to without repeated registers
   * @param maxBytes of shared memory, kept where registers common to both allow it
   * @param matrixStores whether the target has {@code stmatrix}
   */
  static ConversionPlan.Shared plan(
      LinearLayout from, LinearLayout to, int elementBytes, long maxBytes, boolean matrixStores) {
    return new SharedPlanner(from, to, elementBytes, maxBytes, matrixStores).plan();
  }

  private ConversionPlan.Shared plan() {
    LinearMap storeRegisters = chunks.firstRegisters(from);
    LinearMap loadRegisters = chunks.firstRegisters(to);
    LinearLayout source =
        from.withRegisters(storeRegisters.then(new LinearMap(from.registers())).columns());
    LinearLayout target =
        to.withRegisters(loadRegisters.then(new LinearMap(to.registers())).columns());
    SharedPlacement best = cheapest(placements(source, target));
    return new ConversionPlan.Shared(
        1 << from.indexBits() - chunks.vectors().size(),
        renamed(best.store(), storeRegisters.then(kept)),
        renamed(best.load(), loadRegisters),
        chunks.registers(from).stream().map(kept::apply).toList(),
        chunks.registers(to),
        List.of());
  }

  private static SharedPlacement cheapest(List<SharedPlacement> placements) {
    SharedPlacement best = null;
    for (SharedPlacement placement : placements) {
      if (best != null && placement.bound() >= best.cost()) {
        break;
      }
      placement.place();
      if (placement.isComplete() && (best == null || placement.cost() < best.cost())) {
        best = placement;
      }
    }
    return best;
  }

  /** All that may be possible, the most promising first. */
  private List<SharedPlacement> placements(LinearLayout source, LinearLayout target) {
    var placements = new ArrayList<SharedPlacement>();
    int bits = source.indexBits();
    for (List<Integer> low : new LowDirections(source, target, elementBytes, bits).all()) {
      for (boolean matrixLoad : new boolean[] {true, false}) {
        for (boolean matrixStore : new boolean[] {true, false}) {
          if (matrixStore && !matrixStores) {
            continue;
          }
          var placement =
              new SharedPlacement(
                  source, target, elementBytes, chunks, low, matrixStore, matrixLoad);
          if (placement.isPossible()) {
            placements.add(placement);
          }
        }
      }
    }
    placements.sort(Comparator.comparingInt(SharedPlacement::bound));
    return placements;
  }

  private static TileAccess renamed(TileAccess access, LinearMap registers) {
    return new TileAccess(
        access.kind(),
        access.width(),
        access.threadOffsets(),
        access.conflicts(),
        access.phases(),
        access.groups().stream()
            .map(
                group ->
                    new TileAccess.Group(
                        group.offset(), group.registers().stream().map(registers::apply).toList()))
            .toList());
  }
}
