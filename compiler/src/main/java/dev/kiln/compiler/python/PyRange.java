package dev.kiln.compiler.python;

import java.util.Iterator;
import java.util.NoSuchElementException;

/** {@code range(start, stop, step)}; the step is not zero. */
public record PyRange(long start, long stop, long step) implements Iterable<Object> {
  public PyRange {
    if (step == 0) {
      throw PythonError.value("range() arg 3 must not be zero");
    }
  }

  public long length() {
    if (step > 0 ? start >= stop : start <= stop) {
      return 0;
    }
    return step > 0
        ? Long.divideUnsigned(stop - start - 1, step) + 1
        : Long.divideUnsigned(start - stop - 1, -step) + 1;
  }

  /** The item at an index within the length. */
  public long get(long index) {
    return start + index * step;
  }

  public boolean contains(long value) {
    return (step > 0 ? value >= start && value < stop : value <= start && value > stop)
        && (value - start) % step == 0;
  }

  @Override
  public Iterator<Object> iterator() {
    return new Iterator<>() {
      private long next;

      @Override
      public boolean hasNext() {
        return next < length();
      }

      @Override
      public Object next() {
        if (!hasNext()) {
          throw new NoSuchElementException();
        }
        return get(next++);
      }
    };
  }

  @Override
  public String toString() {
    return step == 1
        ? "range(" + start + ", " + stop + ")"
        : "range(" + start + ", " + stop + ", " + step + ")";
  }
}
