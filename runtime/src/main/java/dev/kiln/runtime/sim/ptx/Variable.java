package dev.kiln.runtime.sim.ptx;

import java.util.List;
import java.util.Optional;

/**
 * A variable or a parameter.
 *
 * @param alignment in bytes, the type's own where none is written
 * @param vector 1, 2 or 4 elements ({@code .v2})
 * @param dimensions of an array, outermost first; 0 stands for {@code []}. Empty for no array.
 * @param pointee of a parameter with {@code .ptr}
 */
public record Variable(
    Position at,
    Linkage linkage,
    Space space,
    int alignment,
    PtxType type,
    int vector,
    String name,
    List<Long> dimensions,
    Optional<Initializer> initializer,
    Optional<Pointee> pointee) {
  public Variable {
    dimensions = List.copyOf(dimensions);
  }

  /** Bytes; 0 for an array of unknown length. */
  public long size() {
    long elements = vector;
    for (long dimension : dimensions) {
      elements = Math.multiplyExact(elements, dimension);
    }
    return Math.multiplyExact(elements, type.bytes());
  }

  /** {@code .ptr .global .align 16}. */
  public record Pointee(Space space, int alignment) {}

  /** Values of a variable: nested lists follow its dimensions; missing elements are 0. */
  public sealed interface Initializer {
    Position at();

    /** {@code {a, b}}. */
    record Elements(Position at, List<Initializer> elements) implements Initializer {
      public Elements {
        elements = List.copyOf(elements);
      }
    }

    /** A number. */
    record Constant(Position at, Operand literal) implements Initializer {}

    /**
     * The address of a symbol plus an offset.
     *
     * @param generic whether {@code generic(...)} stands around it
     * @param mask for {@code 0xFF(symbol)}, the byte that is wanted; empty for the whole address
     */
    record AddressOf(Position at, String symbol, long offset, boolean generic, Optional<Long> mask)
        implements Initializer {}
  }
}
