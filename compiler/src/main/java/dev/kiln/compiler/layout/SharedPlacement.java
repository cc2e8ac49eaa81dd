package dev.kiln.compiler.layout;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A way to place the elements of a conversion in shared memory, and the accesses that it allows.
 * {@link SharedPlanner} says what makes one free of conflicts.
 */
final class SharedPlacement {
  private static final int MAX_VECTOR_BYTES = 16;
  private static final int ROW_BYTES = 128;

  private final LinearLayout source;
  private final LinearLayout target;
  private final int elementBytes;
  private final int bits;
  private final Chunks chunks;
  private final List<Integer> low;
  private final boolean matrixStore;
  private final boolean matrixLoad;
  private TileAccess store;
  private TileAccess load;

  /**
   * @param source what the first chunk is stored from
   * @param target what it is loaded to
   * @param low directions that lie side by side, up to 16 bytes
   * @param matrixStore whether {@code stmatrix} stores
   * @param matrixLoad whether {@code ldmatrix} loads
   */
  SharedPlacement(
      LinearLayout source,
      LinearLayout target,
      int elementBytes,
      Chunks chunks,
      List<Integer> low,
      boolean matrixStore,
      boolean matrixLoad) {
    this.source = source;
    this.target = target;
    this.elementBytes = elementBytes;
    this.bits = source.indexBits();
    this.chunks = chunks;
    this.low = low;
    this.matrixStore = matrixStore;
    this.matrixLoad = matrixLoad;
  }

  /** Whether instructions for matrices fit where they are wanted. */
  boolean isPossible() {
    return (!matrixLoad || isMatrix(target))
        && (!matrixStore || isMatrix(source) && source.freeLanes() == 0);
  }

  /** Whether the low directions are those of a row of a matrix, transposed or not. */
  private boolean isMatrix(LinearLayout layout) {
    int[] lanes = layout.lanes();
    int size = low.size();
    return layout.registers().length > 0
        && elementBytes << size == MAX_VECTOR_BYTES
        && size >= 2
        && (isTransposed(layout) || lanes[0] == low.get(size - 2) && lanes[1] == low.get(size - 1));
  }

  private boolean isTransposed(LinearLayout layout) {
    int[] lanes = layout.lanes();
    return elementBytes == 2
        && low.equals(List.of(lanes[2], lanes[3], lanes[4]))
        && layout.registers().length > 0;
  }

  /** The cost without conflicts. */
  int bound() {
    return bound(source, matrixStore) + bound(target, matrixLoad);
  }

  private int bound(LinearLayout layout, boolean matrix) {
    int bits = matrix ? low.size() : Math.min(low.size(), vectorBits(layout));
    int bytes = elementBytes << bits;
    int elements = layout.registerCount();
    return Math.max(1, elements >> bits)
        + Math.max(1, elements * elementBytes / 4) * (bytes < 4 ? 4 / bytes : 1);
  }

  /** Finds offsets, and the accesses. */
  void place() {
    LinearMap offsets = offsets();
    store = access(source, offsets, matrixStore);
    load = access(target, offsets, matrixLoad);
  }

  /** How threads store; {@code null} if they cannot. */
  TileAccess store() {
    return store;
  }

  /** How threads load; {@code null} if they cannot. */
  TileAccess load() {
    return load;
  }

  boolean isComplete() {
    return store != null && load != null;
  }

  /** Instructions and wavefronts of all accesses. */
  int cost() {
    return store.cost() + load.cost();
  }

  private TileAccess access(LinearLayout layout, LinearMap offsets, boolean matrix) {
    if (!matrix) {
      return TileAccess.vectors(layout, offsets, elementBytes, MAX_VECTOR_BYTES);
    }
    Optional<TileAccess> straight = TileAccess.matrices(layout, offsets, elementBytes, false);
    return straight.or(() -> TileAccess.matrices(layout, offsets, elementBytes, true)).orElse(null);
  }

  /** How many of the low directions registers of a layout reach: log2 of a vector's width. */
  private int vectorBits(LinearLayout layout) {
    Span registers = Span.of(layout.registers());
    int count = 0;
    while (count < low.size() && registers.contains(low.get(count))) {
      count++;
    }
    return count;
  }

  /** What the lanes that access at once span, with the vectors themselves. */
  private Span access(LinearLayout layout, boolean matrix) {
    int wordBits = Math.max(0, 2 - Integer.numberOfTrailingZeros(elementBytes));
    int vector = vectorBits(layout);
    Span span = new Span();
    int[] lanes = layout.lanes();
    if (matrix) {
      span.addAll(low);
      if (isTransposed(layout)) {
        span.addAll(layout.registers()[0], lanes[0], lanes[1]);
      } else {
        span.addAll(lanes[2], lanes[3], lanes[4]);
      }
      return span;
    }
    span.addAll(low.subList(0, Math.min(low.size(), Math.max(vector, wordBits))));
    int bytes = elementBytes << vector;
    int phaseLanes = bytes <= 4 ? 5 : bytes == 8 ? 4 : 3;
    return span.addAll(Arrays.copyOf(lanes, phaseLanes));
  }

  private LinearMap offsets() {
    int rowBits = Integer.numberOfTrailingZeros(ROW_BYTES / elementBytes);
    int chunkBits = bits - chunks.vectors().size();
    List<Integer> rows = rows(Math.max(0, chunkBits - rowBits));
    List<Integer> functions = lowFunctions(rows);
    Span basis = new Span().addAll(low).addAll(rows).addAll(chunks.vectors());
    var banks = new ArrayList<Integer>();
    for (int vector : candidatesForBanks()) {
      int bank = chunks.first(vector);
      for (int i = 0; i < low.size(); i++) {
        bank ^= Span.parity(bank & functions.get(i)) ? low.get(i) : 0;
      }
      if (basis.add(bank)) {
        banks.add(bank);
      }
    }
    var ordered = new ArrayList<>(low);
    ordered.addAll(banks);
    ordered.addAll(rows);
    ordered.addAll(chunks.vectors());
    int mask = (1 << chunkBits) - 1;
    LinearMap all =
        new LinearMap(ordered.stream().mapToInt(Integer::intValue).toArray()).inverse(bits);
    return new LinearMap(Arrays.stream(all.columns()).map(offset -> offset & mask).toArray());
  }

  private List<Integer> candidatesForBanks() {
    var all = new ArrayList<Integer>();
    for (int[] vectors : List.of(target.lanes(), source.lanes(), target.warps())) {
      Arrays.stream(vectors).forEach(all::add);
    }
    for (int bit = 0; bit < bits; bit++) {
      all.add(1 << bit);
    }
    return all;
  }

  /** Directions along which only the row of banks changes. */
  private List<Integer> rows(int count) {
    Span stores = access(source, matrixStore);
    Span loads = access(target, matrixLoad);
    Span both = Span.intersection(stores.vectors(), loads.vectors());
    Span together = new Span().addAll(both.basis());
    var onlyStores = independent(stores, together);
    together = new Span().addAll(both.basis());
    var onlyLoads = independent(loads, together);
    Span all = new Span().addAll(stores.basis()).addAll(loads.basis()).addAll(low);
    var rows = new ArrayList<Integer>();
    List<Integer> pairs = pairs(onlyStores, onlyLoads);
    for (int bit = bits - 1; bit >= 0; bit--) {
      int vector = chunks.first(1 << bit);
      if (all.add(vector)) {
        rows.add(vector);
      }
    }
    // Plain directions make the simpler addresses; sums only where these do not suffice.
    rows.addAll(pairs);
    return new ArrayList<>(rows.subList(0, Math.min(count, rows.size())));
  }

  private static List<Integer> independent(Span of, Span beyond) {
    var found = new ArrayList<Integer>();
    for (int vector : of.basis()) {
      if (beyond.add(vector)) {
        found.add(vector);
      }
    }
    return found;
  }

  /**
   * Sums of one direction of stores and one of loads. A direction inside of a vector goes with one
   * that registers of the same side reach: then the vectors' elements change places by register,
   * not by thread.
   */
  private List<Integer> pairs(List<Integer> stores, List<Integer> loads) {
    var freeLoads = new ArrayList<>(loads);
    var freeStores = new ArrayList<>(stores);
    var pairs = new ArrayList<Integer>();
    match(freeStores, freeLoads, source, pairs);
    match(freeLoads, freeStores, target, pairs);
    for (int i = 0; i < Math.min(freeStores.size(), freeLoads.size()); i++) {
      pairs.add(freeStores.get(i) ^ freeLoads.get(i));
    }
    return pairs;
  }

  private void match(
      List<Integer> ours, List<Integer> theirs, LinearLayout our, List<Integer> pairs) {
    for (int vector : List.copyOf(ours)) {
      if (!low.contains(vector)) {
        continue;
      }
      Span threads = Span.of(our.lanes()).addAll(our.warps()).addAll(low);
      for (int other : List.copyOf(theirs)) {
        if (!threads.contains(other) && !low.contains(other)) {
          ours.remove((Integer) vector);
          theirs.remove((Integer) other);
          pairs.add(vector ^ other);
          break;
        }
      }
    }
  }

  /**
   * For each low direction the function that gives its bit of the offset: zero on rows and on the
   * threads of the sides whose vectors have this direction, if possible.
   */
  private List<Integer> lowFunctions(List<Integer> rows) {
    int storeBits = matrixStore ? low.size() : vectorBits(source);
    int loadBits = matrixLoad ? low.size() : vectorBits(target);
    var functions = new ArrayList<Integer>();
    for (int i = 0; i < low.size(); i++) {
      var others = new ArrayList<>(rows);
      others.addAll(chunks.vectors());
      for (int j = 0; j < low.size(); j++) {
        if (j != i) {
          others.add(low.get(j));
        }
      }
      var zeros = new ArrayList<>(others);
      if (i < storeBits) {
        addThreads(source, low.get(i), zeros);
      }
      if (i < loadBits) {
        addThreads(target, low.get(i), zeros);
      }
      int function = Span.functional(low.get(i), zeros, bits);
      functions.add(function != 0 ? function : Span.functional(low.get(i), others, bits));
    }
    return functions;
  }

  private void addThreads(LinearLayout layout, int except, List<Integer> zeros) {
    for (int[] vectors : List.of(layout.lanes(), layout.warps())) {
      Arrays.stream(vectors).filter(vector -> vector != except).forEach(zeros::add);
    }
  }
}
