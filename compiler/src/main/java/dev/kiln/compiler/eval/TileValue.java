package dev.kiln.compiler.eval;

import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Type;

/**
 * What a value of tile IR is at run time: its elements in row-major order, one for a scalar.
 * Integers and pointers are {@code long}s, sign-extended ({@code i1}: 0 or 1); floats are doubles
 * that the type holds.
 */
public final class TileValue {
  private final Type type;
  private final long[] longs;
  private final double[] doubles;
  private final int[] origins;

  private TileValue(Type type, long[] longs, double[] doubles, int[] origins) {
    this.type = type;
    this.longs = longs;
    this.doubles = doubles;
    this.origins = origins;
  }

  static TileValue of(Type type, long[] elements, int[] origins) {
    return new TileValue(type, elements, null, origins);
  }

  static TileValue of(Type type, double[] elements, int[] origins) {
    return new TileValue(type, null, elements, origins);
  }

  static TileValue scalar(Type type, long element) {
    return new TileValue(type, new long[] {element}, null, null);
  }

  static TileValue scalar(Type type, double element) {
    return new TileValue(type, null, new double[] {element}, null);
  }

  public Type type() {
    return type;
  }

  /** Number of elements. */
  public int size() {
    return longs != null ? longs.length : doubles.length;
  }

  public boolean isFloat() {
    return doubles != null;
  }

  /** An element of an integer or pointer tile. */
  public long longAt(int index) {
    return longs[index];
  }

  /** An element of a float tile. */
  public double doubleAt(int index) {
    return doubles[index];
  }

  /** Whether the sanitizer knows that nothing gave the element its value. */
  public boolean isUndefined(int index) {
    return origins != null && origins[index] != 0;
  }

  /** The elements themselves; not to be changed. */
  long[] longs() {
    return longs;
  }

  double[] doubles() {
    return doubles;
  }

  /** Null where every element is defined. */
  int[] origins() {
    return origins;
  }

  int origin(int index) {
    return origins == null ? 0 : origins[index];
  }

  boolean isTrue(int index) {
    return longs[index] != 0;
  }

  /** The tile whose element {@code i} is element {@code source[i]} of this one. */
  TileValue rearranged(Type result, int[] source) {
    int[] moves = origins == null ? null : new int[source.length];
    for (int i = 0; moves != null && i < source.length; i++) {
      moves[i] = origins[source[i]];
    }
    if (longs != null) {
      long[] moved = new long[source.length];
      for (int i = 0; i < source.length; i++) {
        moved[i] = longs[source[i]];
      }
      return of(result, moved, moves);
    }
    double[] moved = new double[source.length];
    for (int i = 0; i < source.length; i++) {
      moved[i] = doubles[source[i]];
    }
    return of(result, moved, moves);
  }

  /** The same elements under another type. */
  TileValue retyped(Type result) {
    return new TileValue(result, longs, doubles, origins);
  }

  TileValue element(int index) {
    int[] origin = isUndefined(index) ? new int[] {origins[index]} : null;
    return longs != null
        ? of(type.element(), new long[] {longs[index]}, origin)
        : of(type.element(), new double[] {doubles[index]}, origin);
  }

  /** The multi-index of an element: {@code index} counts in row-major order. */
  static int[] multiIndex(Shape shape, int index) {
    int[] indices = new int[shape.rank()];
    int rest = index;
    for (int axis = shape.rank() - 1; axis >= 0; axis--) {
      indices[axis] = rest % shape.dim(axis);
      rest /= shape.dim(axis);
    }
    return indices;
  }
}
