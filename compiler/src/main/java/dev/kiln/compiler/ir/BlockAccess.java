package dev.kiln.compiler.ir;

import java.util.ArrayList;
import java.util.List;

/**
 * What a load or store of many elements is besides: one block of a tensor in memory. The element of
 * the block with coordinates {@code c} lies at {@code base + sum((offsets[d] + c[d]) *
 * strides[d])}, and exists where {@code 0 <= offsets[d] + c[d] < extents[d]} along every axis; what
 * the pointers and the mask of the operation say is the same. Devices that copy whole blocks read
 * this instead of them; for others it is dropped.
 *
 * @param base the address of the tensor, scalar
 * @param extents of the tensor, {@code i32} or {@code i64}, one for each axis of the block
 * @param strides elements from one to the next along each axis, {@code i64}
 * @param offsets of the block's first element, {@code i32}
 * @param isAligned whether the author owes that the address is a multiple of 16 bytes, and so is
 *     every stride but the last, which is 1: what tensor descriptors promise
 */
public record BlockAccess(
    Value base, List<Value> extents, List<Value> strides, List<Value> offsets, boolean isAligned) {
  public BlockAccess {
    extents = List.copyOf(extents);
    strides = List.copyOf(strides);
    offsets = List.copyOf(offsets);
  }

  /** Base, extents, strides and offsets. */
  public List<Value> operands() {
    List<Value> all = new ArrayList<>();
    all.add(base);
    all.addAll(extents);
    all.addAll(strides);
    all.addAll(offsets);
    return all;
  }

  BlockAccess rewrite(Rewriter r) {
    return new BlockAccess(r.use(base), r.use(extents), r.use(strides), r.use(offsets), isAligned);
  }
}
