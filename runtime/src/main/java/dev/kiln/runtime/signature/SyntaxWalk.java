package dev.kiln.runtime.signature;

import dev.kiln.compiler.syntax.Expr;
import dev.kiln.compiler.syntax.Stmt;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Visits every expression or statement of a function's body, outer ones first. */
public final class SyntaxWalk {
  private final Consumer<Expr> visitor;

  private SyntaxWalk(Consumer<Expr> visitor) {
    this.visitor = visitor;
  }

  public static void expressions(List<Stmt> body, Consumer<Expr> visitor) {
    new SyntaxWalk(visitor).statements(body);
  }

  /** Visits the statements, and those within them; not those of nested functions. */
  public static void statements(List<Stmt> body, Consumer<Stmt> visitor) {
    for (Stmt statement : body) {
      visitor.accept(statement);
      switch (statement) {
        case Stmt.If it -> {
          statements(it.body(), visitor);
          statements(it.orElse(), visitor);
        }
        case Stmt.For it -> {
          statements(it.body(), visitor);
          statements(it.orElse(), visitor);
        }
        case Stmt.While it -> statements(it.body(), visitor);
        case Stmt.With it -> statements(it.body(), visitor);
        default -> {}
      }
    }
  }

  private void statements(List<Stmt> body) {
    body.forEach(this::statement);
  }

  private void statement(Stmt statement) {
    switch (statement) {
      case Stmt.Return it -> it.value().ifPresent(this::expression);
      case Stmt.Assign it -> {
        it.targets().forEach(this::expression);
        expression(it.value());
      }
      case Stmt.AnnAssign it -> {
        expression(it.target());
        it.value().ifPresent(this::expression);
      }
      case Stmt.AugAssign it -> {
        expression(it.target());
        expression(it.value());
      }
      case Stmt.If it -> {
        expression(it.test());
        statements(it.body());
        statements(it.orElse());
      }
      case Stmt.For it -> {
        expression(it.iterable());
        statements(it.body());
        statements(it.orElse());
      }
      case Stmt.While it -> {
        expression(it.test());
        statements(it.body());
      }
      case Stmt.With it -> statements(it.body());
      case Stmt.Assert it -> expression(it.test());
      case Stmt.ExprStmt it -> expression(it.value());
      case Stmt.FunctionDef _,
          Stmt.ClassDef _,
          Stmt.Raise _,
          Stmt.Pass _,
          Stmt.Break _,
          Stmt.Continue _,
          Stmt.Import _,
          Stmt.ImportFrom _,
          Stmt.Global _,
          Stmt.Unsupported _ -> {}
    }
  }

  private void expression(Expr expr) {
    visitor.accept(expr);
    children(expr).forEach(this::expression);
  }

  private static List<Expr> children(Expr expr) {
    return switch (expr) {
      case Expr.TupleExpr it -> it.elements();
      case Expr.ListExpr it -> it.elements();
      case Expr.Binary it -> List.of(it.left(), it.right());
      case Expr.Unary it -> List.of(it.operand());
      case Expr.Bool it -> it.values();
      case Expr.Compare it -> with(it.left(), it.comparators());
      case Expr.IfExp it -> List.of(it.test(), it.body(), it.orElse());
      case Expr.Call it -> {
        List<Expr> all = with(it.function(), it.args());
        it.keywords().forEach(keyword -> all.add(keyword.value()));
        yield all;
      }
      case Expr.Attribute it -> List.of(it.value());
      case Expr.Subscript it -> List.of(it.value(), it.index());
      case Expr.Starred it -> List.of(it.value());
      case Expr.NamedExpr it -> List.of(it.value());
      case Expr.Slice _,
          Expr.Name _,
          Expr.IntLit _,
          Expr.FloatLit _,
          Expr.StrLit _,
          Expr.BoolLit _,
          Expr.NoneLit _,
          Expr.EllipsisLit _,
          Expr.JoinedStr _,
          Expr.FormattedValue _,
          Expr.DictExpr _,
          Expr.SetExpr _,
          Expr.Comprehension _,
          Expr.DictComprehension _,
          Expr.Lambda _ ->
          List.of();
    };
  }

  private static List<Expr> with(Expr first, List<Expr> rest) {
    List<Expr> all = new ArrayList<>();
    all.add(first);
    all.addAll(rest);
    return all;
  }
}
