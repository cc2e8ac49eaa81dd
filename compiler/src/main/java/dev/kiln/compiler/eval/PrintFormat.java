package dev.kiln.compiler.eval;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.numeric.IntegerMath;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Arrays;
import java.util.Locale;

/**
 * The lines of {@code device_print}: {@code pid (0, 0, 0) idx (3, 5) prefix: value}, one for each
 * element; with several operands {@code prefix: (operand 1) value}.
 */
public final class PrintFormat {
  private PrintFormat() {}

  static void print(PrintStream out, ProgramId program, MemoryOp.Print op, TileValue[] operands) {
    if (operands.length == 0) {
      out.print("pid " + program + " " + op.prefix().strip() + "\n");
    }
    for (int n = 0; n < operands.length; n++) {
      TileValue operand = operands[n];
      String label = label(op.prefix(), n, operands.length);
      for (int i = 0; i < operand.size(); i++) {
        String value =
            operand.isFloat()
                ? number(operand.doubleAt(i))
                : number(
                    operand.type().dtype(),
                    operand.longAt(i),
                    op.signed().get(n),
                    op.hex() || operand.type().isPointer());
        out.print(line(program, TileValue.multiIndex(operand.type().shape(), i), label, value));
      }
    }
  }

  /**
   * One line, with its line feed.
   *
   * @param label as {@link #label} gives it
   * @param value as one of the {@code number} methods gives it
   */
  public static String line(ProgramId program, int[] index, String label, String value) {
    String list = Arrays.toString(index);
    return "pid "
        + program
        + " idx ("
        + list.substring(1, list.length() - 1)
        + ") "
        + label
        + value
        + "\n";
  }

  /** What stands before the values of an operand: {@code prefix: }, with its number if needed. */
  public static String label(String prefix, int operand, int operands) {
    return label(prefix) + (operands > 1 ? "(operand " + operand + ") " : "");
  }

  /** Front ends hand on the prefix with or without its colon. */
  private static String label(String prefix) {
    String bare = prefix.strip();
    if (bare.endsWith(":")) {
      bare = bare.substring(0, bare.length() - 1).strip();
    }
    return bare.isEmpty() ? "" : bare + ": ";
  }

  /** The multi-index of an element in row-major order: {@code [3, 5]}. */
  static String index(Shape shape, int element) {
    return Arrays.toString(TileValue.multiIndex(shape, element));
  }

  /** As C's {@code %f}. */
  public static String number(double value) {
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

  /**
   * An integer or pointer.
   *
   * @param hex with all digits of its width, instead of decimal
   */
  public static String number(DType dtype, long value, boolean signed, boolean hex) {
    if (hex) {
      int digits = Math.max(1, dtype.bits() / 4);
      return String.format(
          Locale.ROOT, "0x%0" + digits + "x", IntegerMath.zeroExtend(dtype, value));
    }
    return signed
        ? Long.toString(value)
        : Long.toUnsignedString(IntegerMath.zeroExtend(dtype, value));
  }
}
