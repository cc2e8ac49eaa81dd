package dev.kiln.runtime.sim.monitor.sync;

import dev.kiln.runtime.sim.exec.Attachment;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.Access.Agent;
import dev.kiln.runtime.sim.monitor.Finding;
import dev.kiln.runtime.sim.monitor.Monitor;
import dev.kiln.runtime.sim.program.Program;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Registers of {@code wgmma.mma_async} (PTX ISA, "Asynchronous wgmma Instructions"): until a wait
 * covers the operation, nobody may touch its accumulators, or write its part of A; and after they
 * have been touched, {@code wgmma.fence} has to come before the next operation on them. For the
 * fence, {@code mov} does not count: compilers put copies of registers anywhere.
 */
final class WgmmaCheck implements Monitor {
  private static final Attachment<Warp, State> STATE = new Attachment<>(warp -> new State());

  private final WgmmaRegisters registers;
  private final Reporter reporter;

  WgmmaCheck(Program program, Reporter reporter) {
    this.registers = new WgmmaRegisters(program);
    this.reporter = reporter;
  }

  /** What a warp has in flight and has touched. */
  private static final class State {
    private final List<AsyncOperation> flying = new ArrayList<>();

    /** Operations, by number of the step, whose registers were touched since the last fence. */
    private final BitSet touched = new BitSet();

    private boolean fenced;
    private Step lastTouch;
  }

  @Override
  public boolean hearsAccesses() {
    return false;
  }

  @Override
  public void asyncBegins(AsyncOperation operation) {
    if (operation.agent() == Agent.WGMMA) {
      operation.warp().attached(STATE).flying.add(operation);
    }
  }

  @Override
  public void asyncAwaited(AsyncOperation operation, Warp warp, Step step, int lanes) {
    if (operation.agent() == Agent.WGMMA) {
      warp.attached(STATE).flying.remove(operation);
    }
  }

  @Override
  public void issues(Warp warp, Step step, int path, int active) {
    if (active == 0) {
      return;
    }
    switch (registers.kind(step)) {
      case NONE -> {}
      case FENCE -> {
        State state = warp.attached(STATE);
        state.fenced = true;
        state.touched.clear();
      }
      case MULTIPLIES -> {
        State state = warp.attached(STATE);
        requireLanded(warp, state, step);
        requireFence(warp, state, step);
      }
      case TOUCHES, MOVES -> {
        State state = warp.attached(STATE);
        requireLanded(warp, state, step);
        if (registers.kind(step) == WgmmaRegisters.Kind.TOUCHES) {
          state.touched.or(registers.touched(step));
          state.lastTouch = step;
        }
      }
    }
  }

  private void requireLanded(Warp warp, State state, Step step) {
    for (AsyncOperation operation : state.flying) {
      if (registers.collide(step, operation.step())) {
        reporter.report(
            warp,
            step,
            0,
            Finding.Place.of(operation.step(), warp, -1),
            () -> "touches a register of wgmma.mma_async before wgmma.wait_group covers it");
        return;
      }
    }
  }

  private void requireFence(Warp warp, State state, Step step) {
    if (!state.fenced) {
      reporter.report(warp, step, 0, () -> "the first wgmma.mma_async without wgmma.fence before");
      state.fenced = true;
    } else if (state.touched.get(step.site().pc())) {
      reporter.report(
          warp,
          step,
          0,
          Finding.Place.of(state.lastTouch, warp, -1),
          () -> "no wgmma.fence since a register of this wgmma.mma_async was touched");
    }
  }
}
