package dev.kiln.compiler.layout;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * How the threads of a block reach the elements of a tile in shared memory, one instruction after
 * the other. A thread's offset, in elements, is that of the group exclusive-or what {@code
 * threadOffsets} gives for it (lane bits lowest, then warp bits).
 *
 * @param width elements that a thread holds for one instruction
 * @param conflicts how many accesses hit the busiest bank where one would do: 1 without conflicts
 * @param phases accesses of all banks that an instruction takes at least
 * @param groups one for each instruction
 */
public record TileAccess(
    Kind kind, int width, LinearMap threadOffsets, int conflicts, int phases, List<Group> groups) {
  public TileAccess {
    groups = List.copyOf(groups);
  }

  /** The form of the instructions. */
  public enum Kind {
    /** Each thread reads or writes neighbours. */
    VECTOR,
    /**
     * {@code ldmatrix} and {@code stmatrix}: words of 32 bits; lane {@code l} gives the address of
     * row {@code l % 8} of matrix {@code l / 8}.
     */
    MATRIX,
    /** The same with {@code .trans}, for elements of 16 bits. */
    TRANSPOSED_MATRIX
  }

  /**
   * One instruction.
   *
   * @param offset in elements, what the registers give
   * @param registers of a vector in the order of the elements; of matrices word by word, in each
   *     the lowest element first
   */
  public record Group(int offset, List<Integer> registers) {
    Group(int offset, int[] registers) {
      this(offset, Arrays.stream(registers).boxed().toList());
    }
  }

  /** Elements of a word of 32 bits of matrices. */
  public int perWord() {
    return width >> Integer.numberOfTrailingZeros(phases);
  }

  /** Bits that a thread's own offset may have: others of a group's offset may simply be added. */
  public int threadMask() {
    int mask = 0;
    for (int column : threadOffsets.columns()) {
      mask |= column;
    }
    return mask;
  }

  /** Instructions and accesses of the banks: what a choice between forms goes by. */
  public int cost() {
    return groups.size() * (1 + phases * conflicts);
  }

  /** Loads by vectors or {@code ldmatrix}, whichever is cheaper. */
  public static TileAccess cheapest(
      LinearLayout layout, LinearMap offsets, int elementBytes, int maxBytes) {
    TileAccess best = vectors(layout, offsets, elementBytes, maxBytes);
    for (boolean transposed : new boolean[] {false, true}) {
      Optional<TileAccess> matrices = matrices(layout, offsets, elementBytes, transposed);
      best = matrices.isPresent() && matrices.get().cost() < best.cost() ? matrices.get() : best;
    }
    return best;
  }

  // ---------------------------------------------------------------- vectors

  /**
   * Vector accesses of the greatest width.
   *
   * @param offsets from row-major index to offset
   * @param elementBytes in memory, 1 to 8
   * @param maxBytes of a vector
   */
  public static TileAccess vectors(
      LinearLayout layout, LinearMap offsets, int elementBytes, int maxBytes) {
    LinearMap registers = new LinearMap(layout.registers()).then(offsets);
    LinearMap threads = LinearMap.concatenated(layout.lanes(), layout.warps()).then(offsets);
    int bits = 0;
    while ((elementBytes << bits + 1) <= maxBytes && isVectorBit(registers, threads, bits)) {
      bits++;
    }
    int width = 1 << bits;
    LinearMap solve = registers.inverse(bits);
    var groups = new ArrayList<Group>();
    for (int register = 0; register < layout.registerCount(); register++) {
      int offset = registers.apply(register);
      if ((offset & width - 1) == 0) {
        int[] members = new int[width];
        for (int i = 0; i < width; i++) {
          members[i] = register ^ solve.apply(i);
        }
        groups.add(new Group(offset, members));
      }
    }
    int bytes = elementBytes * width;
    int phaseLanes = bytes <= 4 ? 5 : bytes == 8 ? 4 : 3;
    int[] lanes = Arrays.copyOf(threads.columns(), phaseLanes);
    int conflicts = conflicts(lanes, Math.max(4, bytes), elementBytes);
    return new TileAccess(Kind.VECTOR, width, threads, conflicts, 1 << 5 - phaseLanes, groups);
  }

  /** Whether registers alone reach the neighbour at {@code 1 << bit}. */
  private static boolean isVectorBit(LinearMap registers, LinearMap threads, int bit) {
    for (int column : threads.columns()) {
      if ((column >> bit & 1) != 0) {
        return false;
      }
    }
    return registers.reaches(1 << bit);
  }

  /** Different pieces of one bank among lanes, for pieces of at least a word. */
  private static int conflicts(int[] lanes, int pieceBytes, int elementBytes) {
    int piece = Integer.numberOfTrailingZeros(Math.max(1, pieceBytes / elementBytes));
    int row = Integer.numberOfTrailingZeros(128 / elementBytes);
    int[] pieces = Arrays.stream(lanes).map(offset -> offset >> piece).toArray();
    int[] banks = Arrays.stream(pieces).map(offset -> offset & (1 << row - piece) - 1).toArray();
    return 1 << Span.of(pieces).size() - Span.of(banks).size();
  }

  // ---------------------------------------------------------------- matrices

  /**
   * {@code ldmatrix} or {@code stmatrix}, if the layout and the place in memory allow it.
   *
   * @param offsets from row-major index to offset; rows of 16 bytes must be aligned
   * @param elementBytes 1, 2 or 4; transposed 2
   */
  public static Optional<TileAccess> matrices(
      LinearLayout layout, LinearMap offsets, int elementBytes, boolean transposed) {
    if (elementBytes > 4 || transposed && elementBytes != 2) {
      return Optional.empty();
    }
    LinearMap registers = new LinearMap(layout.registers()).then(offsets);
    int[] lanes = new LinearMap(layout.lanes()).then(offsets).columns();
    int[] warps = new LinearMap(layout.warps()).then(offsets).columns();
    return transposed
        ? transposed(registers, lanes, warps)
        : straight(registers, lanes, warps, elementBytes);
  }

  private static Optional<TileAccess> straight(
      LinearMap registers, int[] lanes, int[] warps, int elementBytes) {
    int wordBits = Integer.numberOfTrailingZeros(4 / elementBytes);
    int low = (4 << wordBits) - 1;
    if (lanes[0] != 1 << wordBits
        || lanes[1] != 2 << wordBits
        || !areZero(low, lanes[2], lanes[3], lanes[4])
        || !areZero(low, warps)) {
      return Optional.empty();
    }
    int[] word = new int[wordBits];
    for (int bit = 0; bit < wordBits; bit++) {
      word[bit] = singleRegister(registers, 1 << bit);
      if (word[bit] < 0) {
        return Optional.empty();
      }
    }
    int[] rows = {lanes[2], lanes[3], lanes[4]};
    return matrices(Kind.MATRIX, registers, word, rows, warps, low, elementBytes);
  }

  private static Optional<TileAccess> transposed(LinearMap registers, int[] lanes, int[] warps) {
    if (lanes[2] != 1
        || lanes[3] != 2
        || lanes[4] != 4
        || !areZero(7, lanes[0], lanes[1])
        || !areZero(7, warps)) {
      return Optional.empty();
    }
    Optional<TileAccess> best = Optional.empty();
    for (int bit = 0; bit < registers.inputBits(); bit++) {
      if ((registers.columns()[bit] & 7) != 0) {
        return Optional.empty();
      }
      int[] rows = {registers.columns()[bit], lanes[0], lanes[1]};
      Optional<TileAccess> found =
          matrices(Kind.TRANSPOSED_MATRIX, registers, new int[] {1 << bit}, rows, warps, 7, 2);
      if (best.isEmpty() || found.isPresent() && found.get().conflicts < best.get().conflicts) {
        best = found;
      }
    }
    return best;
  }

  private static boolean areZero(int low, int... offsets) {
    return Arrays.stream(offsets).allMatch(offset -> (offset & low) == 0);
  }

  /** The register, with one bit, that has an offset, or -1. */
  private static int singleRegister(LinearMap registers, int offset) {
    for (int bit = 0; bit < registers.inputBits(); bit++) {
      if (registers.columns()[bit] == offset) {
        return 1 << bit;
      }
    }
    return -1;
  }

  /**
   * @param word registers that tell the elements of a word apart
   * @param rows offsets of the three bits of a row's number
   * @param low the offset's bits inside of a row of 16 bytes
   */
  private static Optional<TileAccess> matrices(
      Kind kind,
      LinearMap registers,
      int[] word,
      int[] rows,
      int[] warps,
      int low,
      int elementBytes) {
    int inWord = Arrays.stream(word).sum();
    var others = new ArrayList<Integer>();
    for (int bit = 0; bit < registers.inputBits(); bit++) {
      if ((inWord >> bit & 1) == 0) {
        others.add(1 << bit);
        if ((registers.columns()[bit] & low) != 0) {
          return Optional.empty();
        }
      }
    }
    int matrixBits = Math.min(2, others.size());
    int[] matrix = {
      matrixBits > 0 ? registers.apply(others.get(0)) : 0,
      matrixBits > 1 ? registers.apply(others.get(1)) : 0
    };
    LinearMap threads = LinearMap.concatenated(rows, matrix, warps);
    var members = new ArrayList<Integer>();
    for (int bit : word) {
      members.add(bit);
    }
    members.addAll(others.subList(0, matrixBits));
    LinearMap inside = new LinearMap(members.stream().mapToInt(Integer::intValue).toArray());
    LinearMap outside =
        new LinearMap(others.stream().skip(matrixBits).mapToInt(Integer::intValue).toArray());
    int width = 1 << members.size();
    var groups = new ArrayList<Group>();
    for (int i = 0; i < 1 << outside.inputBits(); i++) {
      int first = outside.apply(i);
      int[] group = new int[width];
      for (int k = 0; k < width; k++) {
        group[k] = first | inside.apply(k);
      }
      groups.add(new Group(registers.apply(first), group));
    }
    return Optional.of(
        new TileAccess(
            kind, width, threads, conflicts(rows, 16, elementBytes), 1 << matrixBits, groups));
  }
}
