package dev.kiln.compiler.syntax;

import dev.kiln.compiler.diagnostics.Diagnostic;
import dev.kiln.compiler.diagnostics.Source;
import java.util.List;

/**
 * A kernel file, as far as kernels can refer to it: the module-level statements in their order.
 *
 * <p>Kept are imports, functions decorated with {@code triton.jit} (under any alias, among any
 * other decorators), {@code triton.constexpr_function} or {@code triton.aggregate}, undecorated
 * functions and assignments (parsed on a best-effort basis, since constant expressions and {@code
 * heuristics} may use them), and {@code if}/{@code try} at module level as the statements inside.
 * Whatever else stands there is skipped by indentation; skipped statements that fail to parse are
 * no error.
 *
 * @param skipped notes about what was skipped because it did not parse, for {@code kiln check
 *     --verbose}
 */
public record KernelFile(Source source, List<Stmt> statements, List<Diagnostic> skipped) {}
