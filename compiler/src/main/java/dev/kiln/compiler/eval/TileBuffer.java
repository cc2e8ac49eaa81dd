package dev.kiln.compiler.eval;

import dev.kiln.compiler.ir.Type;

/** The elements of a {@link TileValue} that is being made one by one. */
final class TileBuffer {
  private final Type type;
  private final long[] longs;
  private final double[] doubles;
  private int[] origins;

  TileBuffer(Type type) {
    int size = type.shape().size();
    boolean isFloat = type.dtype().isFloat();
    this.type = type;
    this.longs = isFloat ? null : new long[size];
    this.doubles = isFloat ? new double[size] : null;
  }

  boolean isFloat() {
    return doubles != null;
  }

  void set(int index, long element) {
    longs[index] = element;
  }

  void set(int index, double element) {
    doubles[index] = element;
  }

  /** Says why an element is undefined; 0 that it is defined. */
  void setOrigin(int index, int origin) {
    if (origins == null) {
      if (origin == 0) {
        return;
      }
      origins = new int[longs != null ? longs.length : doubles.length];
    }
    origins[index] = origin;
  }

  /** Copies an element of a value of the same element type, with its undefinedness. */
  void copy(int index, TileValue source, int sourceIndex) {
    if (longs != null) {
      longs[index] = source.longs()[sourceIndex];
    } else {
      doubles[index] = source.doubles()[sourceIndex];
    }
    setOrigin(index, source.origin(sourceIndex));
  }

  TileValue done() {
    return longs != null
        ? TileValue.of(type, longs, origins)
        : TileValue.of(type, doubles, origins);
  }
}
