package dev.kiln.runtime.sim.monitor.count;

import dev.kiln.runtime.sim.exec.LaunchShape;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.monitor.Monitor.MbarrierEvent;
import dev.kiln.runtime.sim.monitor.count.Counters.Launch;
import dev.kiln.runtime.sim.monitor.count.Counters.Line;
import dev.kiln.runtime.sim.monitor.count.Counters.Synchronisation;
import dev.kiln.runtime.sim.monitor.count.Counters.UniqueSectors;
import dev.kiln.runtime.sim.program.InsertedStep;
import dev.kiln.runtime.sim.program.Program;
import dev.kiln.runtime.sim.program.Program.Constant;
import dev.kiln.runtime.sim.program.SpecialRegister;
import dev.kiln.runtime.sim.ptx.Statement.Instruction;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Puts together what several threads have counted. */
final class CountersSum {
  private final Program program;
  private final LaunchShape shape;
  private final List<CountingMonitor> monitors;
  private final long[] tallies;

  CountersSum(Program program, LaunchShape shape, List<CountingMonitor> monitors) {
    this.program = program;
    this.shape = shape;
    this.monitors = List.copyOf(monitors);
    this.tallies = new long[program.steps().length * Measures.COUNT];
    for (CountingMonitor monitor : monitors) {
      for (int i = 0; i < tallies.length; i++) {
        tallies[i] += monitor.tallies[i];
      }
    }
  }

  Counters counters() {
    List<Line> lines = new ArrayList<>();
    for (Step step : program.steps()) {
      if (!(step instanceof InsertedStep)) {
        lines.add(line(step));
      }
    }
    return new Counters(program.name(), launch(), lines, unique(), synchronisation());
  }

  private Launch launch() {
    long blocks = monitors.stream().mapToLong(monitor -> monitor.blocks).sum();
    return new Launch(shape, blocks, sharedBytes(), registers(program));
  }

  private long sharedBytes() {
    long alignment = program.dynamicSharedAlignment();
    long fixed = program.staticShared();
    return shape.dynamicShared() == 0
        ? fixed
        : (fixed + alignment - 1) / alignment * alignment + shape.dynamicShared();
  }

  /**
   * Registers of 32 bits for each thread, an estimate: slots of values that live at the same time,
   * those of constants and special registers aside, at most what {@code .maxnreg} says. Predicates
   * have registers of their own.
   */
  static int registers(Program program) {
    int words = program.words() - program.specials().size();
    int wides = program.wides();
    if (program.specials().containsKey(SpecialRegister.GRIDID)) {
      words++;
      wides--;
    }
    for (Constant constant : program.constants()) {
      words -= constant.bits() == 32 ? 1 : 0;
      wides -= constant.bits() == 64 ? 1 : 0;
    }
    int estimate = Math.max(1, words + 2 * wides);
    List<Integer> most = program.directives().getOrDefault("maxnreg", List.of());
    return most.isEmpty() ? estimate : Math.min(estimate, most.getFirst());
  }

  private Line line(Step step) {
    Instruction instruction = step.site().instruction();
    Optional<TensorWork> tensor = TensorWork.of(instruction);
    int at = step.site().pc() * Measures.COUNT;
    Direction direction = Direction.of(instruction);
    derive(at, direction, tensor);
    return new Line(
        step.site().pc(),
        step.site().line(),
        step.site().function(),
        instruction.mnemonic(),
        step.site().source(),
        Classification.of(instruction),
        direction,
        tensor,
        Measures.of(tallies, at));
  }

  /** What follows from other counts. */
  private void derive(int at, Direction direction, Optional<TensorWork> tensor) {
    tensor.ifPresent(
        work -> {
          long times = get(at, Measure.EXECUTIONS) - get(at, Measure.PREDICATED_OFF);
          set(at, Measure.MULTIPLY_ADDS, times * work.multiplyAdds());
          set(at, Measure.TENSOR_SHARED_BYTES, times * work.sharedBytes());
        });
    switch (direction) {
      case BULK_LOADS, BULK_STORES, BULK_REDUCTIONS -> {
        // Bulk operations move whole wavefronts and sectors.
        set(at, Measure.GLOBAL_IDEAL_SECTORS, Sectors.ideal(get(at, Measure.GLOBAL_BYTES)));
        long wavefronts = wavefronts(get(at, Measure.SHARED_BYTES));
        set(at, Measure.SHARED_WAVEFRONTS, wavefronts);
        set(at, Measure.SHARED_IDEAL_WAVEFRONTS, wavefronts);
      }
      case LOADS, STORES, ATOMICS, REDUCTIONS, COPIES -> {}
    }
  }

  static long wavefronts(long bytes) {
    return (bytes + SharedWavefronts.BYTES - 1) / SharedWavefronts.BYTES;
  }

  private long get(int at, Measure measure) {
    return tallies[at + measure.ordinal()];
  }

  private void set(int at, Measure measure, long value) {
    tallies[at + measure.ordinal()] = value;
  }

  private UniqueSectors unique() {
    SectorSet reads = new SectorSet();
    SectorSet writes = new SectorSet();
    for (CountingMonitor monitor : monitors) {
      reads.addAll(monitor.reads);
      writes.addAll(monitor.writes);
    }
    return new UniqueSectors(reads.size(), writes.size());
  }

  private Synchronisation synchronisation() {
    Map<MbarrierEvent, Long> events = new EnumMap<>(MbarrierEvent.class);
    for (MbarrierEvent event : MbarrierEvent.values()) {
      long count =
          monitors.stream().mapToLong(monitor -> monitor.mbarrierEvents[event.ordinal()]).sum();
      if (count != 0) {
        events.put(event, count);
      }
    }
    return new Synchronisation(
        monitors.stream().mapToLong(monitor -> monitor.barriersCompleted).sum(),
        monitors.stream().mapToLong(monitor -> monitor.clusterBarriersCompleted).sum(),
        events);
  }
}
