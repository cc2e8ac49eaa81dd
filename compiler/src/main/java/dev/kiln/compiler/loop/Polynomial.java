package dev.kiln.compiler.loop;

import dev.kiln.compiler.ir.Value;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * An integer expression of driver scalars as a sum of products, computed without wrapping around.
 *
 * @param terms factors of products that are no multiples of each other: how often each product's
 *     variables occur in it
 */
record Polynomial(Map<Map<Value, Integer>, Long> terms) {
  /** Beyond so many summands an expression is not looked into. */
  private static final int MOST_TERMS = 32;

  Polynomial {
    terms = Map.copyOf(terms);
  }

  static Polynomial of(long number) {
    return new Polynomial(number == 0 ? Map.of() : Map.of(Map.of(), number));
  }

  static Polynomial of(Value variable) {
    return new Polynomial(Map.of(Map.of(variable, 1), 1L));
  }

  boolean isZero() {
    return terms.isEmpty();
  }

  boolean isTooLong() {
    return terms.size() > MOST_TERMS;
  }

  Set<Value> variables() {
    return terms.keySet().stream().flatMap(t -> t.keySet().stream()).collect(Collectors.toSet());
  }

  Polynomial plus(Polynomial that) {
    Map<Map<Value, Integer>, Long> sum = new HashMap<>(terms);
    that.terms.forEach((term, factor) -> sum.merge(term, factor, Long::sum));
    sum.values().removeIf(factor -> factor == 0);
    return new Polynomial(sum);
  }

  Polynomial minus(Polynomial that) {
    return plus(that.times(of(-1)));
  }

  Polynomial times(Polynomial that) {
    Map<Map<Value, Integer>, Long> product = new HashMap<>();
    terms.forEach(
        (left, factor) ->
            that.terms.forEach(
                (right, other) -> {
                  Map<Value, Integer> term = new HashMap<>(left);
                  right.forEach((variable, power) -> term.merge(variable, power, Integer::sum));
                  product.merge(Map.copyOf(term), factor * other, Long::sum);
                }));
    product.values().removeIf(factor -> factor == 0);
    return new Polynomial(product);
  }

  /** With expressions in place of some variables. */
  Polynomial with(Map<Value, Polynomial> replacements) {
    Polynomial sum = of(0);
    for (Map.Entry<Map<Value, Integer>, Long> term : terms.entrySet()) {
      Polynomial product = of(term.getValue());
      for (Map.Entry<Value, Integer> variable : term.getKey().entrySet()) {
        Polynomial by = replacements.getOrDefault(variable.getKey(), of(variable.getKey()));
        for (int i = 0; i < variable.getValue(); i++) {
          product = product.times(by);
        }
      }
      sum = sum.plus(product);
    }
    return sum;
  }
}
