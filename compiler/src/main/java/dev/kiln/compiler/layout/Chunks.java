package dev.kiln.compiler.layout;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A tile in equal parts that go through shared memory one after the other: along registers that
 * both layouts of a conversion have, so that each thread has as much of each part.
 *
 * @param vectors directions from one part to others
 * @param functions one for each direction: 1 on it, 0 on the others and on threads
 */
record Chunks(List<Integer> vectors, List<Integer> functions) {
  /**
   * As few as are not larger than told, if there are such.
   *
   * @param maxBytes of a part
   */
  static Chunks of(LinearLayout from, LinearLayout to, int elementBytes, long maxBytes) {
    int bits = from.indexBits();
    List<Integer> common =
        Span.intersection(from.registers(), to.registers()).basis().stream().sorted().toList();
    var threads = new ArrayList<Integer>();
    for (int[] vectors : List.of(from.lanes(), from.warps(), to.lanes(), to.warps())) {
      Arrays.stream(vectors).forEach(threads::add);
    }
    var vectors = new ArrayList<Integer>();
    long bytes = (long) elementBytes << bits;
    for (int i = common.size() - 1; i >= 0 && bytes > maxBytes; i--) {
      if (new Span().addAll(threads).addAll(vectors).add(common.get(i))) {
        vectors.add(common.get(i));
        bytes /= 2;
      }
    }
    var functions = new ArrayList<Integer>();
    for (int vector : vectors) {
      var zeros = new ArrayList<>(threads);
      vectors.stream().filter(other -> other != vector).forEach(zeros::add);
      functions.add(Span.functional(vector, zeros, bits));
    }
    return new Chunks(List.copyOf(vectors), List.copyOf(functions));
  }

  /** What is left of a vector in the first part. */
  int first(int vector) {
    int rest = vector;
    for (int i = 0; i < vectors.size(); i++) {
      rest ^= Span.parity(vector & functions.get(i)) ? vectors.get(i) : 0;
    }
    return rest;
  }

  /** Registers, as combinations of the layout's bits, of elements of the first part. */
  LinearMap firstRegisters(LinearLayout layout) {
    int[] chunkOf = new int[layout.registers().length];
    for (int bit = 0; bit < chunkOf.length; bit++) {
      for (int i = 0; i < functions.size(); i++) {
        chunkOf[bit] |= Span.parity(layout.registers()[bit] & functions.get(i)) ? 1 << i : 0;
      }
    }
    return new LinearMap(new LinearMap(chunkOf).kernel());
  }

  /** For each part the register in which it has what the first has in register 0. */
  List<Integer> registers(LinearLayout layout) {
    LinearMap solve = new LinearMap(layout.registers()).inverse(layout.indexBits());
    var chunks = new LinearMap(vectors.stream().mapToInt(Integer::intValue).toArray());
    List<Integer> registers = new ArrayList<>();
    for (int chunk = 0; chunk < 1 << vectors.size(); chunk++) {
      registers.add(solve.apply(chunks.apply(chunk)));
    }
    return registers;
  }
}
