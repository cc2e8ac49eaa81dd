package dev.kiln.compiler.ptx;

import dev.kiln.compiler.ptx.Operand.Register;
import java.util.HashMap;
import java.util.Map;

/**
 * A 64-bit integer as a sum of registers and products of two, each times a number, modulo
 * 2<sup>64</sup>. Registers of 32 bits stand for themselves sign-extended.
 *
 * @param number what is added
 */
record LinearSum(Map<Term, Long> terms, long number) {
  private static final int MOST_TERMS = 8;

  /**
   * What a number is multiplied by.
   *
   * @param b {@code null} if it is one register only
   */
  record Term(Register a, Register b) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Term term
          && (a == term.a && b == term.b || a == term.b && b == term.a);
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(a) + System.identityHashCode(b);
    }
  }

  static LinearSum of(long number) {
    return new LinearSum(Map.of(), number);
  }

  static LinearSum of(Register register) {
    return new LinearSum(Map.of(new Term(register, null), 1L), 0);
  }

  /** {@code this + factor * other}. */
  LinearSum plus(LinearSum other, long factor) {
    Map<Term, Long> sum = new HashMap<>(terms);
    other.terms.forEach((term, count) -> sum.merge(term, factor * count, Long::sum));
    sum.values().removeIf(count -> count == 0);
    return new LinearSum(sum, number + factor * other.number);
  }

  /** {@code null} if it is no sum of products of two. */
  LinearSum times(LinearSum other) {
    if (terms.isEmpty() || other.terms.isEmpty()) {
      LinearSum sum = terms.isEmpty() ? other : this;
      return of(0).plus(sum, terms.isEmpty() ? number : other.number);
    }
    LinearSum product = of(number * other.number);
    product = product.plus(new LinearSum(terms, 0), other.number);
    product = product.plus(new LinearSum(other.terms, 0), number);
    Map<Term, Long> crossed = new HashMap<>();
    for (Map.Entry<Term, Long> one : terms.entrySet()) {
      for (Map.Entry<Term, Long> two : other.terms.entrySet()) {
        if (one.getKey().b != null || two.getKey().b != null) {
          return null;
        }
        crossed.merge(
            new Term(one.getKey().a, two.getKey().a), one.getValue() * two.getValue(), Long::sum);
      }
    }
    return product.plus(new LinearSum(crossed, 0), 1);
  }

  boolean isLong() {
    return terms.size() > MOST_TERMS;
  }
}
