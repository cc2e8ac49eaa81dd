/**
 * The compiler's front door: what is to be compiled, for which arguments and which target, and what
 * comes out.
 *
 * <p>Uses every package below it; none of them uses this one except for the types that say what to
 * compile: {@link dev.kiln.compiler.Specialization}, {@link dev.kiln.compiler.ArgumentSpec}, {@link
 * dev.kiln.compiler.Target}.
 */
package dev.kiln.compiler;
