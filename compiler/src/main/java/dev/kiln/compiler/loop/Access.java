package dev.kiln.compiler.loop;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Value;
import java.util.List;
import java.util.Optional;

/** What a statement reads or writes. */
record Access(boolean isWrite, Place place) {
  /** How two accesses lie to each other. */
  enum Relation {
    DISJOINT,
    /** At the same index the same element, at different indices different ones. */
    SAME_INDEX,
    MAY_OVERLAP
  }

  /** Which memory. */
  sealed interface Place {}

  /**
   * Scratch memory.
   *
   * @param isInitial a part of a buffer's first filling, parts of which never overlap
   */
  record Buffer(int id, TileRef ref, boolean isInitial) implements Place {}

  /**
   * Global memory.
   *
   * @param root what the pointer is made from, if known: a parameter, or an address that was read
   *     from memory
   * @param isParameter which of these
   * @param index what, beside the root, the pointer is made from; equal for equal pointers
   * @param form what all indices have in common that may turn out to be equal at run time
   * @param extent which elements, if known
   * @param region where the access stands
   */
  record Global(
      Optional<Value> root,
      boolean isParameter,
      DType dtype,
      List<Object> index,
      List<Object> form,
      Optional<Extent> extent,
      Region region)
      implements Place {}

  /** All of global memory: an operation that orders accesses. */
  record Fence() implements Place {}

  static Access read(Place place) {
    return new Access(false, place);
  }

  static Access write(Place place) {
    return new Access(true, place);
  }

  /**
   * How two accesses lie to each other, by the rule for different parameters: they are disjoint
   * buffers or the same one, and the same one only where an index expression is the same (a kernel
   * that works in place), which scalars that are known at run time only may make so. Addresses that
   * were read from memory follow that rule among each other.
   */
  Relation relationTo(Access other) {
    if (!isWrite && !other.isWrite) {
      return Relation.DISJOINT;
    }
    return switch (place) {
      case Buffer mine ->
          other.place instanceof Buffer that ? relation(mine, that) : Relation.DISJOINT;
      case Global mine ->
          switch (other.place) {
            case Buffer that -> Relation.DISJOINT;
            case Global that -> relation(mine, that);
            case Fence that -> Relation.MAY_OVERLAP;
          };
      case Fence mine -> other.place instanceof Buffer ? Relation.DISJOINT : Relation.MAY_OVERLAP;
    };
  }

  private static Relation relation(Buffer a, Buffer b) {
    if (a.id != b.id || (a.isInitial && b.isInitial)) {
      return Relation.DISJOINT;
    }
    return a.ref.equals(b.ref) ? Relation.SAME_INDEX : Relation.MAY_OVERLAP;
  }

  private static Relation relation(Global a, Global b) {
    if (a.root.isEmpty() || b.root.isEmpty() || a.isParameter != b.isParameter) {
      return Relation.MAY_OVERLAP;
    }
    boolean sameIndex = a.index.equals(b.index) && a.dtype == b.dtype;
    if (a.root.equals(b.root)) {
      if (a.dtype == b.dtype
          && a.extent.isPresent()
          && b.extent.isPresent()
          && a.extent.get().isApartFrom(b.extent.get())) {
        return Relation.DISJOINT;
      }
      return sameIndex ? Relation.SAME_INDEX : Relation.MAY_OVERLAP;
    }
    if (a.dtype.bytes() != b.dtype.bytes()) {
      return Relation.DISJOINT;
    }
    if (a.region != b.region) {
      return Relation.MAY_OVERLAP;
    }
    boolean maybeSame = a.form.equals(b.form) && a.dtype == b.dtype;
    return maybeSame ? Relation.SAME_INDEX : Relation.DISJOINT;
  }
}
