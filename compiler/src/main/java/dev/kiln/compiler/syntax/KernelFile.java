package dev.kiln.compiler.syntax;

import dev.kiln.compiler.diagnostics.Diagnostic;
import dev.kiln.compiler.diagnostics.Source;
import java.util.List;
import java.util.Map;

/**
 * A kernel file, as far as kernels can refer to it: the module-level statements in their order.
 *
 * <p>Kept are imports, functions decorated with {@code triton.jit} (under any alias, among any
 * other decorators), {@code triton.constexpr_function} or {@code triton.aggregate}, undecorated
 * functions, assignments, loops and calls (parsed on a best-effort basis, since constant
 * expressions, configurations and {@code heuristics} may use them), and {@code if}/{@code
 * try}/{@code with} at module level as the statements inside. Functions for the device within host
 * functions and classes stand at the end, under their own names. Whatever else stands there is
 * skipped by indentation; skipped statements that fail to parse are no error.
 *
 * @param skipped notes about what was skipped because it did not parse, for {@code kiln check
 *     --verbose}
 * @param guards the conditions of those statements that stand under an {@code if}, by identity of
 *     the statement, outermost first
 */
public record KernelFile(
    Source source, List<Stmt> statements, List<Diagnostic> skipped, Map<Stmt, List<Guard>> guards) {
  /**
   * A condition of an {@code if}, and whether its statement is run when that holds or when it does
   * not.
   */
  public record Guard(Expr test, boolean holds) {}

  public KernelFile(Source source, List<Stmt> statements, List<Diagnostic> skipped) {
    this(source, statements, skipped, Map.of());
  }
}
