package dev.kiln.runtime.sim.memory;

import dev.kiln.runtime.sim.program.Program.PlacedVariable;
import java.util.List;

/**
 * Gaps between variables of one block of memory, static shared variables or those of a local frame,
 * so that an access beyond one does not hit the next. Gaps are multiples of 1,024 bytes, so that
 * variables keep their banks.
 */
public final class GuardedLayout {
  /** Eight times around the banks of shared memory, as wide as any swizzle's pattern. */
  public static final long GAP = 1024;

  /**
   * With more gaps, the largest blocks would not fit into the 256 KiB that the matrix descriptors
   * of {@code wgmma} can address.
   */
  public static final int MOST_VARIABLES = 28;

  private final boolean guarded;
  private long end;

  /**
   * @param guarded whether to leave gaps at all: with the sanitizer {@code memory}
   */
  public GuardedLayout(boolean guarded) {
    this.guarded = guarded;
  }

  /** The offset of the next variable. */
  public long add(long bytes, long alignment) {
    long start = AddressSpace.roundUp(end, Math.max(1, alignment));
    end = Math.addExact(start, bytes);
    if (guarded) {
      end += GAP;
    }
    return start;
  }

  /** How many of the bytes of static shared memory are gaps. */
  public static long gaps(List<PlacedVariable> variables, long bytes) {
    long used = variables.stream().mapToLong(v -> v.offset() + v.size()).max().orElse(bytes);
    return bytes - used >= GAP ? GAP * variables.size() : 0;
  }

  /** Bytes so far, the last gap included. */
  public long size() {
    return end;
  }
}
