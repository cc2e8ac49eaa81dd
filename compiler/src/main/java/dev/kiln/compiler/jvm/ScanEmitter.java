package dev.kiln.compiler.jvm;

import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.loop.LoopStmt;
import dev.kiln.compiler.loop.TileRef;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Running combinations: loops over the other axes around one along the scanned axis. */
final class ScanEmitter {
  private final CodeWriter writer;
  private final CodeBuilder code;
  private final MemoryAccess memory;

  ScanEmitter(CodeWriter writer) {
    this.writer = writer;
    this.code = writer.code();
    this.memory = new MemoryAccess(writer);
  }

  void emit(LoopStmt.Scan scan) {
    int rank = scan.shape().rank();
    int[] index = new int[rank];
    for (int i = 0; i < rank; i++) {
      index[i] = code.allocateLocal(TypeKind.INT);
    }
    int[] order =
        IntStream.concat(
                IntStream.range(0, rank).filter(a -> a != scan.axis()), IntStream.of(scan.axis()))
            .toArray();
    var offsets = new RefOffsets(writer, order, index);
    offsets.enter(scan.sources());
    offsets.enter(scan.targets());
    loops(scan, order, index, offsets, 0);
  }

  private void loops(LoopStmt.Scan scan, int[] order, int[] index, RefOffsets offsets, int level) {
    if (level == order.length - 1) {
      run(scan, index[scan.axis()], offsets);
      return;
    }
    int axis = order[level];
    code.loadConstant(0).istore(index[axis]);
    writer.countedLoop(
        index[axis],
        scan.shape().dim(axis),
        1,
        () -> {
          offsets.enterLevel(level);
          loops(scan, order, index, offsets, level + 1);
        });
  }

  private void run(LoopStmt.Scan scan, int index, RefOffsets offsets) {
    int extent = scan.shape().dim(scan.axis());
    int rank = scan.shape().rank();
    int count = code.allocateLocal(TypeKind.INT);
    List<Value> running = new ArrayList<>();
    List<Value> inputs = new ArrayList<>();
    for (int i = 0; i < scan.sources().size(); i++) {
      Value param = scan.combine().params().get(i);
      running.add(new Value(param.type()));
      inputs.add(new Value(param.type()));
      writer.pushConstant(JvmType.of(param), 0);
      writer.define(running.get(i));
    }
    var combine = new CombineBlock(writer, new ScalarBlocks(writer), scan.combine());
    code.loadConstant(0).istore(count);
    writer.countedLoop(
        count,
        extent,
        1,
        () -> {
          if (scan.reverse()) {
            code.loadConstant(extent - 1).iload(count).isub().istore(index);
          } else {
            code.iload(count).istore(index);
          }
          for (int i = 0; i < inputs.size(); i++) {
            TileRef source = scan.sources().get(i);
            memory.load(source.dtype(), () -> offsets.push(source, rank));
            writer.define(inputs.get(i));
          }
          step(combine, count, running, inputs);
          for (int i = 0; i < inputs.size(); i++) {
            TileRef target = scan.targets().get(i);
            Value value = running.get(i);
            memory.store(
                target.dtype(), () -> offsets.push(target, rank), () -> writer.push(value));
          }
        });
  }

  private void step(CombineBlock combine, int count, List<Value> running, List<Value> inputs) {
    Label first = code.newLabel();
    Label end = code.newLabel();
    code.iload(count).ifeq(first);
    combine.emit(i -> writer.push(running.get(i)), i -> writer.push(inputs.get(i)));
    for (int i = 0; i < running.size(); i++) {
      writer.push(combine.result(i));
    }
    running.reversed().forEach(writer::assign);
    code.goto_(end);
    code.labelBinding(first);
    inputs.forEach(writer::push);
    running.reversed().forEach(writer::assign);
    code.labelBinding(end);
  }
}
