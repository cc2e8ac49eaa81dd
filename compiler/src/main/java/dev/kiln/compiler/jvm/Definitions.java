package dev.kiln.compiler.jvm;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Rewriter;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.loop.LaneStmt;
import dev.kiln.compiler.loop.LoopStmt;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Values of a kernel that need no code: constants, and values that are other names for another
 * (hints, casts that keep the bits, program ids).
 */
final class Definitions {
  private final Map<Value, Number> constants = new IdentityHashMap<>();
  private final Map<Value, Value> aliases = new IdentityHashMap<>();
  private final Value[] programId;
  private final Value[] numPrograms;
  private final Definitions outer;

  Definitions() {
    this.outer = null;
    this.programId = new Value[3];
    this.numPrograms = new Value[3];
    for (int axis = 0; axis < 3; axis++) {
      programId[axis] = new Value(Type.scalar(DType.I32), "pid" + axis);
      numPrograms[axis] = new Value(Type.scalar(DType.I32), "programs" + axis);
    }
  }

  private Definitions(Definitions outer) {
    this.outer = outer;
    this.programId = outer.programId;
    this.numPrograms = outer.numPrograms;
  }

  /**
   * These and what will be added to the result alone: the names that one method gives to its own
   * values. The class file API writes a method with long jumps twice, the second time anew.
   */
  Definitions local() {
    return new Definitions(this);
  }

  private Value aliasOf(Value value) {
    Value alias = aliases.get(value);
    return alias != null || outer == null ? alias : outer.aliasOf(value);
  }

  private Number numberOf(Value resolved) {
    Number number = constants.get(resolved);
    return number != null || outer == null ? number : outer.numberOf(resolved);
  }

  Value programId(int axis) {
    return programId[axis];
  }

  Value numPrograms(int axis) {
    return numPrograms[axis];
  }

  List<Value> programIds() {
    return List.of(programId);
  }

  List<Value> numPrograms() {
    return List.of(numPrograms);
  }

  /** The value that holds the number. */
  Value resolve(Value value) {
    Value at = value;
    for (Value next = aliasOf(at); next != null; next = aliasOf(at)) {
      at = next;
    }
    return at;
  }

  /** The number of a constant, or null. */
  Number constant(Value value) {
    return numberOf(resolve(value));
  }

  boolean isConstant(Value value) {
    return numberOf(resolve(value)) != null;
  }

  void constant(Value value, Number number) {
    constants.put(value, number);
  }

  void alias(Value value, Value of) {
    aliases.put(value, of);
  }

  void scan(List<LoopStmt> statements) {
    statements.forEach(this::scan);
  }

  private void scan(LoopStmt statement) {
    switch (statement) {
      case LoopStmt.Scalar s -> scan(s.op());
      case LoopStmt.For f -> scan(f.body());
      case LoopStmt.While w -> {
        scan(w.before());
        scan(w.body());
      }
      case LoopStmt.If i -> {
        scan(i.thenBody());
        scan(i.elseBody());
      }
      case LoopStmt.Nest n -> n.body().forEach(this::scan);
      case LoopStmt.Scan s -> scan(s.combine());
      case LoopStmt.MapElementwise m -> scan(m.body());
      case LoopStmt.ReadElement _,
          LoopStmt.WriteElement _,
          LoopStmt.Dot _,
          LoopStmt.Histogram _,
          LoopStmt.Print _ -> {}
    }
  }

  private void scan(LaneStmt statement) {
    if (statement instanceof LaneStmt.Compute compute) {
      scan(compute.op());
    } else if (statement instanceof LaneStmt.Reduce reduce) {
      scan(reduce.combine());
    }
  }

  private void scan(Block block) {
    block.ops().forEach(this::scan);
  }

  private void scan(Op op) {
    op.blocks().forEach(this::scan);
    switch (op) {
      case ElementwiseOp.Constant c -> constants.put(c.result(), c.value());
      case ElementwiseOp.Hint h -> aliases.put(h.result(), h.operand());
      case ElementwiseOp.ProgramId p -> aliases.put(p.result(), programId[p.axis()]);
      case ElementwiseOp.NumPrograms n -> aliases.put(n.result(), numPrograms[n.axis()]);
      case ElementwiseOp.Cast c when keepsBits(c) -> aliases.put(c.result(), c.operand());
      default -> {}
    }
  }

  /**
   * A copy with values of its own of a block that holds elementwise operations, so that the block
   * can be legalised, which names its results, once for each place where it is emitted.
   */
  Block copy(Block block) {
    var copies = new IdentityHashMap<Value, Value>();
    var rewriter =
        new Rewriter() {
          @Override
          public Value use(Value operand) {
            return copies.getOrDefault(operand, operand);
          }

          @Override
          public Value define(Value result) {
            return copies.computeIfAbsent(result, r -> new Value(r.type(), r.hint()));
          }

          @Override
          public Block block(Block nested) {
            throw new IllegalArgumentException("not elementwise: " + nested);
          }
        };
    List<Value> params = rewriter.define(block.params());
    var ops = new ArrayList<Op>();
    block.ops().forEach(op -> ops.add(op.rewrite(rewriter)));
    var copy = new Block(params, ops);
    scan(copy);
    return copy;
  }

  /** Whether operand and result are held as the same local variable. */
  static boolean keepsBits(ElementwiseOp.Cast cast) {
    DType from = cast.operand().dtype();
    DType to = cast.result().dtype();
    return switch (cast.kind()) {
      case PTRTOINT, INTTOPTR -> true;
      case BITCAST -> from == to;
      case FPEXT -> to == DType.FP32 || from.bits() < 32 && to.bits() < 32;
      case EXTS -> from != DType.I1 && to.bits() <= 32;
      case EXTU, TRUNC, FPTRUNC, FPTRUNC_RTZ, SITOFP, UITOFP, FPTOSI, FPTOUI -> false;
    };
  }

  /** Whether an operation needs no code, because its result is a constant or an alias. */
  boolean needsNoCode(Op op) {
    return op instanceof ElementwiseOp e
        && (numberOf(e.result()) != null || aliasOf(e.result()) != null);
  }
}
