package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.Target;
import dev.kiln.compiler.gpu.GpuKernel;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.Kernel;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.sim.exec.ExecutorOptions;
import dev.kiln.tests.rules.HostArray;
import dev.kiln.tests.rules.HostDescriptor;
import dev.kiln.tests.rules.KernelCase;
import java.util.List;
import java.util.Optional;

/**
 * A kernel's text, launched on simulated GPUs with all sanitizers and compared with the evaluator.
 *
 * <pre>{@code
 * GpuTrial.of(
 *         """
 *         import triton
 *         import triton.language as tl
 *         @triton.jit
 *         def double(x, y, n, BLOCK: tl.constexpr):
 *             i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
 *             tl.store(y + i, 2 * tl.load(x + i, mask=i < n), mask=i < n)
 *         """,
 *         Grid.of(4))
 *     .warps(2)
 *     .check(HostArray.normal(1, 1000), HostArray.unwritten(1000), 1000, 256);
 * }</pre>
 *
 * <p>{@link #check} runs on sm_80 and sm_90a and asks ptxas, if there is one, for its opinion. The
 * text holds one kernel, or several of which the last is launched.
 */
public final class GpuTrial {
  private static final List<Target> TARGETS = List.of(Target.SM_80, Target.SM_90A);

  private final String text;
  private final Grid grid;
  private final CompileOptions options;
  private final List<Target> targets;
  private final ExecutorOptions executor;

  private GpuTrial(
      String text,
      Grid grid,
      CompileOptions options,
      List<Target> targets,
      ExecutorOptions executor) {
    this.text = text;
    this.grid = grid;
    this.options = options;
    this.targets = targets;
    this.executor = executor;
  }

  public static GpuTrial of(String text, Grid grid) {
    return new GpuTrial(text, grid, CompileOptions.DEFAULT, TARGETS, ExecutorOptions.standard());
  }

  public GpuTrial warps(int warps) {
    return new GpuTrial(text, grid, options.withNumWarps(warps), targets, executor);
  }

  public GpuTrial options(CompileOptions newOptions) {
    return new GpuTrial(text, grid, newOptions, targets, executor);
  }

  public GpuTrial on(Target... newTargets) {
    return new GpuTrial(text, grid, options, List.of(newTargets), executor);
  }

  /** With warps, and asynchronous operations, in an order of its own. */
  public GpuTrial seed(long seed) {
    return new GpuTrial(text, grid, options, targets, executor.withSeed(seed));
  }

  /**
   * Runs and compares every array afterwards.
   *
   * @param arguments by position: {@link HostArray}s, {@link HostDescriptor}s, numbers, constants
   * @return the kernels of the last target
   */
  public List<GpuKernel> check(Object... arguments) {
    List<GpuKernel> kernels = List.of();
    for (Target target : targets) {
      SimulatedRun run = SimulatedRun.of(kernelCase(arguments), target, executor);
      if (run.fault().isPresent()) {
        throw new AssertionError(
            target + ": " + run.text() + printed(run.kernels()), run.fault().get());
      }
      kernels = run.kernels();
      kernels.forEach(kernel -> assemble(kernel, target));
    }
    return kernels;
  }

  /** Runs without sanitizers, and counts what the launch did. */
  LaunchFigures count(Target target, Object... arguments) {
    return CountedRun.of(kernelCase(arguments), target).getLast();
  }

  private KernelCase kernelCase(Object... arguments) {
    Kernel kernel = last(KernelModule.of("trial.py", text));
    return KernelCase.of(kernel, launch -> launch.options(options), grid, arguments);
  }

  private static Kernel last(KernelModule module) {
    return module.kernel(module.functionNames().getLast());
  }

  private static void assemble(GpuKernel kernel, Target target) {
    if (PtxasVerdicts.areAvailable()) {
      Optional<String> refusal = PtxasVerdicts.refusal(kernel, target);
      assertThat(refusal).as(() -> "ptxas for " + target + ": " + kernel.ptx()).isEmpty();
    }
  }

  private static String printed(List<GpuKernel> kernels) {
    return kernels.isEmpty() ? "" : "\n" + kernels.getLast().ptx();
  }
}
