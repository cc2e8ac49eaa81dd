/**
 * Specialisation: a kernel's syntax, run on abstract values, becomes tile IR.
 *
 * <p>In: a {@link dev.kiln.compiler.syntax.KernelFile}, the name of a kernel and a {@link
 * dev.kiln.compiler.Specialization}. Out: a {@link dev.kiln.compiler.ir.TileFunction} with every
 * call inlined, every constant folded into place and every branch on a constant pruned, or a {@link
 * dev.kiln.compiler.diagnostics.CompilationException}. Two halves: the interpreter (statements,
 * scopes, functions, control flow) here, and the operations (typing rules, operators, builtins) in
 * {@code frontend.ops}, which meet in {@link dev.kiln.compiler.frontend.FrontValue} and {@link
 * dev.kiln.compiler.frontend.FrontContext}. Library functions are the prelude's, in the kernel
 * language. Uses {@code syntax}, {@code python}, {@code ir}, {@code numeric} and {@code
 * diagnostics}.
 */
package dev.kiln.compiler.frontend;
