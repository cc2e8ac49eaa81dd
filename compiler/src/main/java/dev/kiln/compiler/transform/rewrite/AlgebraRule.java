package dev.kiln.compiler.transform.rewrite;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * An identity of arithmetic, for scalars and tiles alike.
 *
 * @param text the line that states it
 * @param domain the numbers for which it holds: the type of its variable {@code x}
 * @param variables names of the variables, in the order of their indices
 */
record AlgebraRule(
    String text, Domain domain, Pattern left, Pattern right, List<String> variables) {
  /** The types of numbers for which a rule holds. */
  enum Domain {
    INT,
    BOOL,
    FLOAT,
    ANY;

    boolean includes(Type type) {
      DType dtype = type.dtype();
      return switch (this) {
        case INT -> dtype.isInteger() && !type.isPointer();
        case BOOL -> dtype == DType.I1;
        case FLOAT -> dtype.isFloat();
        case ANY -> true;
      };
    }
  }

  /** Reads {@code int: add(x, 0) -> x}. */
  static AlgebraRule parse(String line) {
    int colon = line.indexOf(':');
    int arrow = line.indexOf("->");
    var variables = new ArrayList<String>();
    Pattern left = Pattern.parse(line.substring(colon + 1, arrow), variables);
    int bound = variables.size();
    Pattern right = Pattern.parse(line.substring(arrow + 2), variables);
    if (variables.size() != bound) {
      throw new IllegalArgumentException("a variable appears on the right alone: " + line);
    }
    Domain domain = Domain.valueOf(line.substring(0, colon).strip().toUpperCase());
    return new AlgebraRule(line.strip(), domain, left, right, List.copyOf(variables));
  }

  /** What the rule makes of an operation; null if it does not apply. */
  Value apply(Op op, Rewriting in) {
    var bound = new Value[variables.size()];
    return matches(left, op, bound, in) && inDomain(bound) ? build(right, op, bound, in) : null;
  }

  private boolean inDomain(Value[] bound) {
    int x = Math.max(0, variables.indexOf("x"));
    return bound.length == 0 || domain.includes(bound[x].type());
  }

  private static boolean matches(Pattern pattern, Op op, Value[] bound, Rewriting in) {
    return switch (pattern) {
      case Pattern.UnaryNode node ->
          op instanceof ElementwiseOp.Unary unary
              && unary.kind() == node.kind()
              && matches(node.operand(), unary.operand(), bound, in);
      case Pattern.BinaryNode node ->
          op instanceof ElementwiseOp.Binary binary
              && binary.kind() == node.kind()
              && matchesBinary(node, binary, bound, in);
      case Pattern.CompareNode node ->
          op instanceof ElementwiseOp.Compare compare
              && compare.kind() == node.kind()
              && matches(node.left(), compare.left(), bound, in)
              && matches(node.right(), compare.right(), bound, in);
      case Pattern.SelectNode node ->
          op instanceof ElementwiseOp.Select select
              && matches(node.condition(), select.condition(), bound, in)
              && matches(node.whenTrue(), select.whenTrue(), bound, in)
              && matches(node.whenFalse(), select.whenFalse(), bound, in);
      case Pattern.Variable variable -> false;
      case Pattern.Literal literal -> false;
    };
  }

  private static boolean matchesBinary(
      Pattern.BinaryNode node, ElementwiseOp.Binary op, Value[] bound, Rewriting in) {
    if (!op.kind().isCommutative()) {
      return matches(node.left(), op.left(), bound, in)
          && matches(node.right(), op.right(), bound, in);
    }
    Value[] before = bound.clone();
    if (matches(node.left(), op.left(), bound, in)
        && matches(node.right(), op.right(), bound, in)) {
      return true;
    }
    System.arraycopy(before, 0, bound, 0, bound.length);
    return matches(node.left(), op.right(), bound, in)
        && matches(node.right(), op.left(), bound, in);
  }

  private static boolean matches(Pattern pattern, Value value, Value[] bound, Rewriting in) {
    return switch (pattern) {
      case Pattern.Variable variable -> bind(variable, value, bound, in);
      case Pattern.Literal literal -> {
        Number constant = in.constant(value);
        yield constant != null && isLiteral(literal, constant, value);
      }
      case Pattern.UnaryNode node -> matches(node, in.definition(value), bound, in);
      case Pattern.BinaryNode node -> matches(node, in.definition(value), bound, in);
      case Pattern.CompareNode node -> matches(node, in.definition(value), bound, in);
      case Pattern.SelectNode node -> matches(node, in.definition(value), bound, in);
    };
  }

  private static boolean isLiteral(Pattern.Literal literal, Number constant, Value value) {
    if (literal.isBoolean() && value.dtype() != DType.I1) {
      return false;
    }
    return constant instanceof Double number
        ? Double.compare(number, literal.value()) == 0
        : constant.longValue() == literal.asInteger(value.dtype());
  }

  private static boolean bind(Pattern.Variable variable, Value value, Value[] bound, Rewriting in) {
    Value present = bound[variable.index()];
    if (present != null) {
      return present == value;
    }
    boolean allowed =
        switch (variable.restriction()) {
          case NONE -> true;
          case UNIFORM -> in.isUniform(value);
          case CONSTANT -> in.constant(value) != null;
        };
    if (allowed) {
      bound[variable.index()] = value;
    }
    return allowed;
  }

  private static Value build(Pattern pattern, Op root, Value[] bound, Rewriting in) {
    return build(pattern, root.result().type(), bound, in);
  }

  private static Value build(Pattern pattern, Type type, Value[] bound, Rewriting in) {
    return switch (pattern) {
      case Pattern.Variable variable -> bound[variable.index()];
      case Pattern.Literal literal ->
          type.dtype().isFloat()
              ? in.constant(type, (Number) literal.value())
              : in.constant(type, (Number) literal.asInteger(type.dtype()));
      case Pattern.UnaryNode node -> in.unary(node.kind(), build(node.operand(), type, bound, in));
      case Pattern.BinaryNode node ->
          in.binary(
              node.kind(),
              build(node.left(), type, bound, in),
              build(node.right(), type, bound, in));
      case Pattern.CompareNode node -> {
        Type operands = Arrays.stream(bound).findFirst().orElseThrow().type();
        yield in.compare(
            node.kind(),
            build(node.left(), operands, bound, in),
            build(node.right(), operands, bound, in));
      }
      case Pattern.SelectNode node ->
          in.select(
              build(node.condition(), type.withDType(DType.I1), bound, in),
              build(node.whenTrue(), type, bound, in),
              build(node.whenFalse(), type, bound, in));
    };
  }
}
