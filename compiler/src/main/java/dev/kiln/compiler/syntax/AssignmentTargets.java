package dev.kiln.compiler.syntax;

import dev.kiln.compiler.diagnostics.CompilationException;

/** What may stand on the left of an assignment. */
final class AssignmentTargets {
  private AssignmentTargets() {}

  /** Throws if nothing can be assigned to {@code target}. */
  static void check(Expr target) {
    switch (target) {
      case Expr.Name name -> {}
      case Expr.Attribute attribute -> {}
      case Expr.Subscript subscript -> {}
      case Expr.Starred starred -> check(starred.value());
      case Expr.TupleExpr tuple -> tuple.elements().forEach(AssignmentTargets::check);
      case Expr.ListExpr list -> list.elements().forEach(AssignmentTargets::check);
      case Expr.Compare compare ->
          throw CompilationException.at(compare.loc(), "a comparison cannot be assigned to");
      case Expr.Call call ->
          throw CompilationException.at(
              call.loc(), "the result of a call cannot be assigned to", "to compare, write '=='");
      case Expr.IntLit lit -> throw constant(lit);
      case Expr.FloatLit lit -> throw constant(lit);
      case Expr.StrLit lit -> throw constant(lit);
      case Expr.BoolLit lit -> throw constant(lit);
      case Expr.NoneLit lit -> throw constant(lit);
      case Expr.EllipsisLit lit -> throw constant(lit);
      case Expr.JoinedStr lit -> throw constant(lit);
      case Expr.FormattedValue e -> throw expression(e);
      case Expr.DictExpr e -> throw expression(e);
      case Expr.SetExpr e -> throw expression(e);
      case Expr.Comprehension e -> throw expression(e);
      case Expr.DictComprehension e -> throw expression(e);
      case Expr.Binary e -> throw expression(e);
      case Expr.Unary e -> throw expression(e);
      case Expr.Bool e -> throw expression(e);
      case Expr.IfExp e -> throw expression(e);
      case Expr.Slice e -> throw expression(e);
      case Expr.NamedExpr e -> throw expression(e);
      case Expr.Lambda e -> throw expression(e);
    }
  }

  private static CompilationException constant(Expr target) {
    return CompilationException.at(target.loc(), "a constant cannot be assigned to");
  }

  private static CompilationException expression(Expr target) {
    return CompilationException.at(
        target.loc(), "an expression cannot be assigned to", "to compare, write '=='");
  }
}
