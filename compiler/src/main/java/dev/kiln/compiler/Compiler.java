package dev.kiln.compiler;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.frontend.Frontend;
import dev.kiln.compiler.gpu.GpuTarget;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.syntax.ImportResolver;
import dev.kiln.compiler.syntax.KernelFile;
import dev.kiln.compiler.transform.PassPipeline;
import dev.kiln.compiler.transform.StandardPipeline;

/** The compiler's entry point: a kernel of a file, specialised, to optimised tile IR. */
public final class Compiler {
  private Compiler() {}

  /**
   * Compiles a kernel of a file that imports no other kernel files; warnings are dropped.
   *
   * @throws CompilationException if the kernel is not well formed for these arguments
   */
  public static CompiledKernel compile(
      KernelFile file, String kernel, Specialization specialization, Target target) {
    return compile(file, ImportResolver.NONE, kernel, specialization, target, warning -> {});
  }

  /**
   * Compiles a kernel.
   *
   * @param kernel the name of a function of the file that is decorated with {@code triton.jit}
   * @param specialization one argument for each parameter of the kernel
   * @param listener receives warnings, and what the kernel prints at compile time
   * @throws CompilationException if the kernel is not well formed for these arguments
   */
  public static CompiledKernel compile(
      KernelFile file,
      ImportResolver imports,
      String kernel,
      Specialization specialization,
      Target target,
      Frontend.Listener listener) {
    TileFunction tir = Frontend.lower(file, imports, kernel, specialization, target, listener);
    TileFunction optimized = optimize(tir, specialization.options(), target);
    return new CompiledKernel(kernel, target, specialization, tir, optimized);
  }

  /**
   * Runs the standard pipeline. The result computes the same for every target, to the last bit; for
   * targets that copy blocks of tensors it also says which blocks loads and stores are.
   *
   * @param function valid tile IR; see {@link dev.kiln.compiler.ir.Verifier}
   */
  public static TileFunction optimize(
      TileFunction function, CompileOptions options, Target target) {
    return pipeline(options, target).run(function);
  }

  /** The passes of {@link #optimize}, to be watched or verified on the way. */
  public static PassPipeline pipeline(CompileOptions options, Target target) {
    PassPipeline standard = StandardPipeline.of(options);
    return copiesBlocks(target) ? standard : standard.after(StandardPipeline.pass("drop-blocks"));
  }

  /** Whether code for a target may copy blocks of tensors at once. */
  private static boolean copiesBlocks(Target target) {
    return target.isGpu() && GpuTarget.of(target).hasTma();
  }
}
