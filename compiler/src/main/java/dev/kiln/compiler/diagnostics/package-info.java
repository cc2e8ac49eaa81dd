/**
 * Source texts, positions in them, and messages about them.
 *
 * <p>In: a position and a message. Out: a {@link dev.kiln.compiler.diagnostics.Diagnostic} that
 * prints the file, line, column, the source line with a caret, and where possible what to write
 * instead. Uses no other package.
 */
package dev.kiln.compiler.diagnostics;
