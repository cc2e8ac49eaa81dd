package dev.kiln.compiler.jvm.support;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;

import dev.kiln.compiler.ir.DType;
import java.lang.foreign.MemorySegment;

/** Reads the operands of a matrix product as its {@link DotDescriptor} describes them. */
final class Operands {
  private static final DType[] DTYPES = DType.values();

  private Operands() {}

  static long get(MemorySegment anyMemory, long descriptor, int slot) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    return memory.get(JAVA_LONG_UNALIGNED, descriptor + 8L * slot);
  }

  static DType dtype(long ordinal) {
    return DTYPES[(int) ordinal];
  }

  /** Bytes that index {@code i} along an axis adds to the operand's offset. */
  static long along(MemorySegment anyMemory, long descriptor, int operand, int axis, long i) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    int slot = operand + DotDescriptor.AXES + axis * DotDescriptor.AXIS_SLOTS;
    long index = get(memory, descriptor, slot + DotDescriptor.INDEX);
    return index == DotDescriptor.NO_INDEX
        ? i * get(memory, descriptor, slot + DotDescriptor.STRIDE)
        : memory.get(JAVA_LONG_UNALIGNED, index + 8 * i);
  }

  /** Whether neighbours along some axis lie at no fixed distance. */
  static boolean isIndexed(MemorySegment memory, long descriptor, int operand) {
    for (int axis = 0; axis < 3; axis++) {
      int slot = operand + DotDescriptor.AXES + axis * DotDescriptor.AXIS_SLOTS;
      if (get(memory, descriptor, slot + DotDescriptor.INDEX) != DotDescriptor.NO_INDEX) {
        return true;
      }
    }
    return false;
  }

  /**
   * Replaces vectors of offsets that are evenly spaced by strides: rows that may wrap around mostly
   * do not.
   */
  static void straighten(
      MemorySegment memory, long descriptor, int operand, int rows, int columns) {
    int slot = operand + DotDescriptor.AXES + DotDescriptor.AXIS_SLOTS;
    straightenAxis(memory, descriptor, operand, slot, rows);
    straightenAxis(memory, descriptor, operand, slot + DotDescriptor.AXIS_SLOTS, columns);
  }

  /** How many of {@code k} terms a product has before both factors are 0 to the end. */
  static int depth(MemorySegment memory, long descriptor, int k) {
    int columns = DotDescriptor.A + DotDescriptor.AXES + 2 * DotDescriptor.AXIS_SLOTS;
    int rows = DotDescriptor.B + DotDescriptor.AXES + DotDescriptor.AXIS_SLOTS;
    long left = get(memory, descriptor, columns + DotDescriptor.UPPER);
    long right = get(memory, descriptor, rows + DotDescriptor.UPPER);
    return (int) Math.clamp(Math.max(left, right), 0L, k);
  }

  private static void straightenAxis(
      MemorySegment anyMemory, long descriptor, int operand, int slot, int extent) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    long index = get(memory, descriptor, slot + DotDescriptor.INDEX);
    if (index == DotDescriptor.NO_INDEX) {
      return;
    }
    long first = memory.get(JAVA_LONG_UNALIGNED, index);
    long stride = extent > 1 ? memory.get(JAVA_LONG_UNALIGNED, index + 8) - first : 0;
    for (int i = 0; i < extent; i++) {
      long entry = memory.get(JAVA_LONG_UNALIGNED, index + 8L * i);
      if (entry != first + i * stride || entry == DotDescriptor.NOWHERE) {
        return;
      }
    }
    set(memory, descriptor, slot + DotDescriptor.INDEX, DotDescriptor.NO_INDEX);
    set(memory, descriptor, slot + DotDescriptor.STRIDE, stride);
    int address = operand + DotDescriptor.ADDRESS;
    set(memory, descriptor, address, get(memory, descriptor, address) + first);
  }

  private static void set(MemorySegment anyMemory, long descriptor, int slot, long value) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    memory.set(JAVA_LONG_UNALIGNED, descriptor + 8L * slot, value);
  }

  /** Offset of the first element of a batch. */
  static long place(MemorySegment memory, long descriptor, int operand, int batch) {
    return get(memory, descriptor, operand + DotDescriptor.ADDRESS)
        + along(memory, descriptor, operand, 0, batch);
  }

  /** Whether all indices of a range along an axis are active. */
  static boolean covers(MemorySegment memory, long descriptor, int axisSlot, long from, long to) {
    return from >= get(memory, descriptor, axisSlot + DotDescriptor.LOWER)
        && to <= get(memory, descriptor, axisSlot + DotDescriptor.UPPER);
  }

  static boolean isActive(MemorySegment memory, long descriptor, int operand, int axis, long i) {
    int slot = operand + DotDescriptor.AXES + axis * DotDescriptor.AXIS_SLOTS;
    return along(memory, descriptor, operand, axis, i) != DotDescriptor.NOWHERE
        && i >= get(memory, descriptor, slot + DotDescriptor.LOWER)
        && i < get(memory, descriptor, slot + DotDescriptor.UPPER);
  }

  static float floatAt(MemorySegment anyMemory, long offset, DType dtype) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    return switch (dtype) {
      case FP32 -> memory.get(JAVA_FLOAT_UNALIGNED, offset);
      case FP16 -> SmallFloats.fp16(memory.get(JAVA_SHORT_UNALIGNED, offset));
      case BF16 -> SmallFloats.bf16(memory.get(JAVA_SHORT_UNALIGNED, offset));
      case FP8E5 -> SmallFloats.fp8e5(memory.get(JAVA_BYTE, offset));
      case FP8E4NV -> SmallFloats.fp8e4nv(memory.get(JAVA_BYTE, offset));
      case FP8E4B15 -> SmallFloats.fp8e4b15(memory.get(JAVA_BYTE, offset));
      case FP8E4B8 -> SmallFloats.fp8e4b8(memory.get(JAVA_BYTE, offset));
      case FP8E5B16 -> SmallFloats.fp8e5b16(memory.get(JAVA_BYTE, offset));
      case FP64 -> (float) memory.get(JAVA_DOUBLE_UNALIGNED, offset);
      case I1, I8, I16, I32, I64, U8, U16, U32, U64 -> intAt(memory, offset, dtype, true);
    };
  }

  static double doubleAt(MemorySegment anyMemory, long offset, DType dtype) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    return dtype == DType.FP64
        ? memory.get(JAVA_DOUBLE_UNALIGNED, offset)
        : floatAt(memory, offset, dtype);
  }

  static int intAt(MemorySegment anyMemory, long offset, DType dtype, boolean signed) {
    MemorySegment memory = NativeMemory.known(anyMemory);
    return switch (dtype.bytes()) {
      case 1 -> {
        byte value = memory.get(JAVA_BYTE, offset);
        yield signed ? value : value & 0xff;
      }
      case 2 -> {
        short value = memory.get(JAVA_SHORT_UNALIGNED, offset);
        yield signed ? value : value & 0xffff;
      }
      case 4 -> memory.get(JAVA_INT_UNALIGNED, offset);
      default -> (int) memory.get(JAVA_LONG_UNALIGNED, offset);
    };
  }
}
