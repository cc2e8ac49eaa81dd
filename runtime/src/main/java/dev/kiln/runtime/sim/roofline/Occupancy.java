package dev.kiln.runtime.sim.roofline;

import static dev.kiln.runtime.sim.roofline.Quantity.BLOCKS;
import static dev.kiln.runtime.sim.roofline.Quantity.REGISTERS;
import static dev.kiln.runtime.sim.roofline.Quantity.REGISTERS_PER_THREAD;
import static dev.kiln.runtime.sim.roofline.Quantity.REGISTER_UNIT;
import static dev.kiln.runtime.sim.roofline.Quantity.SHARED_PER_BLOCK;
import static dev.kiln.runtime.sim.roofline.Quantity.SHARED_PER_SM;
import static dev.kiln.runtime.sim.roofline.Quantity.SHARED_RESERVED;
import static dev.kiln.runtime.sim.roofline.Quantity.SHARED_UNIT;
import static dev.kiln.runtime.sim.roofline.Quantity.THREADS;

/**
 * How many blocks share an SM, by the rules of the CUDA Toolkit's {@code cuda_occupancy.h}.
 *
 * @param blocks on an SM at a time; 0 if not even one fits
 * @param warps of them
 * @param mostWarps that an SM holds
 * @param limit what admits no more
 */
public record Occupancy(int blocks, int warps, int mostWarps, Limit limit) {
  private static final int LANES = 32;

  /** Each of the four parts of an SM has its own registers. */
  private static final int PARTS = 4;

  /** What limits the number of blocks; of several, the first. */
  public enum Limit {
    THREADS,
    BLOCKS,
    REGISTERS,
    SHARED
  }

  /**
   * Computes it.
   *
   * @param threads of a block
   * @param registers of a thread
   * @param shared bytes of a block
   */
  public static Occupancy of(GpuModel gpu, int threads, int registers, long shared) {
    int warps = (threads + LANES - 1) / LANES;
    int mostWarps = gpu.count(THREADS) / LANES;
    int[] most = new int[Limit.values().length];
    most[Limit.REGISTERS.ordinal()] = byRegisters(gpu, warps, registers);
    most[Limit.SHARED.ordinal()] = byShared(gpu, shared);
    most[Limit.THREADS.ordinal()] = mostWarps / warps;
    most[Limit.BLOCKS.ordinal()] = gpu.count(BLOCKS);
    Limit limit = Limit.THREADS;
    for (Limit other : Limit.values()) {
      limit = most[other.ordinal()] < most[limit.ordinal()] ? other : limit;
    }
    int blocks = most[limit.ordinal()];
    return new Occupancy(blocks, blocks * warps, mostWarps, limit);
  }

  private static int byRegisters(GpuModel gpu, int warps, int registers) {
    int each = Math.min(registers, gpu.count(REGISTERS_PER_THREAD));
    long ofWarp = roundUp((long) each * LANES, gpu.count(REGISTER_UNIT));
    long warpsOfPart = gpu.count(REGISTERS) / PARTS / Math.max(1, ofWarp);
    return (int) Math.min(Integer.MAX_VALUE, warpsOfPart * PARTS / warps);
  }

  private static int byShared(GpuModel gpu, long shared) {
    if (shared > gpu.count(SHARED_PER_BLOCK)) {
      return 0;
    }
    long ofBlock = roundUp(shared + gpu.count(SHARED_RESERVED), gpu.count(SHARED_UNIT));
    return (int) (gpu.count(SHARED_PER_SM) / ofBlock);
  }

  private static long roundUp(long value, long unit) {
    return (value + unit - 1) / unit * unit;
  }

  /** Warps of those that an SM holds, from 0 to 1. */
  public double share() {
    return (double) warps / mostWarps;
  }
}
