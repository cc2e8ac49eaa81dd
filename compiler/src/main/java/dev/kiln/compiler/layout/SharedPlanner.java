package dev.kiln.compiler.layout;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Plans conversions through shared memory. Offsets are a linear map of row-major indices, in three
 * parts: neighbours of a vector, banks, and rows of 128 bytes. Two lanes conflict if they differ in
 * the row but not in the bank; so the directions along which only the row changes must not lie in
 * what the lanes of one access span, for stores or for loads. Such directions always exist: those
 * that neither spans, and sums of one that only stores span and one that only loads span ("Linear
 * Layouts", Zhou et al., 2025, section 5.4).
 */
final class SharedPlanner {
  private static final int MAX_VECTOR_BYTES = 16;
  private static final int ROW_BYTES = 128;

  private final LinearLayout from;
  private final LinearLayout to;
  private final int bits;
  private final int elementBytes;
  private final boolean matrixStores;

  /** Directions whose chunks come one after the other, and functions that are 1 on each. */
  private final List<Integer> chunkVectors = new ArrayList<>();

  private final List<Integer> chunkFunctions = new ArrayList<>();

  /** From registers of {@link #from} to those of the source with repeated ones. */
  private final LinearMap kept;

  private SharedPlanner(
      LinearLayout from, LinearLayout to, int elementBytes, boolean matrixStores) {
    this.kept = from.distinctRegisters();
    this.from = from.withoutRepeatedRegisters();
    this.to = to;
    this.bits = from.indexBits();
    this.elementBytes = elementBytes;
    this.matrixStores = matrixStores;
  }

  /**
   * The cheapest plan found.
   *
   * @param to without repeated registers
   * @param maxBytes of shared memory, kept where registers common to both allow it
   */
  static ConversionPlan.Shared plan(
      LinearLayout from, LinearLayout to, int elementBytes, long maxBytes, boolean matrixStores) {
    var planner = new SharedPlanner(from, to, elementBytes, matrixStores);
    planner.chooseChunks(maxBytes);
    return planner.plan();
  }

  private void chooseChunks(long maxBytes) {
    List<Integer> common =
        Span.intersection(from.registers(), to.registers()).basis().stream().sorted().toList();
    var threads = new ArrayList<Integer>();
    for (int[] vectors : List.of(from.lanes(), from.warps(), to.lanes(), to.warps())) {
      Arrays.stream(vectors).forEach(threads::add);
    }
    long bytes = (long) elementBytes << bits;
    for (int i = common.size() - 1; i >= 0 && bytes > maxBytes; i--) {
      if (new Span().addAll(threads).addAll(chunkVectors).add(common.get(i))) {
        chunkVectors.add(common.get(i));
        bytes /= 2;
      }
    }
    for (int vector : chunkVectors) {
      var zeros = new ArrayList<>(threads);
      chunkVectors.stream().filter(other -> other != vector).forEach(zeros::add);
      chunkFunctions.add(Span.functional(vector, zeros, bits));
    }
  }

  /** What is left of a vector in the first chunk. */
  private int inChunk(int vector) {
    int rest = vector;
    for (int i = 0; i < chunkVectors.size(); i++) {
      rest ^= Span.parity(vector & chunkFunctions.get(i)) ? chunkVectors.get(i) : 0;
    }
    return rest;
  }

  /** Registers, as combinations of the layout's bits, of elements of the first chunk. */
  private LinearMap firstChunk(LinearLayout layout) {
    int[] chunkOf = new int[layout.registers().length];
    for (int bit = 0; bit < chunkOf.length; bit++) {
      for (int i = 0; i < chunkFunctions.size(); i++) {
        chunkOf[bit] |= Span.parity(layout.registers()[bit] & chunkFunctions.get(i)) ? 1 << i : 0;
      }
    }
    return new LinearMap(new LinearMap(chunkOf).kernel());
  }

  private List<Integer> chunkRegisters(LinearLayout layout) {
    LinearMap solve = new LinearMap(layout.registers()).inverse(bits);
    var chunks = new LinearMap(chunkVectors.stream().mapToInt(Integer::intValue).toArray());
    List<Integer> registers = new ArrayList<>();
    for (int chunk = 0; chunk < 1 << chunkVectors.size(); chunk++) {
      registers.add(solve.apply(chunks.apply(chunk)));
    }
    return registers;
  }

  private ConversionPlan.Shared plan() {
    LinearMap storeRegisters = firstChunk(from);
    LinearMap loadRegisters = firstChunk(to);
    LinearLayout source =
        from.withRegisters(storeRegisters.then(new LinearMap(from.registers())).columns());
    LinearLayout target =
        to.withRegisters(loadRegisters.then(new LinearMap(to.registers())).columns());
    Candidate best = null;
    for (Candidate candidate : candidates(source, target)) {
      if (best != null && candidate.bound() >= best.cost()) {
        break;
      }
      candidate.place();
      if (candidate.isComplete() && (best == null || candidate.cost() < best.cost())) {
        best = candidate;
      }
    }
    return new ConversionPlan.Shared(
        1 << bits - chunkVectors.size(),
        renamed(best.store, storeRegisters.then(kept)),
        renamed(best.load, loadRegisters),
        chunkRegisters(from).stream().map(kept::apply).toList(),
        chunkRegisters(to),
        List.of());
  }

  /** All that may be possible, the most promising first. */
  private List<Candidate> candidates(LinearLayout source, LinearLayout target) {
    var candidates = new ArrayList<Candidate>();
    for (List<Integer> low : new LowDirections(source, target, elementBytes, bits).all()) {
      for (boolean matrixLoad : new boolean[] {true, false}) {
        for (boolean matrixStore : new boolean[] {true, false}) {
          var candidate = new Candidate(source, target, low, matrixStore, matrixLoad);
          if (candidate.isPossible()) {
            candidates.add(candidate);
          }
        }
      }
    }
    candidates.sort(Comparator.comparingInt(Candidate::bound));
    return candidates;
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

  /** A way to place the elements, and the accesses that it allows. */
  private final class Candidate {
    private final LinearLayout source;
    private final LinearLayout target;
    private final List<Integer> low;
    private final boolean matrixStore;
    private final boolean matrixLoad;
    private TileAccess store;
    private TileAccess load;

    Candidate(
        LinearLayout source,
        LinearLayout target,
        List<Integer> low,
        boolean matrixStore,
        boolean matrixLoad) {
      this.source = source;
      this.target = target;
      this.low = low;
      this.matrixStore = matrixStore;
      this.matrixLoad = matrixLoad;
    }

    boolean isPossible() {
      return (!matrixLoad || isMatrix(target))
          && (!matrixStore || matrixStores && isMatrix(source) && source.freeLanes() == 0);
    }

    /** Whether the low directions are those of a row of a matrix, transposed or not. */
    private boolean isMatrix(LinearLayout layout) {
      int[] lanes = layout.lanes();
      int size = low.size();
      return layout.registers().length > 0
          && elementBytes << size == MAX_VECTOR_BYTES
          && size >= 2
          && (isTransposed(layout)
              || lanes[0] == low.get(size - 2) && lanes[1] == low.get(size - 1));
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

    void place() {
      LinearMap offsets = offsets();
      store = access(source, offsets, matrixStore);
      load = access(target, offsets, matrixLoad);
    }

    boolean isComplete() {
      return store != null && load != null;
    }

    int cost() {
      return store.cost() + load.cost();
    }

    private TileAccess access(LinearLayout layout, LinearMap offsets, boolean matrix) {
      if (!matrix) {
        return TileAccess.vectors(layout, offsets, elementBytes, MAX_VECTOR_BYTES);
      }
      Optional<TileAccess> straight = TileAccess.matrices(layout, offsets, elementBytes, false);
      return straight
          .or(() -> TileAccess.matrices(layout, offsets, elementBytes, true))
          .orElse(null);
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
      int chunkBits = bits - chunkVectors.size();
      List<Integer> rows = rows(Math.max(0, chunkBits - rowBits));
      List<Integer> functions = lowFunctions(rows);
      Span basis = new Span().addAll(low).addAll(rows).addAll(chunkVectors);
      var banks = new ArrayList<Integer>();
      for (int vector : candidatesForBanks()) {
        int bank = inChunk(vector);
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
      ordered.addAll(chunkVectors);
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
        int vector = inChunk(1 << bit);
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
     * Sums of one direction of stores and one of loads. A direction inside of a vector goes with
     * one that registers of the same side reach: then the vectors' elements change places by
     * register, not by thread.
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
        others.addAll(chunkVectors);
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
}
