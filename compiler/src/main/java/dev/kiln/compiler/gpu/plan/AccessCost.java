package dev.kiln.compiler.gpu.plan;

import dev.kiln.compiler.analysis.AxisAnalysis;
import dev.kiln.compiler.analysis.AxisInfo;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.layout.BlockedLayout;
import dev.kiln.compiler.layout.LinearLayout;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/**
 * What an access to global memory costs in a layout, for a thread's warp: instructions, and sectors
 * of 32 bytes, which count double.
 */
final class AccessCost {
  private static final int VECTOR_BYTES = 16;
  private static final int SECTOR_BYTES = 32;
  private static final int SECTOR_WEIGHT = 2;

  private final AxisAnalysis axes;
  private final int warps;

  AccessCost(AxisAnalysis axes, int warps) {
    this.axes = axes;
    this.warps = warps;
  }

  /** How many elements a vector along an axis may have, by addresses and mask. */
  private long width(Value pointer, Optional<Value> mask, int axis) {
    AxisInfo info = axes.info(pointer);
    int bytes = pointer.type().pointee().bytes();
    long width = Math.min(VECTOR_BYTES / bytes, pointer.shape().dim(axis));
    width = Math.min(width, info.contiguity(axis));
    width = Math.min(width, Math.max(1, info.divisibility(axis) / bytes));
    return mask.isPresent() ? Math.min(width, axes.info(mask.get()).constancy(axis)) : width;
  }

  /** The same along the best axis. */
  long widest(Value pointer, Optional<Value> mask) {
    long widest = 1;
    for (int axis = 0; axis < pointer.shape().rank(); axis++) {
      widest = Math.max(widest, width(pointer, mask, axis));
    }
    return widest;
  }

  /** The axis along which addresses run on. */
  private int fastest(Value pointer) {
    AxisInfo info = axes.info(pointer);
    int fastest = pointer.shape().rank() - 1;
    for (int axis = fastest - 1; axis >= 0; axis--) {
      fastest = info.contiguity(axis) > info.contiguity(fastest) ? axis : fastest;
    }
    return fastest;
  }

  /** Layouts in which an access is coalesced: warps along the fast axis, or along others first. */
  Set<LinearLayout> coalesced(Value pointer, Optional<Value> mask) {
    Shape shape = pointer.shape();
    int fastest = fastest(pointer);
    long width = width(pointer, mask, fastest);
    width = Math.min(width, Math.max(1, shape.size() / (32 * warps)));
    int[] order = order(shape.rank(), fastest);
    Set<LinearLayout> layouts = new LinkedHashSet<>();
    layouts.add(BlockedLayout.coalesced(shape, order, (int) width, warps));
    layouts.add(BlockedLayout.coalescedRows(shape, order, (int) width, warps));
    return layouts;
  }

  private static int[] order(int rank, int fastest) {
    int[] order = new int[rank];
    order[0] = fastest;
    int next = 1;
    for (int axis = rank - 1; axis >= 0; axis--) {
      if (axis != fastest) {
        order[next++] = axis;
      }
    }
    return order;
  }

  /** The cost of an access in a layout. */
  int of(Value pointer, Optional<Value> mask, LinearLayout layout) {
    AxisInfo info = axes.info(pointer);
    int bytes = pointer.type().pointee().bytes();
    int axis = fastest(pointer);
    int width = (int) Math.min(layout.contiguous(axis), width(pointer, mask, axis));
    long run = Math.min(info.contiguity(axis), Math.max(1, SECTOR_BYTES / bytes));
    int same = (int) Math.min(run, layout.shape().dim(axis)) - 1 << layout.axisShift(axis);
    for (int other = 0; other < layout.shape().rank(); other++) {
      long constancy = Math.min(info.constancy(other), layout.shape().dim(other));
      same |= (int) (constancy - 1) << layout.axisShift(other);
    }
    int sectors = 1 << layout.laneRank(~same);
    sectors = Math.max(sectors, width * bytes / SECTOR_BYTES);
    int registers = 1 << layout.withoutRepeatedRegisters().registers().length;
    return Math.max(1, registers / width) * (1 + SECTOR_WEIGHT * sectors);
  }
}
