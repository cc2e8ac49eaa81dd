package dev.kiln.compiler.loop;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Value;
import java.util.List;
import java.util.Optional;

/**
 * An integer or pointer tile as a sum over its axes: {@code base + sum of stride[a] * index[a]}
 * plus for some axes a vector that is no multiple of the index ({@link Opaque}). Of a pointer, base
 * and strides count elements from {@code root}.
 *
 * <p>The base is computed as the tile would be, wrapping included; of the rest it is assumed that
 * an {@code i32} index expression does not wrap around inside one tile.
 *
 * @param root the scalar pointer that it starts from; empty for integers, and for pointers that
 *     start from null because a vector holds whole addresses
 * @param strides one for each axis; 0 where the extent is 1
 * @param dtype {@code i32} or {@code i64}; of a pointer, what it points to
 */
record Form(
    boolean isPointer,
    Optional<Value> root,
    Sc base,
    List<Sc> strides,
    List<Opaque> opaques,
    DType dtype) {
  Form {
    strides = List.copyOf(strides);
    opaques = List.copyOf(opaques);
  }

  /**
   * A summand {@code scale * tile[index[axis]]}.
   *
   * @param tile integers, or addresses (scale 1), that vary along {@code tileAxis} alone
   */
  record Opaque(Value tile, int tileAxis, int axis, Sc scale) {}

  boolean isUniform() {
    return opaques.isEmpty() && strides.stream().allMatch(s -> s.is(0));
  }

  boolean hasOpaque(int axis) {
    return opaques.stream().anyMatch(o -> o.axis() == axis);
  }

  Form withBase(Sc newBase) {
    return new Form(isPointer, root, newBase, strides, opaques, dtype);
  }
}
