package dev.kiln.runtime.sim.monitor.sync;

import dev.kiln.runtime.sim.exec.Attachment;
import dev.kiln.runtime.sim.exec.PlaceText;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.WaitingStep;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.Access;
import dev.kiln.runtime.sim.monitor.Monitor;

/**
 * Barriers of blocks and clusters: aligned ones that only some lanes of a warp reach (PTX ISA,
 * {@code barrier.cta}: all threads of the warp must execute the same one), and arrivals at the
 * cluster's that nobody waits after.
 */
final class BarrierCheck implements Monitor {
  private static final Attachment<Warp, Arrivals> ARRIVALS =
      new Attachment<>(warp -> new Arrivals());

  private final Reporter reporter;

  BarrierCheck(Reporter reporter) {
    this.reporter = reporter;
  }

  /** Lanes that have arrived at the cluster's barrier and not waited, and where. */
  private static final class Arrivals {
    private int lanes;
    private Step step;
  }

  @Override
  public boolean hearsIssues() {
    return false;
  }

  @Override
  public boolean hearsAccesses() {
    return false;
  }

  @Override
  public void barrierArrives(Warp warp, Step step, int lanes, int id, boolean waits) {
    requireTogether(warp, step, lanes, "barrier " + id + " of the block");
  }

  private void requireTogether(Warp warp, Step step, int lanes, String barrier) {
    int others = warp.present() & ~lanes;
    if (others != 0 && step instanceof WaitingStep waiting && waiting.aligned()) {
      reporter.report(
          warp,
          step,
          lanes,
          () ->
              "%s reached by %s of the warp without %s, although the instruction is aligned"
                  .formatted(barrier, PlaceText.lanesOf(lanes), PlaceText.lanesOf(others)));
    }
  }

  @Override
  public void clusterArrives(Warp warp, Step step, int lanes, Access.Order order) {
    requireTogether(warp, step, lanes, "the cluster's barrier");
    Arrivals arrivals = warp.attached(ARRIVALS);
    arrivals.lanes |= lanes;
    arrivals.step = step;
  }

  @Override
  public void clusterWaited(Warp warp, Step step, int lanes, Access.Order order) {
    warp.attached(ARRIVALS).lanes &= ~lanes;
  }

  @Override
  public void exits(Warp warp, int lanes) {
    Arrivals arrivals = warp.attached(ARRIVALS);
    int left = arrivals.lanes & lanes;
    if (left != 0) {
      reporter.report(
          warp,
          arrivals.step,
          left,
          () ->
              "%s of the warp exit without barrier.cluster.wait after this arrival"
                  .formatted(PlaceText.lanesOf(left)));
    }
  }
}
