package dev.kiln.compiler.eval;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Value;
import java.io.PrintStream;

/**
 * Prints traced values, one line for each: {@code add.py:7:9: x = load: tile<8xfp32> [0.0, 1.0,
 * 2.0, .., 7.0] min 0.0 max 7.0}. Long tiles are shown by their first and last elements, undefined
 * elements as {@code ?}.
 */
public final class TracePrinter implements TraceListener {
  /** An axis that is longer is shown by this many elements from each end. */
  private static final int EDGE = 3;

  private static final int LONGEST_SHOWN_WHOLE = 8;

  private final PrintStream out;

  public TracePrinter(PrintStream out) {
    this.out = out;
  }

  @Override
  public void value(ProgramId program, Op op, Value defined, TileValue value) {
    String name = defined.hint().isEmpty() ? "" : defined.hint() + " = ";
    out.print(
        op.loc()
            + ": "
            + name
            + op.mnemonic()
            + ": "
            + defined.type()
            + " "
            + render(value)
            + "\n");
  }

  static String render(TileValue value) {
    if (!value.type().isTile()) {
      return element(value, 0);
    }
    var text = new StringBuilder();
    appendAxis(text, value, 0, 0);
    return text.append(summary(value)).toString();
  }

  private static void appendAxis(StringBuilder text, TileValue value, int axis, int first) {
    Shape shape = value.type().shape();
    if (axis == shape.rank()) {
      text.append(element(value, first));
      return;
    }
    int extent = shape.dim(axis);
    int stride = shape.rowMajorStrides()[axis];
    text.append('[');
    for (int i = 0; i < extent; i++) {
      if (i > 0) {
        text.append(", ");
      }
      if (i == EDGE && extent > LONGEST_SHOWN_WHOLE) {
        text.append("..");
        i = extent - EDGE - 1;
      } else {
        appendAxis(text, value, axis + 1, first + i * stride);
      }
    }
    text.append(']');
  }

  private static String element(TileValue value, int index) {
    if (value.isUndefined(index)) {
      return "?";
    }
    if (value.type().isPointer()) {
      return PrintFormat.number(DType.I64, value.longAt(index), false, true);
    }
    if (!value.isFloat()) {
      return Long.toString(value.longAt(index));
    }
    double number = value.doubleAt(index);
    return value.type().dtype() == DType.FP64 ? Double.toString(number) : "" + (float) number;
  }

  private static String summary(TileValue value) {
    int least = -1;
    int greatest = -1;
    int notNumbers = 0;
    int trues = 0;
    for (int i = 0; i < value.size(); i++) {
      if (value.isUndefined(i)) {
        continue;
      }
      if (value.isFloat() && Double.isNaN(value.doubleAt(i))) {
        notNumbers++;
        continue;
      }
      least = least < 0 || compare(value, i, least) < 0 ? i : least;
      greatest = greatest < 0 || compare(value, i, greatest) > 0 ? i : greatest;
      trues += !value.isFloat() && value.isTrue(i) ? 1 : 0;
    }
    if (value.type().dtype().isBool()) {
      return " " + trues + " of " + value.size() + " true";
    }
    String range =
        least < 0 ? "" : " min " + element(value, least) + " max " + element(value, greatest);
    return notNumbers == 0 ? range : range + " nan " + notNumbers;
  }

  private static int compare(TileValue value, int left, int right) {
    return value.isFloat()
        ? Double.compare(value.doubleAt(left), value.doubleAt(right))
        : Long.compare(value.longAt(left), value.longAt(right));
  }
}
