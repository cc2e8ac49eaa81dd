package dev.kiln.compiler.jvm;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.jvm.support.Lanes;
import dev.kiln.compiler.loop.TileRef;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;

/**
 * Memory accesses of vectors: neighbours in memory move at once, every second element by two such
 * moves, other lanes one by one through a buffer. A mask is given as what pushes it for vectors of
 * a kind; null stands for all lanes.
 */
final class VectorMemory {
  /** Pushes a mask for vectors of a kind. */
  interface MaskPusher {
    void push(LaneKind kind);
  }

  private static final int VALUES = 0;
  private static final int ADDRESSES = 1;

  private final VectorCode vectors;
  private final CodeWriter writer;
  private final CodeBuilder code;
  private final LaneByLane buffers;
  private final MemoryAccess elements;
  private final StridedVectors strided;

  VectorMemory(VectorCode vectors, LaneByLane buffers) {
    this.vectors = vectors;
    this.writer = vectors.writer();
    this.code = writer.code();
    this.buffers = buffers;
    this.elements = new MemoryAccess(writer);
    this.strided = new StridedVectors(vectors);
  }

  /** Where the lanes of an access lie. */
  record Place(
      Runnable pushOffset, TileRef.Stride stride, Runnable pushStride, Runnable pushIndex) {}

  /**
   * Leaves the elements on the stack: ints for integers up to 32 bits, {@code i1} too.
   *
   * @param place offset of lane 0's element, and the way to the others
   */
  void load(DType dtype, Place place, MaskPusher mask) {
    LaneKind memory = memoryKind(dtype);
    if (RefOffsets.isUnit(place.stride) && memory.hasLanes(vectors.lanes())) {
      vectors.load(memory, place.pushOffset, mask == null ? null : () -> mask.push(memory));
      if (memory != LaneKind.of(dtype)) {
        vectors.convert(memory, LaneKind.INT, memory == LaneKind.BYTE ? "B2I" : "S2I");
      }
      return;
    }
    if (RefOffsets.isZero(place.stride)) {
      loadSame(dtype, place, mask);
      return;
    }
    if (strided.reaches(memory, place.stride)) {
      strided.load(memory, place.pushOffset, mask);
      return;
    }
    move(dtype, place, mask, "load");
    buffers.pushFromBuffer(LaneKind.of(dtype), VALUES);
  }

  /**
   * One element in all lanes. It is read only if a lane is active: it may lie nowhere otherwise.
   */
  private void loadSame(DType dtype, Place place, MaskPusher mask) {
    LaneKind kind = LaneKind.of(dtype);
    if (mask == null) {
      vectors.broadcast(kind, () -> elements.load(dtype, place.pushOffset));
      return;
    }
    TypeKind scalar = kind.scalar().kind();
    int element = code.allocateLocal(scalar);
    Label inactive = code.newLabel();
    writer.pushConstant(kind.scalar(), 0);
    code.storeLocal(scalar, element);
    mask.push(LaneKind.INT);
    vectors.anyTrue();
    code.ifeq(inactive);
    elements.load(dtype, place.pushOffset);
    code.storeLocal(scalar, element);
    code.labelBinding(inactive);
    vectors.broadcast(kind, () -> writer.pushConstant(kind.scalar(), 0));
    vectors.broadcast(kind, () -> code.loadLocal(scalar, element));
    mask.push(kind);
    vectors.blend(kind);
  }

  /** Writes a lane value. */
  void store(DType dtype, Place place, Value value, MaskPusher mask) {
    LaneKind memory = memoryKind(dtype);
    if (RefOffsets.isUnit(place.stride) && memory.hasLanes(vectors.lanes())) {
      pushForMemory(value);
      if (memory != LaneKind.of(dtype)) {
        vectors.convert(LaneKind.INT, memory, memory == LaneKind.BYTE ? "I2B" : "I2S");
      }
      vectors.store(memory, place.pushOffset, mask == null ? null : () -> mask.push(memory));
      return;
    }
    if (strided.reaches(memory, place.stride)) {
      strided.store(memory, place.pushOffset, () -> pushForMemory(value), mask);
      return;
    }
    buffers.toBuffer(value, VALUES);
    move(dtype, place, mask, "store");
  }

  private void pushForMemory(Value value) {
    if (VectorCode.isMask(value)) {
      buffers.pushAsInts(value);
    } else {
      vectors.push(value);
    }
  }

  private void move(DType dtype, Place place, MaskPusher mask, String direction) {
    boolean indexed = place.stride instanceof TileRef.Indexed;
    writer.pushMemory();
    place.pushOffset.run();
    (indexed ? place.pushIndex : place.pushStride).run();
    callLanes(direction + (indexed ? "Indexed" : "Strided"), dtype, mask);
  }

  /** The memory, an offset and where the lanes are lie on the stack. */
  private void callLanes(String name, DType dtype, MaskPusher mask) {
    code.loadConstant(dtype.bytes());
    buffers.pushBuffer(VALUES);
    code.loadConstant(vectors.lanes());
    if (mask == null) {
      code.loadConstant(-1L);
    } else {
      mask.push(LaneKind.INT);
      vectors.maskToLong();
    }
    writer.call(
        Lanes.class,
        name,
        CD_void,
        CodeWriter.MEMORY_SEGMENT,
        CD_long,
        CD_long,
        CD_int,
        CD_long,
        CD_int,
        CD_long);
  }

  /** Reads at lane addresses; leaves the elements on the stack. */
  void gather(DType dtype, Value address, MaskPusher mask) {
    buffers.toBuffer(address, ADDRESSES);
    pushMemoryAndAddresses();
    callLanes("loadIndexed", dtype, mask);
    buffers.pushFromBuffer(LaneKind.of(dtype), VALUES);
  }

  void scatter(DType dtype, Value address, Value value, MaskPusher mask) {
    buffers.toBuffer(address, ADDRESSES);
    buffers.toBuffer(value, VALUES);
    pushMemoryAndAddresses();
    callLanes("storeIndexed", dtype, mask);
  }

  private void pushMemoryAndAddresses() {
    writer.pushMemory();
    code.loadConstant(0L);
    writer.pushMemoryBase();
    code.lsub();
    buffers.pushBuffer(ADDRESSES);
  }

  /** Reads elements as many after their places as lanes say; leaves them on the stack. */
  void gatherTile(DType dtype, Place place, Value elements) {
    buffers.toBuffer(elements, ADDRESSES);
    writer.pushMemory();
    place.pushOffset.run();
    place.pushStride.run();
    buffers.pushBuffer(ADDRESSES);
    code.loadConstant(dtype.bytes());
    buffers.pushBuffer(VALUES);
    code.loadConstant(vectors.lanes());
    boolean wide = LaneKind.of(elements.dtype()) == LaneKind.LONG;
    writer.call(
        Lanes.class,
        wide ? "loadElementsByLong" : "loadElements",
        CD_void,
        CodeWriter.MEMORY_SEGMENT,
        CD_long,
        CD_long,
        CD_long,
        CD_int,
        CD_long,
        CD_int);
    buffers.pushFromBuffer(LaneKind.of(dtype), VALUES);
  }

  private static LaneKind memoryKind(DType dtype) {
    return switch (dtype.bytes()) {
      case 1 -> LaneKind.BYTE;
      case 2 -> LaneKind.SHORT;
      default -> LaneKind.of(dtype);
    };
  }
}
