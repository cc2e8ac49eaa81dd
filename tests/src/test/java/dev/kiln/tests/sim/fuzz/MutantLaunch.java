package dev.kiln.tests.sim.fuzz;

import dev.kiln.compiler.Target;
import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.sim.PtxKernel;
import dev.kiln.runtime.sim.PtxModule;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimFault;
import dev.kiln.runtime.sim.SimLaunch;
import dev.kiln.runtime.sim.SimModule;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.SimReport;
import dev.kiln.runtime.sim.TensorMap;
import dev.kiln.runtime.sim.TensorMap.DataType;
import dev.kiln.runtime.sim.exec.ExecutorOptions;
import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.monitor.Sanitizer;
import dev.kiln.runtime.sim.monitor.count.AnnotatedPtx;
import dev.kiln.runtime.sim.monitor.count.Counters;
import dev.kiln.runtime.sim.monitor.count.CountersJson;
import dev.kiln.runtime.sim.monitor.count.CountersReport;
import dev.kiln.runtime.sim.monitor.count.LaunchCounting;
import dev.kiln.runtime.sim.program.Program.Parameter;
import dev.kiln.runtime.sim.ptx.PtxType;
import dev.kiln.runtime.sim.roofline.GpuModel;
import dev.kiln.runtime.sim.roofline.RooflineEstimate;
import dev.kiln.runtime.sim.roofline.RooflineReport;
import dev.kiln.tests.sim.fuzz.PtxMutants.Mutant;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Loads a mutant and launches its entries under tight limits: a quarter of the mutants watched by
 * nobody, a quarter by all sanitizers, a quarter with warps shuffled, and a quarter counted.
 */
final class MutantLaunch implements MutantRun.Action {
  private static final int MOST_ENTRIES = 3;
  private static final int MOST_PARAMETER_BYTES = 1 << 16;
  private static final int BUFFER_BYTES = 4096;

  private static final ExecutorOptions EXECUTOR =
      ExecutorOptions.standard()
          .withThreads(1)
          .withLimits(20_000, TimeUnit.SECONDS.toNanos(2))
          .withMaxIdlePolls(200)
          .withMaxResidentBlocks(8);

  private static final SimOptions PLAIN =
      SimOptions.standard()
          .withTarget(Target.SM_90A)
          .withMemory(64 << 20)
          .withOutput(text -> {})
          .withExecutor(EXECUTOR);

  private static final SimOptions SANITIZED = PLAIN.withSanitizers(EnumSet.allOf(Sanitizer.class));

  private static final SimOptions COUNTED = PLAIN.watchedBy(new LaunchCounting());

  private int ended;
  private int stopped;
  private int refused;

  /** Launches that ran to their end. */
  int ended() {
    return ended;
  }

  /** Launches that a fault stopped. */
  int stopped() {
    return stopped;
  }

  /** Entries or launches that were refused. */
  int refused() {
    return refused;
  }

  /**
   * @throws KilnException if the text is refused
   */
  @Override
  public void accept(Mutant mutant) {
    PtxModule text = PtxModule.parse("mutant.ptx", mutant.text());
    try (SimDevice device = new SimDevice(options(mutant.number()));
        SimModule module = device.load(text)) {
      Random random = new Random(mutant.number());
      List<String> entries = text.entries();
      for (String entry : entries.subList(0, Math.min(MOST_ENTRIES, entries.size()))) {
        launch(device, module, entry, random);
      }
    }
  }

  private static SimOptions options(int number) {
    return switch (number & 3) {
      case 0 -> PLAIN;
      case 1 -> SANITIZED;
      case 2 -> PLAIN.withExecutor(EXECUTOR.withSeed(number));
      default -> COUNTED;
    };
  }

  private void launch(SimDevice device, SimModule module, String entry, Random random) {
    try {
      PtxKernel kernel = module.kernel(entry);
      SimReport report = kernel.launch(shape(kernel, random), arguments(device, kernel, random));
      ended++;
      read(report, module);
    } catch (SimFault fault) {
      stopped++;
      if (fault.kind() == LaneFault.Kind.INTERNAL) {
        throw new AssertionError(fault.getMessage(), fault);
      }
      fault.report().ifPresent(report -> read(report, module));
    } catch (KilnException e) {
      refused++;
    }
  }

  /** What the kernel asks for, or a small one. */
  private static SimLaunch shape(PtxKernel kernel, Random random) {
    List<Integer> required = kernel.program().directives().getOrDefault("reqntid", List.of());
    Grid block = Grid.of(32 + random.nextInt(33));
    if (!required.isEmpty() && required.stream().allMatch(extent -> extent >= 0)) {
      block = Grid.of(required.get(0), at(required, 1), at(required, 2));
    }
    List<Integer> cluster =
        kernel.program().directives().getOrDefault("reqnctapercluster", List.of());
    int blocks = cluster.isEmpty() ? 1 + random.nextInt(2) : Math.clamp(cluster.get(0), 1, 4);
    return new SimLaunch(
        Grid.of(blocks), block, random.nextInt(2) * BUFFER_BYTES * 4L, Optional.empty());
  }

  private static int at(List<Integer> numbers, int index) {
    return index < numbers.size() ? numbers.get(index) : 1;
  }

  private static Object[] arguments(SimDevice device, PtxKernel kernel, Random random) {
    return kernel.parameters().stream().map(p -> argument(device, p, random)).toArray();
  }

  private static Object argument(SimDevice device, Parameter parameter, Random random) {
    PtxType type = parameter.type();
    if (parameter.size() == TensorMap.BYTES) {
      return TensorMap.tiled(DataType.FLOAT32, zeros(device).address(), 16, 16).box(8, 8).build();
    } else if (parameter.size() > MOST_PARAMETER_BYTES) {
      return 0;
    } else if (parameter.size() != type.bytes() || parameter.size() > Long.BYTES) {
      return new byte[parameter.size()];
    } else if (type == PtxType.F32) {
      return 1.5f;
    } else if (type == PtxType.F64) {
      return 2.5;
    } else if (type.isFloat()) {
      return new byte[parameter.size()];
    }
    return parameter.size() == Long.BYTES ? zeros(device) : (Object) (1 + random.nextInt(40));
  }

  private static Buffer zeros(SimDevice device) {
    Buffer buffer = device.allocate(BUFFER_BYTES);
    buffer.segment().fill((byte) 0);
    return buffer;
  }

  /** Whatever can be made of a report. */
  private static void read(SimReport report, SimModule module) {
    report.findings().text();
    report
        .part(Counters.class)
        .ifPresent(
            counters -> {
              CountersReport.table(counters);
              CountersReport.sourceLines(counters);
              CountersJson.withLines(counters);
              AnnotatedPtx.of(counters, module.module().file().lines());
              RooflineReport.table(RooflineEstimate.of(counters, GpuModel.all().getFirst()));
            });
  }
}
