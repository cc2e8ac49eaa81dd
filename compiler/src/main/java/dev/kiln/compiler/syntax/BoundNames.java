package dev.kiln.compiler.syntax;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Which names a statement binds in the scope where it stands, in the order of their binding. */
public final class BoundNames {
  private final Set<String> names = new LinkedHashSet<>();

  private BoundNames() {}

  /**
   * The names that {@code statement} binds; those that a nested block binds count too, but not a
   * function's own.
   */
  public static Set<String> of(Stmt statement) {
    var bound = new BoundNames();
    bound.statement(statement);
    return bound.names;
  }

  private void statements(List<Stmt> statements) {
    statements.forEach(this::statement);
  }

  private void statement(Stmt statement) {
    switch (statement) {
      case Stmt.FunctionDef function -> names.add(function.name());
      case Stmt.ClassDef definition -> names.add(definition.name());
      case Stmt.Assign assign -> assign.targets().forEach(this::target);
      case Stmt.AnnAssign assign -> target(assign.target());
      case Stmt.AugAssign assign -> target(assign.target());
      case Stmt.If branch -> {
        statements(branch.body());
        statements(branch.orElse());
      }
      case Stmt.For loop -> {
        target(loop.target());
        statements(loop.body());
        statements(loop.orElse());
      }
      case Stmt.While loop -> {
        statements(loop.body());
        statements(loop.orElse());
      }
      case Stmt.With with -> {
        with.items().forEach(item -> item.target().ifPresent(this::target));
        statements(with.body());
      }
      case Stmt.Import imports ->
          imports
              .names()
              .forEach(alias -> names.add(alias.asName().orElse(firstPart(alias.name()))));
      case Stmt.ImportFrom imports -> imports.names().forEach(alias -> names.add(alias.bound()));
      case Stmt.Return s -> {}
      case Stmt.Assert s -> {}
      case Stmt.Raise s -> {}
      case Stmt.Pass s -> {}
      case Stmt.Break s -> {}
      case Stmt.Continue s -> {}
      case Stmt.ExprStmt s -> {}
      case Stmt.Global s -> {}
      case Stmt.Unsupported s -> {}
    }
  }

  /** {@code import a.b} binds {@code a}. */
  private static String firstPart(String module) {
    int dot = module.indexOf('.');
    return dot < 0 ? module : module.substring(0, dot);
  }

  private void target(Expr target) {
    switch (target) {
      case Expr.Name name -> names.add(name.id());
      case Expr.TupleExpr tuple -> tuple.elements().forEach(this::target);
      case Expr.ListExpr list -> list.elements().forEach(this::target);
      case Expr.Starred starred -> target(starred.value());
      default -> {
        // An attribute or an element: no name is bound.
      }
    }
  }
}
