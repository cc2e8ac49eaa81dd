package dev.kiln.compiler.syntax;

import dev.kiln.compiler.diagnostics.Location;
import java.util.List;
import java.util.Optional;

/**
 * A Python statement, named as in Python's own {@code ast} module.
 *
 * <p>{@link Unsupported} stands for statements that the kernel language does not have ({@code try},
 * {@code class}, {@code del} ...): they may stand in branches that are pruned at compile time, and
 * are an error only when a kernel reaches them.
 */
public sealed interface Stmt {
  /**
   * A statement {@code yield x} of an undecorated function is an {@link ExprStmt} that calls this
   * name, which no variable can have; any other use of {@code yield} is {@link Unsupported}.
   */
  String YIELD = "yield";

  Location loc();

  record FunctionDef(
      Location loc,
      String name,
      List<Parameter> parameters,
      Optional<Expr> returns,
      List<Expr> decorators,
      List<Stmt> body,
      Optional<String> docstring)
      implements Stmt {}

  /**
   * {@code class name(bases): body}: understood for {@code @triton.aggregate} and {@code
   * NamedTuple} at module level.
   */
  record ClassDef(
      Location loc, String name, List<Expr> bases, List<Expr> decorators, List<Stmt> body)
      implements Stmt {}

  record Return(Location loc, Optional<Expr> value) implements Stmt {}

  /** {@code target = ... = value}: several targets parse, though kernels accept one. */
  record Assign(Location loc, List<Expr> targets, Expr value) implements Stmt {}

  /** {@code target: annotation = value} */
  record AnnAssign(Location loc, Expr target, Expr annotation, Optional<Expr> value)
      implements Stmt {}

  /** {@code target op= value} */
  record AugAssign(Location loc, Expr target, Expr.BinaryOp op, Expr value) implements Stmt {}

  /** {@code elif} is an {@code If} alone in {@code orElse}. */
  record If(Location loc, Expr test, List<Stmt> body, List<Stmt> orElse) implements Stmt {}

  record For(Location loc, Expr target, Expr iterable, List<Stmt> body, List<Stmt> orElse)
      implements Stmt {}

  record While(Location loc, Expr test, List<Stmt> body, List<Stmt> orElse) implements Stmt {}

  record With(Location loc, List<WithItem> items, List<Stmt> body) implements Stmt {}

  record WithItem(Expr context, Optional<Expr> target) {}

  record Assert(Location loc, Expr test, Optional<Expr> message) implements Stmt {}

  record Raise(Location loc, Optional<Expr> exception) implements Stmt {}

  record Pass(Location loc) implements Stmt {}

  record Break(Location loc) implements Stmt {}

  record Continue(Location loc) implements Stmt {}

  record ExprStmt(Location loc, Expr value) implements Stmt {}

  /** {@code import module.path as name} */
  record Import(Location loc, List<Alias> names) implements Stmt {}

  /**
   * {@code from ..module import name as alias}; {@code level} counts the leading dots; the name
   * {@code *} stands alone.
   */
  record ImportFrom(Location loc, int level, String module, List<Alias> names) implements Stmt {}

  record Alias(String name, Optional<String> asName) {
    /** The name that the import binds. */
    public String bound() {
      return asName.orElse(name);
    }
  }

  record Global(Location loc, List<String> names) implements Stmt {}

  /** A statement that kernels cannot hold; {@code what} is its keyword. */
  record Unsupported(Location loc, String what) implements Stmt {}
}
