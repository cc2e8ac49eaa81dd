package dev.kiln.runtime.sim.exec;

import dev.kiln.runtime.sim.memory.AddressSpace;
import dev.kiln.runtime.sim.memory.Region;
import dev.kiln.runtime.sim.monitor.Monitor;
import dev.kiln.runtime.sim.program.Program;
import dev.kiln.runtime.sim.program.SpecialRegister;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntBinaryOperator;
import java.util.function.Supplier;

/** Programs of hand-made steps, to test the executor without PTX. */
final class TestProgram {
  /** Slots 0 to 31 are free; these hold special registers. */
  static final int TID = 32 * Warp.LANES;

  static final int LANE = 33 * Warp.LANES;
  static final int BLOCK = 34 * Warp.LANES;
  private static final int WORDS = 35;

  private final List<Supplier<Step>> steps = new ArrayList<>();
  private final Map<String, Integer> labels = new HashMap<>();
  private ExecutorOptions options = ExecutorOptions.standard().withThreads(1);
  private Monitor monitor;

  static int word(int slot) {
    return slot * Warp.LANES;
  }

  TestProgram label(String name) {
    labels.put(name, steps.size());
    return this;
  }

  TestProgram step(Step step) {
    steps.add(() -> step);
    return this;
  }

  /** Something that the active lanes do together. */
  TestProgram run(Consumer<Warp> action) {
    return step(
        new Step() {
          @Override
          public void run(Warp warp) {
            action.accept(warp);
          }
        });
  }

  /** The active lanes, each by itself. */
  TestProgram each(LaneAction action) {
    return run(
        warp -> {
          for (int rest = warp.active; rest != 0; rest &= rest - 1) {
            action.run(warp, Integer.numberOfTrailingZeros(rest));
          }
        });
  }

  /** Sets a word of each active lane; the operator gets the warp's index and the lane. */
  TestProgram set(int slot, IntBinaryOperator value) {
    return each((warp, lane) -> warp.words[word(slot) + lane] = value.applyAsInt(warp.index, lane));
  }

  /** Sets a predicate. */
  TestProgram test(int predicate, LaneTest test) {
    return each(
        (warp, lane) -> {
          int bit = 1 << lane;
          warp.predicates[predicate] =
              test.test(warp, lane)
                  ? warp.predicates[predicate] | bit
                  : warp.predicates[predicate] & ~bit;
        });
  }

  TestProgram branch(String target) {
    return branch(-1, false, target, null);
  }

  /** A branch of the lanes whose predicate is true, or false if negated. */
  TestProgram branch(int predicate, boolean negated, String target, String join) {
    return guarded(
        () ->
            new ControlStep.Branch(
                labels.get(target), join == null ? ControlStep.AT_RETURN : labels.get(join)),
        predicate,
        negated);
  }

  TestProgram call(String target, ControlStep.SlotRange saved) {
    steps.add(() -> new ControlStep.Call(labels.get(target), saved));
    return this;
  }

  TestProgram ret(int predicate) {
    return guarded(ControlStep.Return::new, predicate, false);
  }

  TestProgram exit(int predicate) {
    return guarded(ControlStep.Exit::new, predicate, false);
  }

  TestProgram guarded(Supplier<Step> maker, int predicate, boolean negated) {
    steps.add(
        () -> {
          Step step = maker.get();
          if (predicate >= 0) {
            step.guardedBy(predicate, negated);
          }
          return step;
        });
    return this;
  }

  /** A barrier of the block. */
  TestProgram barrier(int id, int threads, boolean aligned) {
    return step(new TestBarrier(id, threads, aligned, true));
  }

  TestProgram arrive(int id, int threads) {
    return step(new TestBarrier(id, threads, true, false));
  }

  /** A step at which the given lanes come together. */
  TestProgram sync(int members, Consumer<Warp> action) {
    return step(
        new WarpSyncStep() {
          @Override
          public int members(Warp warp, int lane) {
            return members;
          }

          @Override
          public void run(Warp warp) {
            action.accept(warp);
          }
        });
  }

  TestProgram options(ExecutorOptions newOptions) {
    options = newOptions;
    return this;
  }

  TestProgram monitor(Monitor newMonitor) {
    monitor = newMonitor;
    return this;
  }

  /** Address of a function, for indirect calls. */
  int address(String label) {
    return labels.get(label);
  }

  long launch(int blocks, int threads) {
    return launch(LaunchShape.of(blocks, threads));
  }

  long launch(LaunchShape shape) {
    Step[] made = steps.stream().map(Supplier::get).toArray(Step[]::new);
    boolean[] leaders = new boolean[made.length];
    java.util.Arrays.fill(leaders, true);
    Program program =
        new Program(
            "test",
            made,
            leaders,
            WORDS,
            4,
            16,
            List.of(),
            Map.of(
                SpecialRegister.TID_X, TID,
                SpecialRegister.LANEID, LANE,
                SpecialRegister.CTAID_X, BLOCK),
            List.of(),
            0,
            0,
            16,
            List.of(),
            0,
            List.of(),
            Map.of());
    try (AddressSpace space = new AddressSpace()) {
      Region parameters = space.parameters(Arena.ofAuto().allocate(8));
      GridRun grid = new GridRun(space, parameters, shape);
      return new Executor(new Code(program), grid, options).run(thread -> monitor);
    }
  }

  /** What one lane does. */
  interface LaneAction {
    void run(Warp warp, int lane);
  }

  /** A condition of one lane. */
  interface LaneTest {
    boolean test(Warp warp, int lane);
  }

  private static final class TestBarrier extends WaitingStep {
    private final int id;
    private final int threads;
    private final boolean aligned;
    private final boolean waits;

    TestBarrier(int id, int threads, boolean aligned, boolean waits) {
      this.id = id;
      this.threads = threads;
      this.aligned = aligned;
      this.waits = waits;
    }

    @Override
    public boolean aligned() {
      return aligned;
    }

    @Override
    public Wait arrive(Warp warp) {
      Wait wait =
          warp.block.barriers.arrive(warp, this, warp.active, id, threads, waits, warp.active);
      return waits ? wait : null;
    }
  }
}
