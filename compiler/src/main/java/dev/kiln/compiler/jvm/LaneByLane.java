package dev.kiln.compiler.jvm;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Rewriter;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * Operations that vectors do not have, as a loop over the lanes; vectors go to it and come back
 * through buffers in scratch memory.
 */
final class LaneByLane {
  /** Room for 16 lanes of 8 bytes. */
  static final long BUFFER_BYTES = 128;

  private static final int BUFFERS = 5;
  private static final int RESULT = 4;

  private final VectorCode vectors;
  private final CodeWriter writer;
  private final CodeBuilder code;
  private final MemoryAccess memory;
  private final long area;

  LaneByLane(VectorCode vectors, KernelWriter kernel) {
    this.vectors = vectors;
    this.writer = vectors.writer();
    this.code = writer.code();
    this.memory = new MemoryAccess(writer);
    this.area = kernel.scratch().transientArea(BUFFERS * BUFFER_BYTES);
  }

  void pushBuffer(int index) {
    writer.pushScratchOffset(area + index * BUFFER_BYTES);
  }

  /** Writes a lane value, or a scalar in all lanes, to a buffer; {@code i1} as 0 or 1. */
  void toBuffer(Value value, int index) {
    LaneKind kind = LaneKind.of(value.dtype());
    if (VectorCode.isMask(value)) {
      pushAsInts(value);
    } else {
      vectors.push(value);
    }
    vectors.store(kind, () -> pushBuffer(index), null);
  }

  /** Pushes an {@code i1} as ints 0 and 1. */
  void pushAsInts(Value value) {
    vectors.broadcast(LaneKind.INT, () -> code.loadConstant(0));
    vectors.broadcast(LaneKind.INT, () -> code.loadConstant(1));
    vectors.pushMask(value, LaneKind.INT);
    vectors.blend(LaneKind.INT);
  }

  /** Pushes a buffer's vector. */
  void pushFromBuffer(LaneKind kind, int index) {
    vectors.load(kind, () -> pushBuffer(index), null);
  }

  void emit(ElementwiseOp op) {
    DType dtype = op.result().dtype();
    LaneKind kind = LaneKind.of(dtype);
    loop(op);
    pushFromBuffer(kind, RESULT);
    if (dtype == DType.I1) {
      vectors.compareScalar(LaneKind.INT, "NE", () -> code.loadConstant(0));
      vectors.defineMask(op.result(), LaneKind.INT);
    } else {
      vectors.define(op.result(), kind);
    }
  }

  /** As {@link #emit} where the mask that is pushed has a lane, else all lanes are 0. */
  void emitIfAny(ElementwiseOp op, Runnable pushMask) {
    LaneKind kind = LaneKind.of(op.result().dtype());
    int slot = code.allocateLocal(TypeKind.REFERENCE);
    Label none = code.newLabel();
    Label end = code.newLabel();
    pushMask.run();
    vectors.anyTrue();
    code.ifeq(none);
    loop(op);
    pushFromBuffer(kind, RESULT);
    code.astore(slot).goto_(end);
    code.labelBinding(none);
    vectors.broadcast(kind, () -> writer.pushConstant(kind.scalar(), 0));
    code.astore(slot);
    code.labelBinding(end);
    vectors.define(op.result(), slot, kind, false);
  }

  private void loop(ElementwiseOp op) {
    Map<Value, Value> scalars = new IdentityHashMap<>();
    Map<Value, Integer> buffers = new IdentityHashMap<>();
    for (Value operand : op.operands()) {
      if (vectors.isLane(operand) && !scalars.containsKey(operand)) {
        buffers.put(operand, buffers.size());
        scalars.put(operand, new Value(Type.scalar(operand.dtype())));
        toBuffer(operand, buffers.get(operand));
      }
    }
    int lane = code.allocateLocal(TypeKind.INT);
    Value result = new Value(op.result().type());
    var scalar =
        (ElementwiseOp)
            op.rewrite(
                new Rewriter() {
                  @Override
                  public Value use(Value operand) {
                    return scalars.getOrDefault(operand, operand);
                  }

                  @Override
                  public Value define(Value defined) {
                    return result;
                  }

                  @Override
                  public Block block(Block nested) {
                    return nested;
                  }
                });
    code.loadConstant(0).istore(lane);
    writer.countedLoop(
        lane,
        vectors.lanes(),
        1,
        () -> {
          buffers.forEach(
              (operand, buffer) -> {
                JvmType type = JvmType.of(operand);
                memory.load(type.storage(), () -> pushLane(type, buffer, lane));
                writer.define(scalars.get(operand));
              });
          new ScalarOps(writer).emit(scalar);
          JvmType type = JvmType.of(result);
          memory.store(
              type.storage(), () -> pushLane(type, RESULT, lane), () -> writer.push(result));
        });
  }

  private void pushLane(JvmType type, int buffer, int lane) {
    pushBuffer(buffer);
    code.iload(lane).i2l().loadConstant((long) type.bytes()).lmul().ladd();
  }
}
