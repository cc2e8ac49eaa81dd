package dev.kiln.kernels.reduction;

import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.Check;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;

/**
 * The axes of a reduction as its kernels run over them: a tile of one kept and one reduced axis,
 * one of which memory runs along; other kept axes are counted through by programs, other reduced
 * ones in a loop. Axes of extent 1 are dropped, and neighbours merged where all arrays run through
 * them in one. Set again for each launch; not thread-safe.
 */
final class ReducedAxes {
  private static final int MOST_RANK = 16;
  private static final int MOST_OUTER = 3;
  private static final int MOST_LOOPS = 2;
  private static final int ARRAYS = 3;
  private static final int X = 0;
  private static final int Y = 1;
  private static final int DX = 2;

  /** Elements of a tile. */
  private static final int ELEMENTS_ON_CPU = 4096;

  private static final int ELEMENTS_ON_GPU = 1024;

  /** Columns of a tile whose neighbours in memory lie along the kept axis. */
  private static final int KEPT_COLUMNS = 512;

  /** A long reduction is split until there are so many programs. */
  private static final int PROGRAMS_ON_CPU = 8;

  private static final int PROGRAMS_ON_GPU = 256;

  /** Elements of a program at least. */
  private static final int ELEMENTS_OF_PROGRAM = 32_768;

  private final String operation;
  private final boolean isGpu;
  private final boolean[] reduced = new boolean[MOST_RANK];
  private final long[] extents = new long[MOST_RANK];
  private final long[][] strides = new long[ARRAYS][MOST_RANK];
  private int axes;
  private boolean hasDx;

  // The result: numbers of axes, -1 for one of extent 1.
  private int kept;
  private int inner;
  private final int[] outer = new int[MOST_OUTER];
  private final int[] loops = new int[MOST_LOOPS];
  private int blockKept;
  private int blockReduced;
  private int outerOfProgram;
  private long outers;
  private long steps;
  private int parts;
  private long stepsOfPart;

  ReducedAxes(String operation, boolean isGpu) {
    this.operation = operation;
    this.isGpu = isGpu;
  }

  /**
   * Begins with the array that is reduced.
   *
   * @param over its axes that are reduced; none for all
   */
  void start(NdArray x, int... over) {
    if (x.rank() > MOST_RANK) {
      throw Check.fault(operation, "x", "must have at most " + MOST_RANK + " axes, but is " + x);
    }
    axes = x.rank();
    hasDx = false;
    for (int axis = 0; axis < axes; axis++) {
      extents[axis] = x.dim(axis);
      strides[X][axis] = x.stride(axis);
      strides[DX][axis] = 0;
      reduced[axis] = over.length == 0;
    }
    for (int axis : over) {
      int at = axis < 0 ? axis + axes : axis;
      if (at < 0 || at >= axes || reduced[at]) {
        throw Check.fault(
            operation, "axes", "must name axes of 'x' once, but has " + axis + " for " + x);
      }
      reduced[at] = true;
    }
    long step = 1;
    for (int axis = axes - 1; axis >= 0; axis--) {
      strides[Y][axis] = reduced[axis] ? 0 : step;
      step *= reduced[axis] ? 1 : extents[axis];
    }
  }

  /** The gradient of x, of the same shape. */
  void gradient(NdArray dx) {
    hasDx = true;
    for (int axis = 0; axis < axes; axis++) {
      strides[DX][axis] = dx.stride(axis);
    }
  }

  /**
   * The shape of x without the reduced axes, or with 1 in their places; contiguous. One number of
   * any shape if no axis is kept.
   */
  void checkKept(String argument, NdArray array) {
    boolean same = array.rank() == axes;
    boolean without = true;
    int next = 0;
    for (int axis = 0; axis < axes; axis++) {
      same = same && array.dim(axis) == (reduced[axis] ? 1 : extents[axis]);
      if (!reduced[axis]) {
        without = without && next < array.rank() && array.dim(next) == extents[axis];
        next++;
      }
    }
    boolean isSingle = next == 0 && array.size() == 1;
    if (!same && !isSingle && !(without && next == array.rank())) {
      throw Check.fault(
          operation, argument, "must have the axes of 'x' that are kept, but is " + array);
    }
    Check.contiguous(operation, argument, array);
  }

  /** How many numbers are reduced to one. */
  long count() {
    long count = 1;
    for (int axis = 0; axis < axes; axis++) {
      count *= reduced[axis] ? extents[axis] : 1;
    }
    return count;
  }

  /** Orders, merges and cuts into blocks. {@code x} is not empty. */
  void finish(boolean mayLoop) {
    drop();
    order();
    merge();
    choose(mayLoop);
    cut(mayLoop);
  }

  int parts() {
    return parts;
  }

  /** A reduction of few numbers, which is not split. */
  void inOnePart() {
    parts = 1;
    stepsOfPart = steps;
  }

  /** The extents, from {@code n_kept} to {@code n_outer} and those of the second axes. */
  KernelCall extents(KernelCall call) {
    return call.integer(extent(kept))
        .integer(extent(inner))
        .integer(outers)
        .integer(extent(outer[1]))
        .integer(extent(outer[2]));
  }

  KernelCall loops(KernelCall call) {
    return call.integer(extent(loops[1]));
  }

  KernelCall steps(KernelCall call) {
    return call.integer(steps).integer(stepsOfPart);
  }

  /** The seven strides of x. */
  KernelCall ofX(KernelCall call) {
    return kept(call, X)
        .integer(stride(X, loops[0]))
        .integer(stride(X, loops[1]))
        .integer(stride(X, inner));
  }

  /** The five strides of x where there is no loop. */
  KernelCall ofXWithoutLoops(KernelCall call) {
    return kept(call, X).integer(stride(X, inner));
  }

  KernelCall ofDx(KernelCall call) {
    return kept(call, DX)
        .integer(stride(DX, loops[0]))
        .integer(stride(DX, loops[1]))
        .integer(stride(DX, inner));
  }

  /** The four strides of y. */
  KernelCall ofY(KernelCall call) {
    return kept(call, Y);
  }

  private KernelCall kept(KernelCall call, int array) {
    return call.integer(stride(array, outer[0]))
        .integer(stride(array, outer[1]))
        .integer(stride(array, outer[2]))
        .integer(stride(array, kept));
  }

  /** The last constants, and all programs. */
  void over(KernelCall call) {
    call.constant(outerOfProgram)
        .constant(blockKept)
        .constant(blockReduced)
        .over(Grid.cdiv(extent(kept), blockKept), Grid.cdiv(outers, outerOfProgram), parts);
  }

  private long extent(int axis) {
    return axis < 0 ? 1 : extents[axis];
  }

  private long stride(int array, int axis) {
    return axis < 0 ? 0 : strides[array][axis];
  }

  private void drop() {
    int left = 0;
    for (int axis = 0; axis < axes; axis++) {
      if (extents[axis] != 1) {
        move(axis, left++);
      }
    }
    axes = left;
  }

  private void move(int from, int to) {
    extents[to] = extents[from];
    reduced[to] = reduced[from];
    for (long[] array : strides) {
      array[to] = array[from];
    }
  }

  /** The largest steps of x first, by insertion: there are few axes. */
  private void order() {
    for (int axis = 1; axis < axes; axis++) {
      for (int at = axis; at > 0 && step(at - 1) < step(at); at--) {
        swap(at - 1, at);
      }
    }
  }

  private long step(int axis) {
    return Math.abs(strides[X][axis]);
  }

  private void swap(int left, int right) {
    long extent = extents[left];
    extents[left] = extents[right];
    extents[right] = extent;
    boolean isReduced = reduced[left];
    reduced[left] = reduced[right];
    reduced[right] = isReduced;
    for (long[] array : strides) {
      long stride = array[left];
      array[left] = array[right];
      array[right] = stride;
    }
  }

  private void merge() {
    int last = 0;
    for (int axis = 1; axis < axes; axis++) {
      if (isOneWith(last, axis)) {
        extents[last] *= extents[axis];
        for (long[] array : strides) {
          array[last] = array[axis];
        }
      } else {
        move(axis, ++last);
      }
    }
    axes = Math.min(axes, last + 1);
  }

  private boolean isOneWith(int left, int right) {
    boolean isOne = reduced[left] == reduced[right];
    for (int array = 0; array < (hasDx ? ARRAYS : DX); array++) {
      isOne &= strides[array][left] == strides[array][right] * extents[right];
    }
    return isOne;
  }

  /** The last axis of either kind makes the tile. */
  private void choose(boolean mayLoop) {
    kept = -1;
    inner = -1;
    Arrays.fill(outer, -1);
    Arrays.fill(loops, -1);
    int nextOuter = MOST_OUTER;
    int nextLoop = MOST_LOOPS;
    for (int axis = axes - 1; axis >= 0; axis--) {
      if (extents[axis] > Integer.MAX_VALUE) {
        throw Check.fault(operation, "x", "must have at most 2147483647 elements along an axis");
      }
      if (reduced[axis]) {
        if (inner < 0) {
          inner = axis;
        } else if (mayLoop && nextLoop > 0) {
          loops[--nextLoop] = axis;
        } else {
          throw tooMany();
        }
      } else if (kept < 0) {
        kept = axis;
      } else if (nextOuter > 0) {
        outer[--nextOuter] = axis;
      } else {
        throw tooMany();
      }
    }
  }

  private KilnException tooMany() {
    return Check.fault(operation, "x", "has too many axes that cannot be merged");
  }

  private void cut(boolean hasSums) {
    int elements = isGpu ? ELEMENTS_ON_GPU : ELEMENTS_ON_CPU;
    boolean alongKept = kept >= 0 && (inner < 0 || kept > inner);
    if (alongKept) {
      blockKept = BlockSizes.around(extent(kept), 16, KEPT_COLUMNS);
      blockReduced =
          BlockSizes.around(extent(inner), 1, hasSums ? Math.min(16, elements / blockKept) : 1);
    } else {
      blockReduced = BlockSizes.around(extent(inner), 16, elements);
      blockKept = BlockSizes.around(extent(kept), 1, Math.min(16, elements / blockReduced));
    }
    outers = extent(outer[0]) * extent(outer[1]) * extent(outer[2]);
    long loopCount = extent(loops[0]) * extent(loops[1]);
    steps = Grid.cdiv(extent(inner), blockReduced) * loopCount;
    if (outers > Integer.MAX_VALUE || steps > Integer.MAX_VALUE) {
      throw Check.fault(operation, "x", "must have at most 2147483647 blocks");
    }
    long ofOuter = Math.max(1, extent(inner) * loopCount * blockKept);
    long wanted = isGpu ? 1 : ELEMENTS_OF_PROGRAM / ofOuter;
    outerOfProgram = BlockSizes.around(Math.min(wanted, outers), 1, 1024);
    long programs = (long) Grid.cdiv(extent(kept), blockKept) * Grid.cdiv(outers, outerOfProgram);
    long most = isGpu ? PROGRAMS_ON_GPU : PROGRAMS_ON_CPU;
    long stepElements = (long) blockKept * blockReduced;
    long split = Math.min(Math.max(1, most / programs), steps * stepElements / ELEMENTS_OF_PROGRAM);
    stepsOfPart = Math.max(1, Grid.cdiv(steps, (int) Math.max(1, split)));
    parts = Math.max(1, Grid.cdiv(steps, (int) stepsOfPart));
  }
}
