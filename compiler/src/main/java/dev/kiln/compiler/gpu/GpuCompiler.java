package dev.kiln.compiler.gpu;

import dev.kiln.compiler.CompiledKernel;

/** Optimised tile IR to PTX. */
public final class GpuCompiler {
  private GpuCompiler() {}

  /**
   * Makes PTX of a kernel.
   *
   * @param kernel compiled for a GPU target
   * @throws dev.kiln.compiler.diagnostics.CompilationException if the target lacks what the kernel
   *     needs, or a tile does not fit into its shared memory
   */
  public static GpuKernel compile(CompiledKernel kernel) {
    throw new UnsupportedOperationException();
  }
}
