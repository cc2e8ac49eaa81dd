package dev.kiln.compiler.syntax;

import dev.kiln.compiler.diagnostics.Location;
import java.math.BigInteger;
import java.util.List;
import java.util.Optional;

/** A Python expression, named as in Python's own {@code ast} module. */
public sealed interface Expr {
  Location loc();

  /** {@code x} */
  record Name(Location loc, String id) implements Expr {}

  /** An integer of any size. */
  record IntLit(Location loc, BigInteger value) implements Expr {}

  record FloatLit(Location loc, double value) implements Expr {}

  record StrLit(Location loc, String value) implements Expr {}

  record BoolLit(Location loc, boolean value) implements Expr {}

  record NoneLit(Location loc) implements Expr {}

  /** {@code ...} */
  record EllipsisLit(Location loc) implements Expr {}

  /** {@code f"text {expr!r:spec}"}; a part is a {@link StrLit} or a {@link FormattedValue}. */
  record JoinedStr(Location loc, List<Expr> parts) implements Expr {}

  /**
   * One braced part of an f-string; {@code conversion} is {@code r}, {@code s}, {@code a} or
   * absent.
   */
  record FormattedValue(
      Location loc, Expr value, Optional<Character> conversion, Optional<String> spec)
      implements Expr {}

  record TupleExpr(Location loc, List<Expr> elements) implements Expr {}

  record ListExpr(Location loc, List<Expr> elements) implements Expr {}

  record DictExpr(Location loc, List<Expr> keys, List<Expr> values) implements Expr {}

  record SetExpr(Location loc, List<Expr> elements) implements Expr {}

  /** {@code [element for target in iterable if condition ...]}; a generator expression likewise. */
  record Comprehension(Location loc, Expr element, List<Generator> generators, boolean isGenerator)
      implements Expr {}

  /** {@code {key: value for ...}} */
  record DictComprehension(Location loc, Expr key, Expr value, List<Generator> generators)
      implements Expr {}

  /** One {@code for target in iterable if condition ...} of a comprehension. */
  record Generator(Expr target, Expr iterable, List<Expr> conditions) {}

  record Binary(Location loc, BinaryOp op, Expr left, Expr right) implements Expr {}

  record Unary(Location loc, UnaryOp op, Expr operand) implements Expr {}

  /** {@code a and b and c} (or {@code or}): at least two values. */
  record Bool(Location loc, boolean isAnd, List<Expr> values) implements Expr {}

  /** {@code a < b <= c}: one operator more than there are comparators after the first. */
  record Compare(Location loc, Expr left, List<CompareOp> ops, List<Expr> comparators)
      implements Expr {}

  /** {@code body if test else orElse} */
  record IfExp(Location loc, Expr test, Expr body, Expr orElse) implements Expr {}

  record Call(Location loc, Expr function, List<Expr> args, List<Keyword> keywords)
      implements Expr {}

  /** {@code name=value}, or {@code **value} where the name is absent. */
  record Keyword(Location loc, Optional<String> name, Expr value) {}

  record Attribute(Location loc, Expr value, String name) implements Expr {}

  record Subscript(Location loc, Expr value, Expr index) implements Expr {}

  /** {@code lower:upper:step}, inside a subscript only. */
  record Slice(Location loc, Optional<Expr> lower, Optional<Expr> upper, Optional<Expr> step)
      implements Expr {}

  /** {@code *value}, in calls, tuples and lists. */
  record Starred(Location loc, Expr value) implements Expr {}

  /** {@code (target := value)} */
  record NamedExpr(Location loc, String target, Expr value) implements Expr {}

  record Lambda(Location loc, List<Parameter> parameters, Expr body) implements Expr {}

  enum BinaryOp {
    ADD("+"),
    SUB("-"),
    MUL("*"),
    DIV("/"),
    FLOOR_DIV("//"),
    MOD("%"),
    POW("**"),
    MAT_MUL("@"),
    BIT_AND("&"),
    BIT_OR("|"),
    BIT_XOR("^"),
    SHL("<<"),
    SHR(">>");

    private final String symbol;

    BinaryOp(String symbol) {
      this.symbol = symbol;
    }

    public String symbol() {
      return symbol;
    }
  }

  enum UnaryOp {
    PLUS("+"),
    MINUS("-"),
    INVERT("~"),
    NOT("not");

    private final String symbol;

    UnaryOp(String symbol) {
      this.symbol = symbol;
    }

    public String symbol() {
      return symbol;
    }
  }

  enum CompareOp {
    EQ("=="),
    NE("!="),
    LT("<"),
    LE("<="),
    GT(">"),
    GE(">="),
    IS("is"),
    IS_NOT("is not"),
    IN("in"),
    NOT_IN("not in");

    private final String symbol;

    CompareOp(String symbol) {
      this.symbol = symbol;
    }

    public String symbol() {
      return symbol;
    }
  }
}
