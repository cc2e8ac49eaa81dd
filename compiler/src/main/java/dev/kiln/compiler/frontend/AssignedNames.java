package dev.kiln.compiler.frontend;

import dev.kiln.compiler.syntax.Expr;
import dev.kiln.compiler.syntax.Stmt;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The names that statements may assign, as far as their text tells. */
final class AssignedNames {
  private final Set<String> names = new LinkedHashSet<>();

  private AssignedNames() {}

  static Set<String> of(List<Stmt> statements) {
    var collector = new AssignedNames();
    statements.forEach(collector::statement);
    return collector.names;
  }

  /** The names that {@code :=} assigns within an expression. */
  static Set<String> of(Expr expression) {
    var collector = new AssignedNames();
    collector.expression(expression);
    return collector.names;
  }

  private void statements(List<Stmt> statements) {
    statements.forEach(this::statement);
  }

  private void statement(Stmt statement) {
    switch (statement) {
      case Stmt.Assign assign -> {
        assign.targets().forEach(this::target);
        expression(assign.value());
      }
      case Stmt.AnnAssign assign -> {
        target(assign.target());
        assign.value().ifPresent(this::expression);
      }
      case Stmt.AugAssign assign -> {
        target(assign.target());
        expression(assign.value());
      }
      case Stmt.If branch -> {
        expression(branch.test());
        statements(branch.body());
        statements(branch.orElse());
      }
      case Stmt.For loop -> {
        target(loop.target());
        expression(loop.iterable());
        statements(loop.body());
      }
      case Stmt.While loop -> {
        expression(loop.test());
        statements(loop.body());
      }
      case Stmt.With with -> {
        with.items().forEach(item -> item.target().ifPresent(this::target));
        statements(with.body());
      }
      case Stmt.ExprStmt expression -> expression(expression.value());
      case Stmt.Return leave -> leave.value().ifPresent(this::expression);
      case Stmt.Assert assertion -> expression(assertion.test());
      default -> {
        // The others are refused in kernels, or bind nothing.
      }
    }
  }

  private void target(Expr target) {
    switch (target) {
      case Expr.Name name -> names.add(name.id());
      case Expr.TupleExpr tuple -> tuple.elements().forEach(this::target);
      case Expr.ListExpr list -> list.elements().forEach(this::target);
      default -> {
        // An attribute or an element: no name is bound.
      }
    }
  }

  private void expressions(List<Expr> expressions) {
    expressions.forEach(this::expression);
  }

  private void expression(Expr expression) {
    switch (expression) {
      case Expr.NamedExpr named -> {
        names.add(named.target());
        expression(named.value());
      }
      case Expr.TupleExpr tuple -> expressions(tuple.elements());
      case Expr.ListExpr list -> expressions(list.elements());
      case Expr.Binary binary -> {
        expression(binary.left());
        expression(binary.right());
      }
      case Expr.Unary unary -> expression(unary.operand());
      case Expr.Bool bool -> expressions(bool.values());
      case Expr.Compare compare -> {
        expression(compare.left());
        expressions(compare.comparators());
      }
      case Expr.IfExp conditional -> {
        expression(conditional.test());
        expression(conditional.body());
        expression(conditional.orElse());
      }
      case Expr.Call call -> {
        expression(call.function());
        expressions(call.args());
        call.keywords().forEach(keyword -> expression(keyword.value()));
      }
      case Expr.Attribute attribute -> expression(attribute.value());
      case Expr.Subscript subscript -> {
        expression(subscript.value());
        expression(subscript.index());
      }
      case Expr.Starred starred -> expression(starred.value());
      case Expr.Comprehension comprehension -> expression(comprehension.element());
      default -> {
        // Literals and names; what a lambda binds is its own.
      }
    }
  }
}
