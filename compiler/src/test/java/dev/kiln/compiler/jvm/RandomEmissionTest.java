package dev.kiln.compiler.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.eval.Allocation;
import dev.kiln.compiler.eval.Grid;
import dev.kiln.compiler.eval.Launch;
import dev.kiln.compiler.eval.RandomKernel;
import dev.kiln.compiler.eval.RandomKernels;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Printer;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.loop.LoopKernel;
import dev.kiln.compiler.loop.LoopLowering;
import dev.kiln.compiler.loop.LoopPrinter;
import dev.kiln.compiler.numeric.FloatFormat;
import dev.kiln.compiler.transform.StandardPipeline;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Random kernels as classes: what the evaluator computes, with the same bits at every vector width.
 */
class RandomEmissionTest {
  private static final int FIRST = Integer.getInteger("kiln.random.first", 0);
  private static final int KERNELS = Integer.getInteger("kiln.random.kernels", 60);
  private static final int STEPS = Integer.getInteger("kiln.random.steps", 0);
  private static final int[] WIDTHS = {0, 128, 256, 512};

  private static final int SLAB = 64 << 20;
  private static final long ARGUMENTS = 4096;
  private static final long SCRATCH = SLAB / 2;

  private final MemorySegment slab = Arena.ofAuto().allocate(SLAB, 64);

  @Test
  void optimisedKernelsComputeWhatTheEvaluatorDoesAtEveryWidth() {
    check(FIRST, KERNELS, true);
  }

  /** In these, a condition that is a bound chooses between conditions. */
  @Test
  void conditionsChosenByABoundStayMasks() {
    check(149, 1, false);
    check(822, 1, false);
  }

  @Test
  @Tag("slow")
  void manyKernelsDo() {
    check(FIRST, 1000, true);
  }

  @Test
  @Tag("slow")
  void manyKernelsDoAsTheyWereWritten() {
    check(FIRST, 1000, false);
  }

  private void check(int first, int kernels, boolean optimised) {
    var failures = new ArrayList<String>();
    for (long seed = first; seed < first + kernels; seed++) {
      RandomKernel kernel =
          STEPS == 0
              ? RandomKernels.generate(seed)
              : RandomKernels.generate(seed, RandomKernels.Features.ALL.withSteps(STEPS));
      TileFunction function = kernel.function();
      if (optimised) {
        var options = CompileOptions.DEFAULT.withFpFusion(false);
        function = StandardPipeline.of(options).run(function);
      }
      check(kernel, function, failures);
    }
    assertThat(failures).isEmpty();
  }

  /** Adds to the failures; of a lone kernel with its text. */
  private void check(RandomKernel kernel, TileFunction function, List<String> failures) {
    List<byte[]> expected = kernel.evaluate(function);
    List<byte[]> scalar = null;
    String text = KERNELS == 1 ? "\n" + Printer.print(function) : "";
    for (int bits : WIDTHS) {
      try {
        LoopKernel lowered = LoopLowering.lower(function);
        text = KERNELS == 1 ? "\n" + Printer.print(function) + LoopPrinter.print(lowered) : "";
        List<byte[]> actual =
            kernel.run(launch -> run(function, lowered, new EmissionOptions(bits), launch));
        scalar = scalar == null ? actual : scalar;
        String place = bits + " bits: ";
        var difference = kernel.difference(expected, actual);
        if (difference.isPresent()) {
          failures.add(place + difference.get() + text);
        }
        Optional<String> width = exactly(kernel).difference(scalar, actual);
        if (width.isPresent()) {
          failures.add(place + "not as in scalar code: " + width.get() + text);
        }
      } catch (RuntimeException | LinkageError e) {
        failures.add("%d bits: seed %d: %s%s".formatted(bits, kernel.seed(), trace(e), text));
      }
    }
  }

  private static String trace(Throwable thrown) {
    Throwable cause = thrown.getCause() == null ? thrown : thrown.getCause();
    var frames = cause.getStackTrace();
    return cause + (frames.length == 0 ? "" : " at " + frames[0]);
  }

  /** The kernel without tolerances; a NaN may have any bits, as the language says. */
  private static RandomKernel exactly(RandomKernel kernel) {
    List<RandomKernel.Argument> arguments = new ArrayList<>();
    for (RandomKernel.Argument argument : kernel.arguments()) {
      arguments.add(
          switch (argument) {
            case RandomKernel.Scalar scalar -> scalar;
            case RandomKernel.Buffer b ->
                new RandomKernel.Buffer(b.name(), b.dtype(), b.content(), 0);
          });
    }
    return new RandomKernel(kernel.seed(), kernel.function(), kernel.grid(), arguments);
  }

  /** Runs a kernel for whose addresses the offsets in the slab are taken. */
  private void run(
      TileFunction function, LoopKernel lowered, EmissionOptions options, Launch launch) {
    GeneratedClass generated = ClassFileEmitter.emit(lowered, options);
    for (Allocation allocation : launch.memory().allocations()) {
      for (long i = 0; i < allocation.size(); i++) {
        long at = allocation.address() + i;
        slab.set(ValueLayout.JAVA_BYTE, at, (byte) launch.memory().read(at, 1));
      }
    }
    for (int i = 0; i < function.params().size(); i++) {
      slab.set(ValueLayout.JAVA_LONG, ARGUMENTS + 8L * i, argument(function, launch, i));
    }
    if (SCRATCH + generated.scratchBytes() > SLAB) {
      throw new IllegalStateException("too much scratch memory");
    }
    // Whatever a kernel reads of its scratch memory it must have written.
    for (long i = 0; i < generated.scratchBytes() / 4; i++) {
      slab.set(ValueLayout.JAVA_INT, SCRATCH + 4 * i, 0x7fc12345);
    }
    Grid grid = launch.grid();
    int programs = grid.x() * grid.y() * grid.z();
    ProgramBody.clearScratch(slab, SCRATCH);
    generated.define().run(slab, 0, ARGUMENTS, SCRATCH, 0, programs, grid.x(), grid.y(), grid.z());
    for (Allocation allocation : launch.memory().allocations()) {
      for (long i = 0; i < allocation.size(); i++) {
        long at = allocation.address() + i;
        launch.memory().write(at, 1, slab.get(ValueLayout.JAVA_BYTE, at));
      }
    }
  }

  private static long argument(TileFunction function, Launch launch, int index) {
    DType dtype = function.params().get(index).value().dtype();
    Number value = launch.arguments().get(index);
    return dtype.isFloat() ? FloatFormat.toBits(dtype, value.doubleValue()) : value.longValue();
  }
}
