package dev.kiln.compiler.python;

import java.util.ArrayList;
import java.util.List;

/** {@code start:stop:step}; what is left out is {@link PyNone#NONE}. */
public record PySlice(Object start, Object stop, Object step) {
  /** The items of {@code list} that this slice takes. */
  <T> List<T> of(List<T> list) {
    long step = limit(this.step, 1);
    if (step == 0) {
      throw PythonError.value("slice step cannot be zero");
    }
    long size = list.size();
    long first = step > 0 ? 0 : -1;
    long last = step > 0 ? size : size - 1;
    long from = start == PyNone.NONE ? (step > 0 ? first : last) : clamp(limit(start, 0), size, first, last);
    long to = stop == PyNone.NONE ? (step > 0 ? last : first) : clamp(limit(stop, 0), size, first, last);
    var result = new ArrayList<T>();
    for (long i = from; step > 0 ? i < to : i > to; i += step) {
      result.add(list.get((int) i));
      if (Math.abs(step) > size) {
        break;
      }
    }
    return result;
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
    return integer.bitLength() < 62 ? integer.longValue() : integer.signum() * (Long.MAX_VALUE >> 2);
  }

  @Override
  public String toString() {
    return "slice(" + PythonText.repr(start) + ", " + PythonText.repr(stop) + ", " + PythonText.repr(step) + ")";
  }
}
