package dev.kiln.runtime.sim.isa.vector;

import dev.kiln.runtime.sim.exec.Joinable;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Several steps that have been compiled into one, for warps whose lanes are all active. */
final class CompiledRun extends Step {
  /** Of each operation once the JIT has compiled them; before, it is far more. */
  private static final long FAST_NANOS_FOR_EACH = 20;

  private static final int CALLS_BETWEEN_LOOKS = 64;
  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(20);

  private final Step[] steps;
  private final RegisterCode code;

  private CompiledRun(Step[] steps, RegisterCode code) {
    this.steps = steps;
    this.code = code;
  }

  /** Compiles steps, and waits until the JIT has, too; {@code null} if it does not. */
  static CompiledRun of(List<Joinable> steps) {
    List<RegisterOperation> operations =
        steps.stream().map(step -> ((RegisterStep) step).operation()).toList();
    RegisterCode code = new RegisterCodeGenerator(operations).generate();
    return warm(code, operations) ? new CompiledRun(steps.toArray(Step[]::new), code) : null;
  }

  private static boolean warm(RegisterCode code, List<RegisterOperation> operations) {
    int last =
        operations.stream()
            .mapToInt(o -> Math.max(Math.max(o.target(), o.a()), Math.max(o.b(), o.c())))
            .max()
            .orElse(0);
    int[] words = new int[last + Warp.LANES];
    long limit = CALLS_BETWEEN_LOOKS * operations.size() * FAST_NANOS_FOR_EACH;
    long begin = System.nanoTime();
    int fast = 0;
    while (fast < 4) {
      long start = System.nanoTime();
      for (int i = 0; i < CALLS_BETWEEN_LOOKS; i++) {
        code.run(words);
      }
      long end = System.nanoTime();
      fast = end - start < limit ? fast + 1 : 0;
      if (end - begin > PATIENCE_NANOS) {
        return false;
      }
    }
    return true;
  }

  @Override
  public void run(Warp warp) {
    if (warp.active == Warp.FULL) {
      code.run(warp.words);
      return;
    }
    for (Step step : steps) {
      step.run(warp);
    }
  }
}
