package dev.kiln.compiler.gpu.memory;

import dev.kiln.compiler.analysis.AxisInfo;
import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.LazyFragment;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Address;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * How a tile of addresses is accessed by threads that hold it in a layout: which registers make a
 * vector, and from which address each is reached by adding a number.
 *
 * <p>A vector has 16 bytes at most. Its elements are neighbours along one axis, consecutive in
 * memory, aligned, and under one mask. Further neighbours that are known to be consecutive share
 * one address register.
 */
final class GlobalAccess {
  private static final int VECTOR_BYTES = 16;

  /**
   * Registers that are accessed at once.
   *
   * @param registers in the order of memory
   * @param leader a register whose address is computed
   * @param plus bytes from there
   */
  record Group(int[] registers, int leader, long plus) {
    int first() {
      return registers[0];
    }
  }

  private final LinearLayout layout;
  private final LazyFragment addresses;
  private final Optional<LazyFragment> mask;
  private final List<Group> groups;

  /**
   * @param layout of the threads that access; registers that repeat others are left out
   */
  GlobalAccess(Emission emission, Value pointer, Optional<Value> mask, LinearLayout layout) {
    this.layout = layout.withoutRepeatedRegisters();
    addresses = emission.lazy(pointer, this.layout);
    this.mask = mask.map(value -> emission.lazy(value, this.layout));
    AxisInfo info = emission.axes().info(pointer);
    int bytes = pointer.type().pointee().bytes();
    int axis = 0;
    int width = 1;
    for (int candidate = 0; candidate < layout.shape().rank(); candidate++) {
      long possible = width(info, mask.map(emission.axes()::info), candidate, bytes);
      if (possible > width || possible == width && info.contiguity(candidate) > 1) {
        axis = candidate;
        width = (int) possible;
      }
    }
    groups = groups(axis, width, Math.min(info.contiguity(axis), layout.shape().dim(axis)), bytes);
  }

  /** How many elements a vector along an axis may have. */
  private long width(AxisInfo pointer, Optional<AxisInfo> maskInfo, int axis, int bytes) {
    long width = Math.min(layout.contiguous(axis), VECTOR_BYTES / bytes);
    width = Math.min(width, pointer.contiguity(axis));
    width = Math.min(width, Math.max(1, pointer.divisibility(axis) / bytes));
    return maskInfo.isPresent() ? Math.min(width, maskInfo.get().constancy(axis)) : width;
  }

  /**
   * @param run how many neighbours along the axis, in aligned groups, are consecutive in memory
   */
  private List<Group> groups(int axis, int width, long run, int bytes) {
    int within = (int) (run - 1) << layout.axisShift(axis);
    if (threadsReach(within & registersReach())) {
      within = 0;
    }
    Map<Integer, Integer> byIndex = new HashMap<>();
    for (int register = 0; register < layout.registerCount(); register++) {
      byIndex.put(layout.registerIndex(register), register);
    }
    int inRun = within;
    return layout.groups(axis, width).stream()
        .map(
            registers -> {
              int index = layout.registerIndex(registers[0]);
              Integer leader = byIndex.get(index & ~inRun);
              return leader == null
                  ? new Group(registers, registers[0], 0)
                  : new Group(
                      registers, leader, (long) bytes * layout.coordinate(axis, index & inRun));
            })
        .sorted(Comparator.comparingInt(group -> layout.registerIndex(group.first())))
        .toList();
  }

  private int registersReach() {
    int reached = 0;
    for (int base : layout.registers()) {
      reached |= base;
    }
    return reached;
  }

  private boolean threadsReach(int bits) {
    int reached = 0;
    for (int base : layout.lanes()) {
      reached |= base;
    }
    for (int base : layout.warps()) {
      reached |= base;
    }
    return (reached & bits) != 0;
  }

  /** Without registers that repeat others. */
  LinearLayout layout() {
    return layout;
  }

  /** In row-major order of their first elements. */
  List<Group> groups() {
    return groups;
  }

  Address address(Group group) {
    return Address.of(addresses.register(group.leader()), group.plus());
  }

  /** The mask of a group; {@code null} if there is none. */
  Operand mask(Group group) {
    return mask.map(fragment -> fragment.register(group.first())).orElse(null);
  }
}
