/**
 * What the kernel language's operators and functions mean: typing rules, the table of builtins and
 * their handlers.
 *
 * <p>In: {@link dev.kiln.compiler.frontend.FrontValue}s. Out: tile IR, appended to the builder of
 * the {@link dev.kiln.compiler.frontend.FrontContext}, and the result's value. The interpreter
 * reaches it through {@link dev.kiln.compiler.frontend.Operators}, {@link
 * dev.kiln.compiler.frontend.Builtins}, {@link dev.kiln.compiler.frontend.Conversions} and {@link
 * dev.kiln.compiler.frontend.Descriptors} alone. Uses what {@code frontend} uses, and {@code
 * numeric} to round literals.
 */
package dev.kiln.compiler.frontend.ops;
