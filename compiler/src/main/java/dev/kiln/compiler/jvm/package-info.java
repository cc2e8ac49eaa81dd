/**
 * Vector-loop IR to class files, and the hand-written routines that generated classes call ({@code
 * support}).
 *
 * <p>In: a {@link dev.kiln.compiler.loop.LoopKernel} and a SIMD width. Out: the bytes of a class
 * that extends {@link dev.kiln.compiler.jvm.ProgramBody}, to be defined as a hidden class. Uses
 * {@code loop}, {@code ir} and {@code diagnostics}.
 */
package dev.kiln.compiler.jvm;
