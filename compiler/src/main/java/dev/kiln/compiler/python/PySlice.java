package dev.kiln.compiler.python;

import java.util.ArrayList;
import java.util.List;

/** {@code start:stop:step}; what is left out is {@link PyNone#NONE}. */
public record PySlice(Object start, Object stop, Object step) {
  /** The items of {@code list} that this slice takes. */
  <T> List<T> of(List<T> list) {
    var indices = indices(list.size());
    var result = new ArrayList<T>();
    for (long i = indices.start();
        indices.step() > 0 ? i < indices.stop() : i > indices.stop();
        i += indices.step()) {
      result.add(list.get((int) i));
    }
    return result;
  }

  /** The indices that this slice takes of {@code size} items. */
  PyRange indices(long size) {
    long by = limit(step, 1);
    if (by == 0) {
      throw PythonError.value("slice step cannot be zero");
    }
    long first = by > 0 ? 0 : -1;
    long last = by > 0 ? size : size - 1;
    long from =
        start == PyNone.NONE ? (by > 0 ? first : last) : clamp(limit(start, 0), size, first, last);
    long to =
        stop == PyNone.NONE ? (by > 0 ? last : first) : clamp(limit(stop, 0), size, first, last);
    return new PyRange(from, to, by);
  }

  private static long clamp(long index, long size, long first, long last) {
    long fromEnd = index < 0 ? index + size : index;
    return Math.clamp(fromEnd, first, last);
  }

  private static long limit(Object value, long otherwise) {
    if (value == PyNone.NONE) {
      return otherwise;
    }
    if (!PythonNumbers.isInteger(value)) {
      throw PythonError.type("slice indices must be integers or None or have an __index__ method");
    }
    var integer = PythonNumbers.big(value);
    return integer.bitLength() < 62
        ? integer.longValue()
        : integer.signum() * (Long.MAX_VALUE >> 2);
  }

  @Override
  public String toString() {
    return "slice("
        + PythonText.repr(start)
        + ", "
        + PythonText.repr(stop)
        + ", "
        + PythonText.repr(step)
        + ")";
  }
}
