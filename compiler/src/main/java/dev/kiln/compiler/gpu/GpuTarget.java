package dev.kiln.compiler.gpu;

import dev.kiln.compiler.Target;

/**
 * What a GPU target can do.
 *
 * @param ptxVersion the lowest that the target's instructions need
 * @param sharedLimit bytes of shared memory that a block may have
 */
public record GpuTarget(Target target, int major, int minor, String ptxVersion, long sharedLimit) {
  /** Fails for {@link Target#CPU}. */
  public static GpuTarget of(Target target) {
    return switch (target) {
      case SM_80 -> new GpuTarget(target, 8, 0, "7.4", 163 << 10);
      case SM_89 -> new GpuTarget(target, 8, 9, "8.4", 99 << 10);
      case SM_90A -> new GpuTarget(target, 9, 0, "8.4", 227 << 10);
      case SM_100 -> new GpuTarget(target, 10, 0, "8.6", 227 << 10);
      case SM_120 -> new GpuTarget(target, 12, 0, "8.7", 99 << 10);
      case CPU -> throw new IllegalArgumentException("the CPU is not a GPU target");
    };
  }

  /** Whether the capability is at least {@code major.minor}. */
  private boolean atLeast(int otherMajor, int otherMinor) {
    return major > otherMajor || major == otherMajor && minor >= otherMinor;
  }

  /** Warpgroup products, only on the {@code a} target of Hopper. */
  public boolean hasWgmma() {
    return target == Target.SM_90A;
  }

  /** Bulk tensor copies and mbarrier transactions. */
  public boolean hasTma() {
    return atLeast(9, 0);
  }

  /** Sums, products and atomic additions of bf16. */
  public boolean hasBf16Arithmetic() {
    return atLeast(9, 0);
  }

  /** {@code stmatrix}: matrices from registers to shared memory. */
  public boolean hasMatrixStores() {
    return atLeast(9, 0);
  }

  /** Conversions and products of e4m3 and e5m2. */
  public boolean hasFp8() {
    return atLeast(8, 9);
  }
}
