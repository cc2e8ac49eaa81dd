package dev.kiln.compiler.jvm;

import static java.lang.constant.ConstantDescs.CD_long;

import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.jvm.support.IntegerOps;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.util.List;

/** Loops and branches that carry scalars. */
final class ControlFlow {
  private final CodeWriter writer;
  private final CodeBuilder code;

  ControlFlow(CodeWriter writer) {
    this.writer = writer;
    this.code = writer.code();
  }

  /** What a loop carries: {@code carried} starts as {@code inits} and becomes {@code yields}. */
  record Carried(List<Value> inits, List<Value> values, List<Value> yields, List<Value> results) {}

  /** {@code for (induction = lower; induction < upper; induction += step)}, without overflow. */
  void forLoop(
      Value induction,
      boolean unsigned,
      Value lower,
      Value upper,
      Value step,
      Carried carried,
      Runnable body) {
    int trips = code.allocateLocal(TypeKind.LONG);
    pushLimit(lower, unsigned);
    pushLimit(upper, unsigned);
    pushLimit(step, unsigned);
    boolean unsignedLong = unsigned && lower.dtype().bits() == 64;
    String name = unsignedLong ? "tripsUnsigned" : "trips";
    writer.call(IntegerOps.class, name, CD_long, CD_long, CD_long, CD_long);
    code.lstore(trips);
    writer.push(lower);
    writer.define(induction);
    declareAll(carried.values());
    copy(carried.inits(), carried.values());
    Label top = code.newLabel();
    Label exit = code.newLabel();
    code.labelBinding(top);
    code.lload(trips).loadConstant(0L).lcmp().ifle(exit);
    body.run();
    copy(carried.yields(), carried.values());
    writer.push(induction);
    writer.push(step);
    addOneType(induction);
    writer.assign(induction);
    code.lload(trips).loadConstant(1L).lsub().lstore(trips);
    code.goto_(top);
    code.labelBinding(exit);
    defineAll(carried.values(), carried.results());
  }

  private void pushLimit(Value limit, boolean unsigned) {
    writer.pushLong(limit);
    if (unsigned && limit.dtype().bits() < 64) {
      code.loadConstant((1L << limit.dtype().bits()) - 1).land();
    }
  }

  private void addOneType(Value induction) {
    if (JvmType.of(induction) == JvmType.LONG) {
      code.ladd();
    } else {
      code.iadd();
      ScalarOps.wrap(code, induction.dtype());
    }
  }

  /** See {@link dev.kiln.compiler.ir.ControlOp.While}. */
  void whileLoop(
      Carried carried,
      Runnable before,
      Value condition,
      List<Value> forwarded,
      List<Value> bodyParams,
      Runnable body) {
    declareAll(carried.values());
    copy(carried.inits(), carried.values());
    declareAll(carried.results());
    Label top = code.newLabel();
    Label exit = code.newLabel();
    code.labelBinding(top);
    before.run();
    copy(forwarded, carried.results());
    writer.push(condition);
    code.ifeq(exit);
    declareAll(bodyParams);
    copy(carried.results(), bodyParams);
    body.run();
    copy(carried.yields(), carried.values());
    code.goto_(top);
    code.labelBinding(exit);
  }

  void branch(
      Value condition,
      List<Value> results,
      Runnable thenBody,
      List<Value> thenYields,
      Runnable elseBody,
      List<Value> elseYields) {
    declareAll(results);
    Label otherwise = code.newLabel();
    Label end = code.newLabel();
    writer.push(condition);
    code.ifeq(otherwise);
    thenBody.run();
    copy(thenYields, results);
    code.goto_(end);
    code.labelBinding(otherwise);
    elseBody.run();
    copy(elseYields, results);
    code.labelBinding(end);
  }

  private void declareAll(List<Value> values) {
    values.forEach(writer::declare);
  }

  /** Assigns all at once: sources may be targets. */
  private void copy(List<Value> from, List<Value> to) {
    from.forEach(writer::push);
    to.reversed().forEach(writer::assign);
  }

  private void defineAll(List<Value> from, List<Value> to) {
    from.forEach(writer::push);
    to.reversed().forEach(writer::define);
  }
}
