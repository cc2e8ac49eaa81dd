/**
 * Vector-loop IR to class files. The hand-written routines that generated classes call are in
 * {@code support}.
 *
 * <p>In: a {@link dev.kiln.compiler.loop.LoopKernel} and a SIMD width. Out: the bytes of a class
 * that extends {@link dev.kiln.compiler.jvm.ProgramBody}, to be defined as a hidden class. Uses
 * {@code loop}, {@code ir}, {@code numeric} and {@code diagnostics}.
 */
package dev.kiln.compiler.jvm;
