package dev.kiln.runtime.sim.exec;

import dev.kiln.runtime.sim.program.Program;
import java.util.Arrays;

/**
 * A program made ready for the executor: the straight runs of steps between the places where
 * something has to be decided. Immutable, shared by all warps of all launches.
 */
public final class Code {
  static final byte PLAIN = 0;
  static final byte SYNC = 1;
  static final byte WAITING = 2;
  static final byte BRANCH = 3;
  static final byte CONTROL = 4;

  final Program program;

  /** The program's steps, and a return after the last. */
  final Step[] steps;

  /** Whether a path may have to stop there to meet others. */
  final boolean[] leader;

  final byte[] kind;

  /**
   * For each step the first one, not before it, that is not part of the straight run; the step
   * itself if it cannot be run straight.
   */
  final int[] end;

  /** The same for a path of all lanes that are left, which meets nobody at a {@code .sync} step. */
  final int[] endTogether;

  /** Takes the place of {@link #steps} in straight runs, once it has been made. */
  volatile JoinedSteps joined;

  final JoinedSteps.Counter counter;

  private final boolean ordersBlocks;

  public Code(Program program) {
    this.program = program;
    int count = program.steps().length;
    steps = Arrays.copyOf(program.steps(), count + 1);
    steps[count] = new ControlStep.Return();
    if (count > 0) {
      steps[count].place(steps[count - 1].site());
    }
    leader = Arrays.copyOf(program.leaders(), count + 2);
    kind = new byte[count + 1];
    for (int pc = 0; pc <= count; pc++) {
      kind[pc] = kindOf(steps[pc]);
      if (kind[pc] != PLAIN && kind[pc] != BRANCH) {
        leader[pc + 1] = true; // a part of a path may go on without the other
      }
    }
    end = new int[count + 1];
    endTogether = new int[count + 1];
    for (int pc = count; pc >= 0; pc--) {
      end[pc] = runEnd(pc, end, kind[pc] == PLAIN);
      endTogether[pc] = runEnd(pc, endTogether, kind[pc] == PLAIN || needsNobody(steps[pc]));
    }
    counter = new JoinedSteps.Counter(this);
    ordersBlocks = Arrays.stream(steps).anyMatch(Step::ordersBlocks);
  }

  private int runEnd(int pc, int[] ends, boolean straight) {
    if (!straight) {
      return pc;
    }
    // A step after a .sync one is a leader only for warps that have parted there.
    boolean stops = pc + 1 < program.leaders().length ? program.leaders()[pc + 1] : true;
    return stops ? pc + 1 : ends[pc + 1];
  }

  public Program program() {
    return program;
  }

  /** Whether its blocks have to run one after the other. */
  public boolean ordersBlocks() {
    return ordersBlocks;
  }

  /** Whether a warp whose lanes are all together need not look for others. */
  private static boolean needsNobody(Step step) {
    return step instanceof WarpSyncStep sync && sync.fixedMembers() && sync.guard < 0;
  }

  private static byte kindOf(Step step) {
    return switch (step) {
      case WarpSyncStep s -> SYNC;
      case WaitingStep s -> WAITING;
      case ControlStep.Branch s -> BRANCH;
      case ControlStep s -> CONTROL;
      case Step s -> PLAIN;
    };
  }
}
