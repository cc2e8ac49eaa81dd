package dev.kiln.compiler.gpu;

import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.gpu.emit.KernelEmission;
import dev.kiln.compiler.gpu.plan.GirPrinter;
import dev.kiln.compiler.gpu.plan.KernelPlan;
import dev.kiln.compiler.gpu.plan.LayoutPlan;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ptx.BarrierInsertion;
import dev.kiln.compiler.ptx.PtxFunction;
import dev.kiln.compiler.ptx.PtxPasses;
import dev.kiln.compiler.ptx.PtxPrinter;
import dev.kiln.compiler.ptx.SharedAllocation;
import java.util.List;

/** Optimised tile IR to PTX. */
public final class GpuCompiler {
  private static final int WARP = 32;
  private static final int MOST_THREADS = 1024;

  private GpuCompiler() {}

  /**
   * Makes PTX of a kernel.
   *
   * @param kernel compiled for a GPU target
   * @throws CompilationException if the target lacks what the kernel needs, or a tile does not fit
   *     into its shared memory
   */
  public static GpuKernel compile(CompiledKernel kernel) {
    TileFunction function = kernel.optimized();
    CompileOptions options = kernel.specialization().options();
    check(function, options);
    GpuTarget target = GpuTarget.of(kernel.target());
    KernelPlan plan = new LayoutPlan(function, target, options);
    KernelEmission.Result emitted = KernelEmission.emit(function, target, plan);
    List<KernelAbi.Parameter> parameters =
        KernelAbi.layOut(function, emitted.maps(), emitted.scratchBytes() > 0);
    PtxFunction simplified =
        PtxPasses.optimize(
            new PtxFunction(
                function.name(),
                KernelAbi.declarations(parameters),
                emitted.body(),
                target.target().label(),
                target.ptxVersion(),
                WARP * options.numWarps(),
                0,
                emitted.helpers()));
    long shared = SharedAllocation.place(simplified, target.sharedLimit());
    String text = PtxPrinter.print(BarrierInsertion.insert(simplified));
    return new GpuKernel(
        text,
        new KernelAbi(
            function.name(),
            parameters,
            WARP * options.numWarps(),
            1,
            shared,
            emitted.scratchBytes()));
  }

  /** What is decided before PTX is emitted, as text: {@link GirPrinter}. */
  public static String plan(CompiledKernel kernel) {
    TileFunction function = kernel.optimized();
    CompileOptions options = kernel.specialization().options();
    check(function, options);
    return GirPrinter.print(
        function, new LayoutPlan(function, GpuTarget.of(kernel.target()), options));
  }

  private static void check(TileFunction function, CompileOptions options) {
    int warps = options.numWarps();
    if (warps < 1 || WARP * warps > MOST_THREADS || Integer.bitCount(warps) != 1) {
      throw CompilationException.at(
          function.loc(), "num_warps is " + warps + "; on GPUs it is a power of two up to 32");
    }
    if (options.numCtas() != 1) {
      throw CompilationException.at(
          function.loc(), "not supported yet: num_ctas = " + options.numCtas());
    }
  }
}
