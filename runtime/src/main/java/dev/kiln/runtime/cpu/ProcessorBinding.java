package dev.kiln.runtime.cpu;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.BitSet;
import java.util.Locale;

/**
 * Binds a worker to a processor of its own, as OpenMP's {@code OMP_PROC_BIND=true} does.
 *
 * <p>A scheduler that wakes a worker often puts it onto its caller's processor, where the two take
 * turns for milliseconds while another processor is idle: a product of 512 x 512 then takes as long
 * on two threads as on one. Only workers are bound, and only if the threads are as many as the
 * processors that the process may use, so that two small pools of one machine do not meet on the
 * same few. Needs Linux and native access; does nothing elsewhere, or with {@code
 * KILN_CPU_BIND=off} ({@code -Dkiln.cpu.bind=off}).
 */
final class ProcessorBinding {
  /** Bytes of {@code cpu_set_t}. */
  private static final int MASK_BYTES = 128;

  private ProcessorBinding() {}

  /**
   * Binds the calling thread, the {@code index}-th of {@code threads}. A thread that cannot be
   * bound runs as before: where it runs never changes what it computes.
   */
  static void bind(int index, int threads) {
    if (!isWanted()) {
      return;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment mask = arena.allocate(MASK_BYTES, Long.BYTES);
      // Of the process: a library may have bound the thread that made this one.
      int process = Math.toIntExact(ProcessHandle.current().pid());
      if (isRefused(affinity("sched_getaffinity"), process, mask)) {
        return;
      }
      BitSet allowed = BitSet.valueOf(mask.toArray(ValueLayout.JAVA_LONG));
      if (allowed.cardinality() != threads) {
        return;
      }
      int processor = allowed.stream().skip(index).findFirst().orElseThrow();
      mask.fill((byte) 0);
      mask.set(ValueLayout.JAVA_BYTE, processor / 8, (byte) (1 << processor % 8));
      isRefused(affinity("sched_setaffinity"), 0, mask);
    } catch (Throwable t) {
      // Unbound, then.
    }
  }

  private static boolean isWanted() {
    String property = System.getProperty("kiln.cpu.bind");
    String asked = property != null ? property : System.getenv("KILN_CPU_BIND");
    return !"off".equalsIgnoreCase(asked)
        && ProcessorBinding.class.getModule().isNativeAccessEnabled()
        && System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("linux");
  }

  /** Both functions take a thread (0 is the caller), the size of a mask and the mask. */
  @SuppressWarnings("restricted") // called with native access only
  private static MethodHandle affinity(String function) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(
        linker.defaultLookup().findOrThrow(function),
        FunctionDescriptor.of(
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_LONG,
            ValueLayout.ADDRESS));
  }

  private static boolean isRefused(MethodHandle function, int thread, MemorySegment mask)
      throws Throwable {
    return (int) function.invokeExact(thread, (long) MASK_BYTES, mask) < 0;
  }
}
