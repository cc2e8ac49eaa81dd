/**
 * Rewrites of single operations as a table of rules: a pattern and what stands in its place.
 *
 * <p>In: an operation whose operands are already simplified, and the definitions of its operands.
 * Out: the values to use as its results. The identities of arithmetic are text ({@code
 * algebra.rules}), so that a test can try each of them on every type; the others are one small
 * object each, in families: constants, casts, shapes, pointers, memory. Every rule is exact: not a
 * bit of a result changes, except the payload and sign of a NaN. Uses {@code ir}, {@code numeric}
 * and {@code diagnostics}.
 */
package dev.kiln.compiler.transform.rewrite;
