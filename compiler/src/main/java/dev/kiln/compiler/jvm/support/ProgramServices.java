package dev.kiln.compiler.jvm.support;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.numeric.FloatFormat;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.function.Consumer;

/** What a kernel asks of the world around it: printing, failing, the time. */
public final class ProgramServices {
  private static volatile Consumer<String> printSink = System.out::println;

  private ProgramServices() {}

  /** Where {@code device_print} writes its lines; standard output at first. */
  public static void setPrintSink(Consumer<String> sink) {
    printSink = sink;
  }

  /** Made where an assertion failed, to be thrown there. */
  public static KernelAssertionError assertionFailure(
      String message, String location, int x, int y, int z) {
    return new KernelAssertionError(message, location, x, y, z);
  }

  /** Nanoseconds from an arbitrary point in time. */
  public static long globalTimer() {
    return System.nanoTime();
  }

  /** A small number for the thread that runs the program. */
  public static int worker() {
    return (int) Thread.currentThread().threadId();
  }

  /** Prints a {@code device_print} without operands. */
  public static void print(String prefix, int x, int y, int z) {
    printSink.accept("pid (" + x + ", " + y + ", " + z + ") " + prefix);
  }

  /**
   * Prints the elements of one operand, each on a line of its own.
   *
   * @param operand which operand, or -1 if there is only one
   * @param shape extents; none for a scalar
   * @param strides in elements
   * @param style "x" for hexadecimal, "u" for unsigned integers, else ""
   */
  public static void print(
      MemorySegment memory,
      long offset,
      DType dtype,
      String shape,
      String strides,
      String prefix,
      String style,
      int operand,
      int x,
      int y,
      int z) {
    int[] extents = numbers(shape);
    int[] steps = numbers(strides);
    var index = new int[extents.length];
    String program = "pid (" + x + ", " + y + ", " + z + ") idx (";
    String label = ") " + prefix + (operand < 0 ? "" : "(operand " + operand + ") ");
    do {
      var line = new StringBuilder(program);
      long element = 0;
      for (int i = 0; i < index.length; i++) {
        line.append(i == 0 ? "" : ", ").append(index[i]);
        element += (long) index[i] * steps[i];
      }
      long bits = bits(memory, offset + element * dtype.bytes(), dtype);
      printSink.accept(line.append(label).append(text(dtype, bits, style)).toString());
    } while (advance(index, extents));
  }

  private static int[] numbers(String list) {
    return list.isEmpty()
        ? new int[0]
        : java.util.Arrays.stream(list.split(",")).mapToInt(Integer::parseInt).toArray();
  }

  private static boolean advance(int[] index, int[] extents) {
    for (int i = index.length - 1; i >= 0; i--) {
      if (++index[i] < extents[i]) {
        return true;
      }
      index[i] = 0;
    }
    return false;
  }

  private static long bits(MemorySegment memory, long offset, DType dtype) {
    return switch (dtype.bytes()) {
      case 1 -> memory.get(ValueLayout.JAVA_BYTE, offset);
      case 2 -> memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, offset);
      case 4 -> memory.get(ValueLayout.JAVA_INT_UNALIGNED, offset);
      default -> memory.get(ValueLayout.JAVA_LONG_UNALIGNED, offset);
    };
  }

  /** As C's {@code %f}. */
  private static String text(double value) {
    if (Double.isNaN(value)) {
      return "nan";
    }
    if (Double.isInfinite(value)) {
      return value < 0 ? "-inf" : "inf";
    }
    String digits =
        new BigDecimal(Math.abs(value)).setScale(6, RoundingMode.HALF_EVEN).toPlainString();
    return (Double.doubleToRawLongBits(value) < 0 ? "-" : "") + digits;
  }

  private static String text(DType dtype, long bits, String style) {
    long unsigned = dtype.bytes() == 8 ? bits : bits & (1L << dtype.bytes() * 8) - 1;
    if (style.equals("x")) {
      return ("0x%0" + 2 * dtype.bytes() + "x").formatted(unsigned);
    }
    if (dtype.isFloat()) {
      return text(FloatFormat.fromBits(dtype, bits));
    }
    return style.equals("u") ? Long.toUnsignedString(unsigned) : Long.toString(bits);
  }
}
