package dev.kiln.runtime.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * The last launches that nobody has waited for: one of them made a fault that the driver tells
 * later. Notes without allocating; keeps the last {@value #MOST}.
 */
final class RecentLaunches {
  /** A power of two. */
  private static final int MOST = 32;

  /** Arguments that are kept of a launch. */
  private static final int ARGUMENTS = 48;

  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

  private final Launched[] kernels = new Launched[MOST];
  private final CudaStream[] streams = new CudaStream[MOST];
  private final int[] grids = new int[3 * MOST];
  private final MemorySegment arguments =
      Arena.ofAuto().allocate((long) Long.BYTES * ARGUMENTS * MOST, Long.BYTES);
  private long count;
  private long firstNamed;

  /** What was launched, as messages name it. */
  interface Launched {
    /** Kernel, source line, grid, block and arguments. */
    String describe(int gridX, int gridY, int gridZ, MemorySegment arguments);

    /** How many arguments of 8 bytes a launch has. */
    int arguments();
  }

  /** A launch is about to be made. */
  synchronized void add(
      Launched kernel, CudaStream stream, int x, int y, int z, MemorySegment values) {
    int slot = (int) (count & MOST - 1);
    kernels[slot] = kernel;
    streams[slot] = stream;
    grids[3 * slot] = x;
    grids[3 * slot + 1] = y;
    grids[3 * slot + 2] = z;
    int kept = Math.min(kernel.arguments(), ARGUMENTS);
    MemorySegment.copy(values, 0, arguments, offset(slot), (long) Long.BYTES * kept);
    count++;
  }

  /** How many launches there were. */
  synchronized long mark() {
    return count;
  }

  /** A stream's launches up to a mark have finished without a fault. */
  synchronized void finished(CudaStream stream, long mark) {
    for (long i = Math.max(firstNamed, count - MOST); i < mark; i++) {
      int slot = (int) (i & MOST - 1);
      if (streams[slot] == stream) {
        kernels[slot] = null;
        streams[slot] = null;
      }
    }
    while (firstNamed < count
        && (firstNamed < count - MOST || kernels[(int) (firstNamed & MOST - 1)] == null)) {
      firstNamed++;
    }
  }

  /** Launches that may have made a fault, oldest first. */
  synchronized List<String> candidates() {
    List<String> names = new ArrayList<>();
    for (long i = Math.max(firstNamed, count - MOST); i < count; i++) {
      int slot = (int) (i & MOST - 1);
      if (kernels[slot] != null) {
        names.add(
            kernels[slot].describe(
                grids[3 * slot],
                grids[3 * slot + 1],
                grids[3 * slot + 2],
                arguments.asSlice(offset(slot), (long) Long.BYTES * ARGUMENTS)));
      }
    }
    return names;
  }

  /** The launch that was noted last; none if it has finished. */
  synchronized List<String> last() {
    List<String> all = candidates();
    return all.isEmpty() ? all : List.of(all.getLast());
  }

  /** An argument as it was noted. */
  static long argument(MemorySegment arguments, int index) {
    return arguments.get(LONG, (long) Long.BYTES * index);
  }

  /** Arguments beyond these are not noted. */
  static int most() {
    return ARGUMENTS;
  }

  private static long offset(int slot) {
    return (long) Long.BYTES * ARGUMENTS * slot;
  }
}
