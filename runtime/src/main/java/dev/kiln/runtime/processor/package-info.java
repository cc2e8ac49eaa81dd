/**
 * The annotation processor behind {@link dev.kiln.runtime.KernelSource}.
 *
 * <p>In: a kernel file, read by {@code compiler.syntax} alone. Out: the source of a class with one
 * method for each kernel. Runs inside the Java compiler.
 */
package dev.kiln.runtime.processor;
