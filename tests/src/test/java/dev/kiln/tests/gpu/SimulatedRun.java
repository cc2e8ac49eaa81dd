package dev.kiln.tests.gpu;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.gpu.GpuCompiler;
import dev.kiln.compiler.gpu.GpuKernel;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.eval.EvalDevice;
import dev.kiln.runtime.memory.Slab;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.exec.ExecutorOptions;
import dev.kiln.runtime.sim.monitor.Sanitizer;
import dev.kiln.tests.kernels.ErrorRule;
import dev.kiln.tests.rules.HostArray;
import dev.kiln.tests.rules.KernelCase;
import dev.kiln.tests.rules.Trial;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * A case on a simulated GPU with all sanitizers: compiled for a target, run, and compared with the
 * evaluator, which runs the same tile IR with the same block sizes in its dtypes and in double
 * precision.
 *
 * @param kernels what was compiled, in order
 * @param fault what is wrong with the results, or what stopped the run; empty if all is right
 */
public record SimulatedRun(List<GpuKernel> kernels, Optional<Throwable> fault) {
  private static final long MEMORY = 256L << 20;
  private static final long MOST_NANOS = 120_000_000_000L;

  static SimulatedRun of(KernelCase kernelCase, Target target) {
    return of(kernelCase, target, ExecutorOptions.standard());
  }

  /**
   * The same with warps and asynchronous operations interleaved as the options say.
   *
   * @param executor of the simulator; threads and limits are set
   */
  static SimulatedRun of(KernelCase kernelCase, Target target, ExecutorOptions executor) {
    List<GpuKernel> kernels = new ArrayList<>();
    try {
      check(kernelCase, target, executor, kernels);
      return new SimulatedRun(kernels, Optional.empty());
    } catch (RuntimeException | AssertionError | StackOverflowError e) {
      return new SimulatedRun(kernels, Optional.of(e));
    }
  }

  /** The fault's first line; {@code ok} without one. */
  String text() {
    return fault.map(SimulatedRun::firstLine).orElse("ok");
  }

  private static String firstLine(Throwable thrown) {
    boolean told = thrown instanceof CompilationException || thrown instanceof AssertionError;
    String text = told ? thrown.getMessage() : thrown.toString();
    return text.lines().findFirst().orElse("").strip();
  }

  private static void check(
      KernelCase kernelCase, Target target, ExecutorOptions executor, List<GpuKernel> kernels) {
    List<String> findings = new ArrayList<>();
    try (SimDevice device = device(target, executor, kernels)) {
      device.listen((name, grid, nanos) -> findings.add(device.lastReport().findings().text()));
      try (Trial actual = kernelCase.on(device)) {
        actual.launch();
        compare(kernelCase, target, actual);
      }
    }
    String found = String.join("", findings);
    if (!found.isEmpty()) {
      throw new AssertionError("sanitizers found: " + found);
    }
  }

  private static SimDevice device(
      Target target, ExecutorOptions executor, List<GpuKernel> kernels) {
    SimOptions options =
        SimOptions.standard()
            .withTarget(target)
            .withMemory(MEMORY)
            .withOutput(text -> {})
            .withSanitizers(EnumSet.allOf(Sanitizer.class))
            .withExecutor(executor.withThreads(1).withLimits(0, MOST_NANOS));
    return new SimDevice(
        options,
        kernel -> {
          GpuKernel compiled = GpuCompiler.compile(kernel);
          kernels.add(compiled);
          return compiled;
        });
  }

  /**
   * Compares what a launch made, on any GPU, with the evaluator.
   *
   * @throws AssertionError if something is wrong
   */
  public static void compare(KernelCase kernelCase, Target target, Trial actual) {
    try (EvalDevice eval = new EvalDevice(Slab.ofSize(MEMORY), UnaryOperator.identity(), target);
        Trial plain = kernelCase.on(eval)) {
      plain.launch();
      Optional<List<double[]>> exact = exact(kernelCase, eval);
      for (int i = 0; i < kernelCase.arrays().size(); i++) {
        int array = i;
        compare(
            kernelCase,
            i,
            actual.numbers(i),
            plain.numbers(i),
            exact.map(arrays -> arrays.get(array)));
      }
    }
  }

  private static void compare(
      KernelCase kernelCase, int array, double[] actual, double[] plain, Optional<double[]> exact) {
    DType dtype = kernelCase.arrays().get(array).dtype();
    String what = kernelCase.name() + ", array " + array;
    if (dtype.isInteger() || dtype.bits() == Byte.SIZE) {
      for (int i = 0; i < plain.length; i++) {
        if (Double.compare(actual[i], plain[i]) != 0) {
          throw new AssertionError(
              "%s at %d is %s, in the evaluator %s".formatted(what, i, actual[i], plain[i]));
        }
      }
    } else if (dtype == DType.FP64 || exact.isEmpty()) {
      ErrorRule.checkByTerms(what, dtype, actual, plain, mostTerms(kernelCase));
    } else {
      ErrorRule.check(what, dtype, actual, plain, exact.get());
    }
  }

  /** No sum of the shipped kernels has more terms than an axis of an array has elements. */
  private static int mostTerms(KernelCase kernelCase) {
    return (int)
        kernelCase.arrays().stream()
            .flatMapToLong(array -> Arrays.stream(array.shape()))
            .max()
            .orElse(1);
  }

  /**
   * Results in double precision: all floats if the launcher takes them so, else only what was in
   * single precision; empty if it takes neither.
   */
  private static Optional<List<double[]>> exact(KernelCase kernelCase, EvalDevice eval) {
    for (KernelCase more : List.of(inDoublePrecision(kernelCase), kernelCase.inDoublePrecision())) {
      try {
        return Optional.of(numbers(more, eval));
      } catch (KilnException | CompilationException e) {
        // A launcher that refuses double precision.
      }
    }
    return Optional.empty();
  }

  private static KernelCase inDoublePrecision(KernelCase kernelCase) {
    List<HostArray> arrays =
        kernelCase.arrays().stream()
            .map(
                array ->
                    array.dtype().isFloat() && array.dtype().bits() > 8
                        ? array.with(DType.FP64)
                        : array)
            .toList();
    return new KernelCase(kernelCase.name(), arrays, kernelCase.binding());
  }

  private static List<double[]> numbers(KernelCase kernelCase, EvalDevice eval) {
    try (Trial exact = kernelCase.on(eval)) {
      exact.launch();
      List<double[]> numbers = new ArrayList<>();
      for (int i = 0; i < kernelCase.arrays().size(); i++) {
        numbers.add(exact.numbers(i));
      }
      return numbers;
    }
  }
}
