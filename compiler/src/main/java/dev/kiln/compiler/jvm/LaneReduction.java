package dev.kiln.compiler.jvm;

import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.loop.LaneStmt;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * A reduction along the last axis in scalar code: the 16 logical lanes lie in scratch memory, in
 * the form of local variables.
 */
final class LaneReduction {
  /** Logical lanes, whatever the vector width. */
  static final int LANES = 16;

  private static final int SLOT = 8;

  private final CodeWriter writer;
  private final CodeBuilder code;
  private final MemoryAccess memory;
  private final LaneStmt.Reduce reduce;
  private final int lanes;
  private final int extent;
  private final long area;
  private final int lane;
  private final CombineBlock combine;

  LaneReduction(
      CodeWriter writer, KernelWriter kernel, LaneStmt.Reduce reduce, int extent, long before) {
    this.writer = writer;
    this.code = writer.code();
    this.memory = new MemoryAccess(writer);
    this.reduce = reduce;
    this.extent = extent;
    this.lanes = Math.min(LANES, extent);
    this.area = kernel.scratch().transientArea(before + bytes()) + before;
    this.lane = code.allocateLocal(TypeKind.INT);
    this.combine = new CombineBlock(writer, new ScalarBlocks(writer), reduce.combine());
  }

  long bytes() {
    return (long) reduce.inputs().size() * LANES * SLOT;
  }

  /** Combines the inputs at an index into its lane; the first block starts the lanes. */
  void accumulate(int index) {
    code.iload(index).loadConstant(LANES - 1).iand().istore(lane);
    if (extent <= LANES) {
      start();
      return;
    }
    Label combined = code.newLabel();
    Label end = code.newLabel();
    code.iload(index).loadConstant(LANES).if_icmpge(combined);
    start();
    code.goto_(end);
    code.labelBinding(combined);
    combine.emit(i -> load(i, 0), i -> writer.push(reduce.inputs().get(i)));
    storeResults();
    code.labelBinding(end);
  }

  private void start() {
    for (int i = 0; i < reduce.inputs().size(); i++) {
      store(i, reduce.inputs().get(i));
    }
  }

  private void storeResults() {
    for (int i = 0; i < reduce.inputs().size(); i++) {
      store(i, combine.result(i));
    }
  }

  /** Combines the lanes by halves and stores each result. */
  void finish(IntConsumer storeResult) {
    int half = code.allocateLocal(TypeKind.INT);
    if (lanes > 1) {
      Label top = code.newLabel();
      code.loadConstant(lanes / 2).istore(half);
      code.labelBinding(top);
      code.loadConstant(0).istore(lane);
      writer.loop(
          lane,
          () -> code.iload(half),
          1,
          () -> {
            combine.emit(i -> load(i, 0), i -> load(i, half));
            storeResults();
          });
      code.iload(half).loadConstant(1).ishr().istore(half);
      code.iload(half).ifgt(top);
    }
    for (int i = 0; i < reduce.inputs().size(); i++) {
      storeResult.accept(i);
    }
  }

  /** Pushes a component of lane 0. */
  void pushFirst(int component) {
    memory.load(
        type(component).storage(), () -> writer.pushScratchOffset(area + laneBytes(component)));
  }

  private JvmType type(int component) {
    return JvmType.of(reduce.inputs().get(component));
  }

  private static long laneBytes(int component) {
    return (long) component * LANES * SLOT;
  }

  /** Pushes a component of the current lane, or of the one {@code half} beyond. */
  private void load(int component, int halfSlot) {
    memory.load(type(component).storage(), () -> pushLaneOffset(component, halfSlot));
  }

  private void store(int component, Value value) {
    memory.store(
        type(component).storage(), () -> pushLaneOffset(component, 0), () -> writer.push(value));
  }

  private void pushLaneOffset(int component, int halfSlot) {
    writer.pushScratchOffset(area + laneBytes(component));
    code.iload(lane);
    if (halfSlot != 0) {
      code.iload(halfSlot).iadd();
    }
    code.i2l().loadConstant((long) SLOT).lmul().ladd();
  }

  List<Value> inputs() {
    return reduce.inputs();
  }
}
