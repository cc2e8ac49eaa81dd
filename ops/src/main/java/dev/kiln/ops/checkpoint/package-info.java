/**
 * Models on disk. In come named arrays, out go files that other tools read, written as a whole or
 * not at all. Uses {@code dev.kiln.runtime}.
 */
package dev.kiln.ops.checkpoint;
