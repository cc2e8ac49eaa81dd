/**
 * What a kernel's parameters take, where nobody passes them: written as a signature, or guessed
 * from the kernel's text.
 *
 * <p>In: a kernel's declaration, perhaps a signature. Out: specialisations for ahead-of-time
 * compilation and for checks; types for generated launchers. Uses {@code dev.kiln.runtime} and the
 * compiler's syntax.
 */
package dev.kiln.runtime.signature;
