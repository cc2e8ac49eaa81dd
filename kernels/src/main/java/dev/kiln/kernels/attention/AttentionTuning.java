package dev.kiln.kernels.attention;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.attention.Attention.Blocks;

/** Block sizes of attention that fill the registers and the shared memory of a target. */
final class AttentionTuning {
  private static final Blocks CPU = new Blocks(128, 128, 256, 128, 4, 1);

  /** Where one block of keys would hold all, two leave out a part of what a causal mask hides. */
  private static final Blocks CPU_SHORT = new Blocks(128, 128, 128, 128, 4, 1);

  private static final long SHORT = 256;

  private AttentionTuning() {}

  /** For inputs of a type, heads of a size, and so many keys. */
  static Blocks blocks(Target target, DType dtype, long head, long keys) {
    if (!target.isGpu()) {
      return keys <= SHORT ? CPU_SHORT : CPU;
    }
    return dtype.bits() > 16 ? wide(head * dtype.bytes()) : narrow(target, head);
  }

  /**
   * For fp32 and fp64.
   *
   * @param rowBytes of a row of a head
   */
  private static Blocks wide(long rowBytes) {
    if (rowBytes <= 256) {
      return new Blocks(64, 32, 32, 32, 4, 2);
    }
    if (rowBytes <= 1024) {
      return new Blocks(32, 32, 32, 16, 4, rowBytes <= 512 ? 2 : 1);
    }
    return new Blocks(16, 16, 16, 16, 4, 1);
  }

  private static Blocks narrow(Target target, long head) {
    boolean hasLittleMemory = target == Target.SM_89 || target == Target.SM_120;
    if (head <= 64) {
      return new Blocks(128, 64, 64, 64, 4, 3);
    }
    if (head <= 128) {
      return hasLittleMemory
          ? new Blocks(128, 64, 64, 32, 8, 2)
          : new Blocks(128, 64, 64, 64, 8, 3);
    }
    return target == Target.SM_90A
        ? new Blocks(128, 32, 64, 32, 8, 2)
        : new Blocks(128, 64, hasLittleMemory ? 32 : 64, 32, 8, 1);
  }
}
