package dev.kiln.compiler.jvm;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.jvm.support.KernelAssertionError;
import dev.kiln.compiler.jvm.support.ProgramServices;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.constant.ConstantDescs;
import java.util.List;
import java.util.Optional;

/** Operations of tile IR on scalars, with their nested blocks. */
final class ScalarBlocks {
  private final CodeWriter writer;
  private final CodeBuilder code;
  private final ScalarOps ops;
  private final MemoryAccess memory;
  private final ControlFlow flow;

  ScalarBlocks(CodeWriter writer) {
    this.writer = writer;
    this.code = writer.code();
    this.ops = new ScalarOps(writer);
    this.memory = new MemoryAccess(writer);
    this.flow = new ControlFlow(writer);
  }

  /** Emits a block's operations but the terminator; its parameters must be bound. */
  void body(Block block) {
    List<Op> expanded = MathExpansion.expandOps(block.body(), writer.definitions());
    expanded.forEach(this::emit);
  }

  /** Emits an operation, expanded where it is a transcendental one. */
  void expandAndEmit(Op op) {
    MathExpansion.expandOps(List.of(op), writer.definitions()).forEach(this::emit);
  }

  void emit(Op op) {
    switch (op) {
      case ElementwiseOp e -> ops.emit(e);
      case MemoryOp m -> emitMemory(m);
      case ControlOp.For f ->
          flow.forLoop(
              f.induction(),
              f.unsigned(),
              f.lower(),
              f.upper(),
              f.step(),
              new ControlFlow.Carried(
                  f.inits(), f.carried(), f.body().terminator().operands(), f.results()),
              () -> body(f.body()));
      case ControlOp.While w -> {
        var condition = (ControlOp.Condition) w.before().terminator();
        flow.whileLoop(
            new ControlFlow.Carried(
                w.inits(), w.before().params(), w.body().terminator().operands(), w.results()),
            () -> body(w.before()),
            condition.condition(),
            condition.forwarded(),
            w.body().params(),
            () -> body(w.body()));
      }
      case ControlOp.If i ->
          flow.branch(
              i.condition(),
              i.results(),
              () -> body(i.thenBlock()),
              i.thenBlock().terminator().operands(),
              () -> body(i.elseBlock()),
              i.elseBlock().terminator().operands());
      default -> throw new IllegalArgumentException(op.mnemonic() + " is not a scalar operation");
    }
  }

  private void emitMemory(MemoryOp op) {
    switch (op) {
      case MemoryOp.Load l -> {
        DType dtype = elementType(l.pointer());
        masked(
            l.result(),
            l.mask(),
            l.other(),
            () -> memory.load(dtype, () -> memory.pushOffset(l.pointer())));
      }
      case MemoryOp.Store s ->
          whenTrue(
              s.mask(),
              () ->
                  memory.store(
                      elementType(s.pointer()),
                      () -> memory.pushOffset(s.pointer()),
                      () -> writer.push(s.value())));
      case MemoryOp.AtomicRmw a ->
          masked(
              a.result(),
              a.mask(),
              Optional.empty(),
              () -> memory.atomicRmw(a.kind(), elementType(a.pointer()), a.pointer(), a.value()));
      case MemoryOp.AtomicCas a -> {
        memory.atomicCas(elementType(a.pointer()), a.pointer(), a.expected(), a.value());
        writer.define(a.result());
      }
      case MemoryOp.Assert a ->
          whenTrue(a.mask(), () -> assertTrue(a.condition(), a.message(), a.loc()));
      case MemoryOp.ReadSpecial r -> readSpecial(r);
      case MemoryOp.Barrier _, MemoryOp.Assume _ -> {}
      case MemoryOp.Print _ ->
          throw new IllegalArgumentException("print is not a scalar operation");
    }
  }

  /** What lies at an address: a pointer to {@code i1} or a pointer's own pointee. */
  static DType elementType(Value pointer) {
    return pointer.type().pointee();
  }

  /** Defines the result: what is read where the mask is true, {@code other} elsewhere. */
  void masked(Value result, Optional<Value> mask, Optional<Value> other, Runnable pushRead) {
    if (mask.isEmpty()) {
      pushRead.run();
      writer.define(result);
      return;
    }
    Label otherwise = code.newLabel();
    Label end = code.newLabel();
    writer.declare(result);
    writer.push(mask.get());
    code.ifeq(otherwise);
    pushRead.run();
    writer.assign(result);
    code.goto_(end);
    code.labelBinding(otherwise);
    memory.pushOther(result.dtype(), other);
    writer.assign(result);
    code.labelBinding(end);
  }

  void whenTrue(Optional<Value> mask, Runnable action) {
    if (mask.isEmpty()) {
      action.run();
      return;
    }
    Label end = code.newLabel();
    writer.push(mask.get());
    code.ifeq(end);
    action.run();
    code.labelBinding(end);
  }

  void assertTrue(Value condition, String message, Location location) {
    Label end = code.newLabel();
    writer.push(condition);
    code.ifne(end);
    fail(message, location);
    code.labelBinding(end);
  }

  /** Throws. */
  void fail(String message, Location location) {
    code.loadConstant(message).loadConstant(location.toString());
    writer.definitions().programIds().forEach(writer::push);
    writer.call(
        ProgramServices.class,
        "assertionFailure",
        KernelAssertionError.class.describeConstable().orElseThrow(),
        ConstantDescs.CD_String,
        ConstantDescs.CD_String,
        CD_int,
        CD_int,
        CD_int);
    code.athrow();
  }

  private void readSpecial(MemoryOp.ReadSpecial op) {
    boolean timer = op.register().equals("globaltimer");
    writer.call(ProgramServices.class, timer ? "globalTimer" : "worker", timer ? CD_long : CD_int);
    boolean wide = JvmType.of(op.result()) == JvmType.LONG;
    if (timer && !wide) {
      code.l2i();
    } else if (!timer && wide) {
      code.i2l();
    }
    writer.define(op.result());
  }
}
