package dev.kiln.compiler.gpu;

import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.gpu.emit.KernelEmission;
import dev.kiln.compiler.gpu.plan.AlignedVersion;
import dev.kiln.compiler.gpu.plan.GirPrinter;
import dev.kiln.compiler.gpu.plan.KernelPlan;
import dev.kiln.compiler.gpu.plan.LayoutPlan;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ptx.BarrierInsertion;
import dev.kiln.compiler.ptx.PtxFunction;
import dev.kiln.compiler.ptx.PtxPasses;
import dev.kiln.compiler.ptx.PtxPrinter;
import dev.kiln.compiler.ptx.SharedAllocation;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Optimised tile IR to PTX. */
public final class GpuCompiler {
  private static final int WARP = 32;
  private static final int MOST_THREADS = 1024;

  /** Of a thread. With fewer than the least, ptxas gives a warning and takes the least. */
  private static final int LEAST_REGISTERS = 24;

  private static final int MOST_REGISTERS = 255;

  /** The version of PTX whose kernels may have {@link KernelAbi#MOST_PARAMETER_BYTES}. */
  private static final String LARGE_PARAMETERS = "8.1";

  /** Kernels of more instructions have one version. */
  private static final int MOST_OF_VERSIONS = 20_000;

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
    KernelEmission.Result emitted = emit(function, target, options);
    List<KernelAbi.Parameter> parameters =
        KernelAbi.layOut(function, emitted.maps(), emitted.scratchBytes() > 0);
    PtxFunction simplified =
        PtxPasses.optimize(
            new PtxFunction(
                KernelAbi.entryName(function),
                KernelAbi.declarations(parameters),
                emitted.body(),
                target.target().label(),
                ptxVersion(function, target, KernelAbi.bytes(parameters)),
                WARP * options.numWarps(),
                options.maxRegisters(),
                emitted.helpers()));
    long shared = SharedAllocation.place(simplified, target.sharedLimit());
    String text = PtxPrinter.print(BarrierInsertion.insert(simplified));
    return new GpuKernel(
        text,
        new KernelAbi(
            KernelAbi.entryName(function),
            parameters,
            WARP * options.numWarps(),
            1,
            shared,
            emitted.scratchBytes()));
  }

  /** The lowest that takes the parameters; a later one needs a later driver. */
  private static String ptxVersion(TileFunction function, GpuTarget target, int parameterBytes) {
    if (parameterBytes > KernelAbi.MOST_PARAMETER_BYTES) {
      throw CompilationException.at(
          function.loc(),
          "kernel %s has %,d bytes of parameters; on GPUs there may be %,d"
              .formatted(function.name(), parameterBytes, KernelAbi.MOST_PARAMETER_BYTES));
    }
    return parameterBytes > KernelAbi.PARAMETER_BYTES
        ? Stream.of(target.ptxVersion(), LARGE_PARAMETERS)
            .max(Comparator.comparingDouble(Double::parseDouble))
            .get()
        : target.ptxVersion();
  }

  private static KernelEmission.Result emit(
      TileFunction function, GpuTarget target, CompileOptions options) {
    KernelPlan plan = new LayoutPlan(function, target, options);
    Optional<TileFunction> aligned = aligned(function, options);
    if (aligned.isPresent()) {
      KernelPlan alignedPlan = new LayoutPlan(aligned.get(), target, options);
      KernelEmission.Result both =
          KernelEmission.emit(function, target, plan, aligned.get(), alignedPlan);
      if (PtxFunction.instructions(both.body()) <= MOST_OF_VERSIONS) {
        return both;
      }
    }
    return KernelEmission.emit(function, target, plan);
  }

  /**
   * The version of a kernel for parameters that more divides than is known, if it is to have it.
   */
  private static Optional<TileFunction> aligned(TileFunction function, CompileOptions options) {
    return options.versioned() ? AlignedVersion.of(function) : Optional.empty();
  }

  /** What is decided before PTX is emitted, as text: {@link GirPrinter}; of each version. */
  public static String plan(CompiledKernel kernel) {
    TileFunction function = kernel.optimized();
    CompileOptions options = kernel.specialization().options();
    check(function, options);
    GpuTarget target = GpuTarget.of(kernel.target());
    String general = GirPrinter.print(function, new LayoutPlan(function, target, options));
    return aligned(function, options)
        .map(
            version ->
                "// where %s:\n%s\n// elsewhere:\n%s"
                    .formatted(
                        AlignedVersion.conditions(function, version),
                        GirPrinter.print(version, new LayoutPlan(version, target, options)),
                        general))
        .orElse(general);
  }

  private static void check(TileFunction function, CompileOptions options) {
    int warps = options.numWarps();
    if (warps < 1 || WARP * warps > MOST_THREADS || Integer.bitCount(warps) != 1) {
      throw CompilationException.at(
          function.loc(), "num_warps is " + warps + "; on GPUs it is a power of two up to 32");
    }
    int registers = options.maxRegisters();
    if (registers != 0 && (registers < LEAST_REGISTERS || registers > MOST_REGISTERS)) {
      throw CompilationException.at(
          function.loc(),
          "maxnreg is %d; a thread has %d to %d registers"
              .formatted(registers, LEAST_REGISTERS, MOST_REGISTERS));
    }
    if (options.numCtas() != 1) {
      throw CompilationException.at(
          function.loc(), "not supported yet: num_ctas = " + options.numCtas());
    }
  }
}
