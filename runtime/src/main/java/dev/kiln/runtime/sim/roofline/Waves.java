package dev.kiln.runtime.sim.roofline;

/**
 * How blocks spread over SMs.
 *
 * @param blocks of the launch
 * @param sms of the GPU
 * @param resident blocks on an SM at a time
 */
public record Waves(long blocks, int sms, int resident) {
  /** How often all SMs are filled with blocks; the last time perhaps not wholly. */
  public double waves() {
    return resident == 0 ? 0 : (double) blocks / ((long) sms * resident);
  }

  /** Blocks that the busiest SM runs, if the others run as many or one less. */
  public long busiest() {
    return (blocks + sms - 1) / sms;
  }

  /** By how much the busiest SM has more to do than the average, at least 1: the tail. */
  public double tail() {
    return blocks == 0 ? 1 : (double) busiest() * sms / blocks;
  }
}
