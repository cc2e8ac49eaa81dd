package dev.kiln.runtime.sim.isa.sync;

import dev.kiln.runtime.sim.exec.Warp;

/** {@code barrier.cta.arrive}. */
final class BarrierArrive extends CtaBarrier {
  BarrierArrive(int number, int threads, boolean aligned) {
    super(number, threads, aligned);
  }

  @Override
  public Wait arrive(Warp warp) {
    arrive(warp, false, 0);
    return null;
  }
}
