/**
 * The routines that generated classes call: arithmetic that the JVM lacks, atomics, gathers,
 * printing, and the matrix product.
 *
 * <p>In: numbers, addresses and the memory they lie in. Out: numbers. Vectors are never passed, so
 * that generated code stays flat. Uses {@code ir} and {@code numeric}.
 */
package dev.kiln.compiler.jvm.support;
