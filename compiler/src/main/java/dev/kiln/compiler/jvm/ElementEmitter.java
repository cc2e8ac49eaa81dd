package dev.kiln.compiler.jvm;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.loop.LoopStmt;
import dev.kiln.compiler.loop.TileRef;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Statements that run element by element in scalar code: mapped functions and histograms. */
final class ElementEmitter {
  private final CodeWriter writer;
  private final CodeBuilder code;
  private final MemoryAccess memory;

  ElementEmitter(CodeWriter writer) {
    this.writer = writer;
    this.code = writer.code();
    this.memory = new MemoryAccess(writer);
  }

  void emit(LoopStmt.MapElementwise map) {
    Shape shape = map.shape();
    int[] index = new int[shape.rank()];
    for (int i = 0; i < index.length; i++) {
      index[i] = code.allocateLocal(TypeKind.INT);
    }
    var offsets = new RefOffsets(writer, IntStream.range(0, index.length).toArray(), index);
    offsets.enter(map.sources());
    offsets.enter(map.targets());
    int flat = code.allocateLocal(TypeKind.INT);
    int element = code.allocateLocal(TypeKind.INT);
    code.loadConstant(0).istore(flat);
    writer.countedLoop(
        flat,
        shape.size(),
        map.pack(),
        () -> {
          readGroup(map, offsets, index, flat, element);
          new ScalarBlocks(writer).body(map.body());
          writeGroup(map, offsets, index, flat, element);
        });
  }

  private void readGroup(
      LoopStmt.MapElementwise map, RefOffsets offsets, int[] index, int flat, int element) {
    for (int p = 0; p < map.pack(); p++) {
      setIndex(map.shape(), index, flat, element, p);
      for (int i = 0; i < map.sources().size(); i++) {
        TileRef source = map.sources().get(i);
        memory.load(source.dtype(), () -> offsets.pushAll(source));
        writer.define(map.body().params().get(i * map.pack() + p));
      }
    }
  }

  private void writeGroup(
      LoopStmt.MapElementwise map, RefOffsets offsets, int[] index, int flat, int element) {
    List<Value> yields = map.body().terminator().operands();
    for (int p = 0; p < map.pack(); p++) {
      setIndex(map.shape(), index, flat, element, p);
      for (int i = 0; i < map.targets().size(); i++) {
        TileRef target = map.targets().get(i);
        Value value = yields.get(i * map.pack() + p);
        memory.store(target.dtype(), () -> offsets.pushAll(target), () -> writer.push(value));
      }
    }
  }

  /** The indices of element {@code flat + p} in row-major order; extents are powers of two. */
  private void setIndex(Shape shape, int[] index, int flat, int element, int p) {
    code.iload(flat).loadConstant(p).iadd().istore(element);
    int[] strides = shape.rowMajorStrides();
    for (int axis = 0; axis < index.length; axis++) {
      code.iload(element).loadConstant(Integer.numberOfTrailingZeros(strides[axis])).iushr();
      code.loadConstant(shape.dim(axis) - 1).iand().istore(index[axis]);
    }
  }

  void emit(LoopStmt.Histogram histogram) {
    int[] index = {code.allocateLocal(TypeKind.INT)};
    var offsets = new RefOffsets(writer, new int[] {0}, index);
    var refs = new ArrayList<TileRef>(List.of(histogram.source(), histogram.target()));
    histogram.mask().ifPresent(refs::add);
    offsets.enter(refs);
    TileRef target = histogram.target();
    code.loadConstant(0).istore(index[0]);
    writer.countedLoop(
        index[0],
        histogram.bins(),
        1,
        () -> memory.store(DType.I32, () -> offsets.push(target, 1), () -> code.loadConstant(0)));
    int at = code.allocateLocal(TypeKind.INT);
    code.loadConstant(0).istore(index[0]);
    writer.countedLoop(
        index[0], histogram.size(), 1, () -> count(histogram, offsets, index[0], at));
  }

  private void count(LoopStmt.Histogram histogram, RefOffsets offsets, int index, int saved) {
    Label next = code.newLabel();
    histogram
        .mask()
        .ifPresent(
            mask -> {
              memory.load(DType.I1, () -> offsets.push(mask, 1));
              code.ifeq(next);
            });
    int bin = code.allocateLocal(TypeKind.INT);
    memory.load(histogram.source().dtype(), () -> offsets.push(histogram.source(), 1));
    code.istore(bin);
    code.iload(bin).iflt(next);
    code.iload(bin).loadConstant(histogram.bins()).if_icmpge(next);
    // The target's element is chosen by the bin in place of the loop's index.
    code.iload(index).istore(saved).iload(bin).istore(index);
    memory.store(
        DType.I32,
        () -> offsets.push(histogram.target(), 1),
        () -> {
          memory.load(DType.I32, () -> offsets.push(histogram.target(), 1));
          code.loadConstant(1).iadd();
        });
    code.iload(saved).istore(index);
    code.labelBinding(next);
  }
}
