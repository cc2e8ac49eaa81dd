package dev.kiln.runtime.sim.isa.sync;

import dev.kiln.runtime.sim.exec.Warp;

/** {@code barrier.cta.sync}. */
final class BarrierSync extends CtaBarrier {
  BarrierSync(int number, int threads, boolean aligned) {
    super(number, threads, aligned);
  }

  @Override
  public Wait arrive(Warp warp) {
    return arrive(warp, true, 0);
  }
}
