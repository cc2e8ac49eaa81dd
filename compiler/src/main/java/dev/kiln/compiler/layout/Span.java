package dev.kiln.compiler.layout;

import java.util.ArrayList;
import java.util.List;

/** A growing subspace of vectors over GF(2), with the independent vectors that made it. */
final class Span {
  private final int[] reduced = new int[32];
  private final List<Integer> basis = new ArrayList<>();

  static Span of(int... vectors) {
    return new Span().addAll(vectors);
  }

  /** Adds a vector; whether it was independent of those before. */
  boolean add(int vector) {
    int rest = reduce(vector);
    if (rest == 0) {
      return false;
    }
    reduced[31 - Integer.numberOfLeadingZeros(rest)] = rest;
    basis.add(vector);
    return true;
  }

  Span addAll(int... vectors) {
    for (int vector : vectors) {
      add(vector);
    }
    return this;
  }

  Span addAll(List<Integer> vectors) {
    vectors.forEach(this::add);
    return this;
  }

  boolean contains(int vector) {
    return reduce(vector) == 0;
  }

  private int reduce(int vector) {
    int rest = vector;
    for (int bit = 31 - Integer.numberOfLeadingZeros(rest); rest != 0 && bit >= 0; bit--) {
      if ((rest >> bit & 1) != 0) {
        if (reduced[bit] == 0) {
          return rest;
        }
        rest ^= reduced[bit];
      }
    }
    return rest;
  }

  int size() {
    return basis.size();
  }

  /** The vectors that were independent when they came, in order. */
  List<Integer> basis() {
    return List.copyOf(basis);
  }

  int[] vectors() {
    return basis.stream().mapToInt(Integer::intValue).toArray();
  }

  /** Vectors that span what two sets of vectors both span, preferring those of the first set. */
  static Span intersection(int[] first, int[] second) {
    Span both = new Span();
    Span inSecond = of(second);
    for (int vector : first) {
      if (inSecond.contains(vector)) {
        both.add(vector);
      }
    }
    var map = LinearMap.concatenated(of(first).vectors(), of(second).vectors());
    int firstBits = of(first).size();
    for (int relation : map.kernel()) {
      both.add(map.apply(relation & (1 << firstBits) - 1));
    }
    return both;
  }

  /**
   * The linear function that is 1 on a vector and 0 on all of {@code zeros}, as the bits whose
   * parity it is; 0 if there is none.
   */
  static int functional(int vector, List<Integer> zeros, int bits) {
    Span basis = new Span().addAll(zeros);
    if (!basis.add(vector)) {
      return 0;
    }
    int place = basis.size() - 1;
    for (int bit = 0; bit < bits; bit++) {
      basis.add(1 << bit);
    }
    LinearMap coordinates = new LinearMap(basis.vectors()).inverse(bits);
    int mask = 0;
    for (int bit = 0; bit < bits; bit++) {
      mask |= (coordinates.apply(1 << bit) >> place & 1) << bit;
    }
    return mask;
  }

  static boolean parity(int number) {
    return (Integer.bitCount(number) & 1) != 0;
  }
}
