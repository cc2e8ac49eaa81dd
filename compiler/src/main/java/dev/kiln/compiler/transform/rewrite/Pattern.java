package dev.kiln.compiler.transform.rewrite;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.UnaryKind;
import java.util.List;
import java.util.Locale;

/**
 * One side of an algebraic rule: a tree of operations, variables and numbers.
 *
 * <p>Text: {@code add(mul(x, C), 0)}. A small letter is any value; {@code u}, {@code v} and {@code
 * w} are uniform tiles; a capital is a constant. A number is itself, {@code -0.0} distinct from
 * {@code 0.0}; {@code true} and {@code false} are numbers of {@code i1} only.
 */
sealed interface Pattern {
  /** Any value, the same wherever the name occurs. */
  record Variable(int index, Restriction restriction) implements Pattern {}

  /** A given number, in the type that its place asks for. */
  record Literal(double value, boolean isBoolean) implements Pattern {
    /** The number as integers of a type hold it. */
    long asInteger(DType dtype) {
      return dtype == DType.I1 ? (long) value & 1 : (long) value;
    }
  }

  record UnaryNode(UnaryKind kind, Pattern operand) implements Pattern {}

  record BinaryNode(BinaryKind kind, Pattern left, Pattern right) implements Pattern {}

  record CompareNode(CompareKind kind, Pattern left, Pattern right) implements Pattern {}

  record SelectNode(Pattern condition, Pattern whenTrue, Pattern whenFalse) implements Pattern {}

  /** Which values a variable stands for. */
  enum Restriction {
    NONE,
    UNIFORM,
    CONSTANT
  }

  /** Reads a pattern; the same letters in both sides of a rule are the same variables. */
  static Pattern parse(String text, List<String> variables) {
    return new Reader(text.replace(" ", ""), variables).read();
  }

  /** Reads the text of a pattern. */
  final class Reader {
    private final String text;
    private final List<String> variables;
    private int position;

    private Reader(String text, List<String> variables) {
      this.text = text;
      this.variables = variables;
    }

    private Pattern read() {
      int start = position;
      while (position < text.length() && "(,)".indexOf(text.charAt(position)) < 0) {
        position++;
      }
      String word = text.substring(start, position);
      if (position == text.length() || text.charAt(position) != '(') {
        return leaf(word);
      }
      List<Pattern> arguments = new java.util.ArrayList<>();
      do {
        position++;
        arguments.add(read());
      } while (text.charAt(position) == ',');
      position++;
      return node(word, arguments);
    }

    private Pattern leaf(String word) {
      if (word.equals("true") || word.equals("false")) {
        return new Literal(word.equals("true") ? 1 : 0, true);
      }
      char first = word.charAt(0);
      if (!Character.isLetter(first)) {
        return new Literal(Double.parseDouble(word), false);
      }
      if (word.length() != 1) {
        throw new IllegalArgumentException("'" + word + "' in " + text);
      }
      if (!variables.contains(word)) {
        variables.add(word);
      }
      Restriction restriction =
          Character.isUpperCase(first)
              ? Restriction.CONSTANT
              : "uvw".indexOf(first) >= 0 ? Restriction.UNIFORM : Restriction.NONE;
      return new Variable(variables.indexOf(word), restriction);
    }

    private static Pattern node(String word, List<Pattern> arguments) {
      String name = word.toUpperCase(Locale.ROOT);
      if (name.startsWith("CMP.")) {
        return new CompareNode(
            CompareKind.valueOf(name.substring(4)), arguments.get(0), arguments.get(1));
      }
      return switch (arguments.size()) {
        case 1 -> new UnaryNode(UnaryKind.valueOf(name), arguments.get(0));
        case 2 -> new BinaryNode(BinaryKind.valueOf(name), arguments.get(0), arguments.get(1));
        default -> new SelectNode(arguments.get(0), arguments.get(1), arguments.get(2));
      };
    }
  }
}
