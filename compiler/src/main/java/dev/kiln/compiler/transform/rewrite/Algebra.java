package dev.kiln.compiler.transform.rewrite;

import static dev.kiln.compiler.transform.rewrite.RewriteRule.rule;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.ir.Value;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The identities of {@code algebra.rules}, by the operation at their root. */
final class Algebra {
  static final List<AlgebraRule> LINES = read();

  private static final Map<UnaryKind, List<AlgebraRule>> UNARY = new EnumMap<>(UnaryKind.class);
  private static final Map<BinaryKind, List<AlgebraRule>> BINARY = new EnumMap<>(BinaryKind.class);
  private static final Map<CompareKind, List<AlgebraRule>> COMPARE =
      new EnumMap<>(CompareKind.class);
  private static final List<AlgebraRule> SELECT = new ArrayList<>();

  static {
    for (AlgebraRule line : LINES) {
      sameRoot(line.left()).add(line);
    }
  }

  static final List<RewriteRule<?>> RULES =
      List.of(
          rule(
              "identities of unary operations",
              ElementwiseOp.Unary.class,
              (op, in) -> first(UNARY.getOrDefault(op.kind(), List.of()), op, in)),
          rule(
              "identities of binary operations",
              ElementwiseOp.Binary.class,
              (op, in) -> first(BINARY.getOrDefault(op.kind(), List.of()), op, in)),
          rule(
              "identities of comparisons",
              ElementwiseOp.Compare.class,
              (op, in) -> first(COMPARE.getOrDefault(op.kind(), List.of()), op, in)),
          rule(
              "identities of select",
              ElementwiseOp.Select.class,
              (op, in) -> first(SELECT, op, in)));

  private Algebra() {}

  private static List<AlgebraRule> sameRoot(Pattern root) {
    return switch (root) {
      case Pattern.UnaryNode node -> UNARY.computeIfAbsent(node.kind(), k -> new ArrayList<>());
      case Pattern.BinaryNode node -> BINARY.computeIfAbsent(node.kind(), k -> new ArrayList<>());
      case Pattern.CompareNode node -> COMPARE.computeIfAbsent(node.kind(), k -> new ArrayList<>());
      case Pattern.SelectNode node -> SELECT;
      case Pattern.Variable v ->
          throw new IllegalArgumentException("a rule begins with a variable");
      case Pattern.Literal l -> throw new IllegalArgumentException("a rule begins with a number");
    };
  }

  private static Value first(List<AlgebraRule> rules, Op op, Rewriting in) {
    for (AlgebraRule rule : rules) {
      Value value = rule.apply(op, in);
      if (value != null) {
        return value;
      }
    }
    return null;
  }

  private static List<AlgebraRule> read() {
    try (InputStream in = Algebra.class.getResourceAsStream("algebra.rules")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .map(AlgebraRule::parse)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
