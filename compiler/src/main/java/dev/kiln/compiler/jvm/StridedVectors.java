package dev.kiln.compiler.jvm;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import dev.kiln.compiler.jvm.VectorMemory.MaskPusher;
import dev.kiln.compiler.loop.TileRef;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;

/**
 * Every second element of memory as a vector: two vectors of neighbours, whose lanes are permuted.
 * The second one ends at the last element, so nothing beyond it is touched.
 *
 * <pre>
 *   memory    a . b . c . d        4 lanes, two apart
 *   first     a . b .
 *   second          . c . d
 * </pre>
 */
final class StridedVectors {
  private static final int STRIDE = 2;
  private static final int FEWEST_LANES = 4;

  /** Every second bit. */
  private static final long EVEN = 0x5555_5555_5555_5555L;

  private final VectorCode vectors;
  private final CodeWriter writer;
  private final CodeBuilder code;
  private final int lanes;

  StridedVectors(VectorCode vectors) {
    this.vectors = vectors;
    this.writer = vectors.writer();
    this.code = writer.code();
    this.lanes = vectors.lanes();
  }

  /** Whether elements of this kind so far apart can be read and written here. */
  boolean reaches(LaneKind kind, TileRef.Stride stride) {
    return stride instanceof TileRef.Fixed fixed
        && fixed.elements() == STRIDE
        && lanes >= FEWEST_LANES
        && kind.bits() >= 32
        && kind.hasLanes(lanes);
  }

  /** Leaves the elements on the stack; 0 in lanes outside of the mask. */
  void load(LaneKind kind, Runnable pushOffset, MaskPusher mask) {
    LaneKind index = indexKind(kind);
    Integer bits = mask == null ? null : spread(mask);
    // Lane i is element 2 i: of the first vector, or the 2 i - (lanes - 1)th of the second.
    pushLaneNumbers(index);
    vectors.shift(index, "LSHL", 1);
    vectors.lanewise(
        index,
        "ADD",
        () -> {
          pushLaneNumbers(index);
          vectors.shift(index, "LSHR", Integer.numberOfTrailingZeros(lanes / 2));
        });
    for (int half = 0; half < STRIDE; half++) {
      vectors.load(kind, at(kind, pushOffset, half), maskOf(kind, bits, half));
      if (kind != index) {
        vectors.reinterpret(kind, index);
      }
    }
    vectors.call(index, "selectFrom", LaneKind.VECTOR, LaneKind.VECTOR);
    vectors.exact(index);
    if (kind != index) {
      vectors.reinterpret(index, kind);
    }
  }

  /** Writes the vector that is pushed. */
  void store(LaneKind kind, Runnable pushOffset, Runnable pushVector, MaskPusher mask) {
    LaneKind index = indexKind(kind);
    int bits = mask == null ? constant(EVEN) : spread(mask);
    for (int half = 0; half < STRIDE; half++) {
      int first = half * lanes / 2;
      pushLaneNumbers(index);
      vectors.shift(index, "LSHR", 1);
      if (first > 0) {
        vectors.lanewise(
            index,
            "ADD",
            () -> vectors.broadcast(index, () -> writer.pushConstant(index.scalar(), first)));
      }
      pushVector.run();
      if (kind != index) {
        vectors.reinterpret(kind, index);
      }
      vectors.call(index, "selectFrom", LaneKind.VECTOR);
      vectors.exact(index);
      if (kind != index) {
        vectors.reinterpret(index, kind);
      }
      vectors.store(kind, at(kind, pushOffset, half), maskOf(kind, bits, half));
    }
  }

  private static LaneKind indexKind(LaneKind kind) {
    return kind.bits() == 64 ? LaneKind.LONG : LaneKind.INT;
  }

  private void pushLaneNumbers(LaneKind index) {
    vectors.broadcast(index, () -> writer.pushConstant(index.scalar(), 0));
    code.loadConstant(1);
    vectors.call(index, "addIndex", CD_int);
  }

  private Runnable at(LaneKind kind, Runnable pushOffset, int half) {
    return () -> {
      pushOffset.run();
      if (half > 0) {
        code.loadConstant((lanes - 1) * kind.bits() / 8L).ladd();
      }
    };
  }

  /** A bit of the mask for every second element, in a local variable. */
  private int spread(MaskPusher mask) {
    mask.push(LaneKind.INT);
    vectors.maskToLong();
    code.loadConstant(EVEN);
    writer.call(ClassDesc.of("java.lang.Long"), "expand", CD_long, CD_long, CD_long);
    return keep();
  }

  private int constant(long bits) {
    code.loadConstant(bits);
    return keep();
  }

  private int keep() {
    int slot = code.allocateLocal(TypeKind.LONG);
    code.lstore(slot);
    return slot;
  }

  private Runnable maskOf(LaneKind kind, Integer bits, int half) {
    if (bits == null) {
      return null;
    }
    return () -> {
      vectors.pushSpecies(kind);
      code.lload(bits);
      if (half > 0) {
        code.loadConstant(lanes - 1).lushr();
      }
      code.invokestatic(
          LaneKind.MASK, "fromLong", MethodTypeDesc.of(LaneKind.MASK, LaneKind.SPECIES, CD_long));
    };
  }
}
