/**
 * The GPU back end: optimised tile IR in, PTX and the way to launch it out.
 *
 * <p>{@link GpuCompiler} goes the whole way: {@code gpu.plan} decides, {@code gpu.emit} and the
 * rooms beside it emit, {@code compiler.ptx} simplifies, places shared memory, and prints. {@link
 * GpuTarget} says what a target has; {@link KernelAbi} is what launchers rely on. See {@code
 * docs/compiler.md}.
 */
package dev.kiln.compiler.gpu;
