/**
 * Kernel files: text to abstract syntax.
 *
 * <p>In: a {@link dev.kiln.compiler.diagnostics.Source}. Out: a {@link
 * dev.kiln.compiler.syntax.KernelFile}, the module-level statements that kernels can refer to, with
 * each function's body as {@link dev.kiln.compiler.syntax.Stmt} and {@link
 * dev.kiln.compiler.syntax.Expr}. Host-side Python that kernels cannot refer to is skipped. Uses
 * {@code diagnostics} alone.
 */
package dev.kiln.compiler.syntax;
