package dev.kiln.compiler.jvm;

import static dev.kiln.compiler.ir.CompareKind.GT;
import static dev.kiln.compiler.ir.CompareKind.LT;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.loop.LaneStmt;
import dev.kiln.compiler.loop.TileRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Rewrites statements into those that vectors have: floats narrower than 32 bits become {@code
 * fp32} that is rounded by integer operations, their memory accesses move integers, and rounding to
 * integers becomes additions.
 */
final class VectorLegalizer {
  private final Definitions definitions;
  private final List<LaneStmt> out = new ArrayList<>();

  private VectorLegalizer(Definitions definitions) {
    this.definitions = definitions;
  }

  static List<LaneStmt> legalize(List<LaneStmt> body, Definitions definitions) {
    var legalizer = new VectorLegalizer(definitions);
    body.forEach(legalizer::add);
    return legalizer.out;
  }

  private void add(LaneStmt statement) {
    switch (statement) {
      case LaneStmt.Compute c -> emit(ops(c.op(), definitions));
      case LaneStmt.Load l when isSmallFloat(l.source().dtype()) -> {
        Value code = code(l.source().dtype());
        Optional<Value> other = l.other().map(o -> encode(l, l.source().dtype(), o));
        out.add(new LaneStmt.Load(l.loc(), code, integers(l.source()), l.mask(), other));
        decode(l, l.source().dtype(), code, l.result());
      }
      case LaneStmt.GatherLoad l when isSmallFloat(l.result().dtype()) -> {
        DType dtype = l.result().dtype();
        Value code = code(dtype);
        Optional<Value> other = l.other().map(o -> encode(l, dtype, o));
        Value address = integers(l.address(), dtype);
        out.add(new LaneStmt.GatherLoad(l.loc(), code, address, l.mask(), other));
        decode(l, dtype, code, l.result());
      }
      case LaneStmt.GatherTile g when isSmallFloat(g.source().dtype()) -> {
        Value code = code(g.source().dtype());
        out.add(new LaneStmt.GatherTile(g.loc(), code, integers(g.source()), g.offset()));
        decode(g, g.source().dtype(), code, g.result());
      }
      case LaneStmt.Store s when isSmallFloat(s.target().dtype()) -> {
        Value code = encode(s, s.target().dtype(), s.value());
        out.add(new LaneStmt.Store(s.loc(), integers(s.target()), code, s.mask()));
      }
      case LaneStmt.ScatterStore s when isSmallFloat(s.value().dtype()) -> {
        DType dtype = s.value().dtype();
        Value code = encode(s, dtype, s.value());
        Value address = integers(s.address(), dtype);
        out.add(new LaneStmt.ScatterStore(s.loc(), address, code, s.mask()));
      }
      default -> out.add(statement);
    }
  }

  private void emit(List<ElementwiseOp> ops) {
    ops.forEach(op -> out.add(new LaneStmt.Compute(op)));
  }

  static boolean isSmallFloat(DType dtype) {
    return dtype.isFloat() && dtype.bits() < 32;
  }

  /** The integer type of the same width. */
  static DType integer(DType dtype) {
    return dtype.bits() == 8 ? DType.I8 : DType.I16;
  }

  private static Value code(DType dtype) {
    return new Value(Type.scalar(integer(dtype)));
  }

  static TileRef integers(TileRef ref) {
    return new TileRef(integer(ref.dtype()), ref.base(), ref.strides());
  }

  private Value integers(Value address, DType dtype) {
    Value pointer = new Value(Type.pointer(integer(dtype)));
    definitions.alias(pointer, address);
    return pointer;
  }

  private void decode(LaneStmt statement, DType dtype, Value code, Value result) {
    var seq = new OpSequence(definitions, statement.loc());
    Value value = new SmallFloatBits(seq, dtype).decode(asInt(code));
    emit(seq.ops());
    seq.finish(result, value);
  }

  private Value encode(LaneStmt statement, DType dtype, Value value) {
    var seq = new OpSequence(definitions, statement.loc());
    Value code = new SmallFloatBits(seq, dtype).encode(asFloat(value));
    emit(seq.ops());
    return code;
  }

  /** Another name with the type {@code i32}, as which narrower integers are held. */
  private Value asInt(Value code) {
    return renamed(definitions, code, DType.I32);
  }

  private Value asFloat(Value value) {
    return renamed(definitions, value, DType.FP32);
  }

  private static Value renamed(Definitions definitions, Value value, DType dtype) {
    if (value.dtype() == dtype) {
      return value;
    }
    Value renamed = new Value(Type.scalar(dtype));
    definitions.alias(renamed, value);
    return renamed;
  }

  /** What an operation becomes; itself if vectors have it or if it must be done lane by lane. */
  static List<ElementwiseOp> ops(ElementwiseOp op, Definitions definitions) {
    if (definitions.needsNoCode(op)) {
      return List.of();
    }
    var seq = new OpSequence(definitions, op.loc());
    Value result = rewritten(op, seq, definitions);
    if (result == null) {
      return List.of(op);
    }
    seq.finish(op.result(), result);
    return seq.ops();
  }

  /** The value in place of the result, or null. */
  private static Value rewritten(ElementwiseOp op, OpSequence seq, Definitions definitions) {
    DType dtype = op.result().dtype();
    return switch (op) {
      case ElementwiseOp.Unary u when dtype.isFloat() -> rounding(u, seq);
      case ElementwiseOp.Binary b when isSmallFloat(dtype) && isRounded(b.kind()) -> {
        Value left = renamed(definitions, b.left(), DType.FP32);
        Value right = renamed(definitions, b.right(), DType.FP32);
        yield new SmallFloatBits(seq, dtype).round(seq.binary(b.kind(), left, right));
      }
      case ElementwiseOp.Cast c -> cast(c, seq, definitions);
      default -> null;
    };
  }

  private static boolean isRounded(BinaryKind kind) {
    return switch (kind) {
      case ADD, SUB, MUL, DIV -> true;
      default -> false;
    };
  }

  private static Value cast(ElementwiseOp.Cast c, OpSequence seq, Definitions definitions) {
    DType from = c.operand().dtype();
    DType to = c.result().dtype();
    if (c.kind() == CastKind.FPTRUNC && isSmallFloat(to) && from != DType.FP64) {
      return new SmallFloatBits(seq, to).round(renamed(definitions, c.operand(), DType.FP32));
    }
    if (c.kind() != CastKind.BITCAST || !isSmallFloat(from) && !isSmallFloat(to)) {
      return null;
    }
    Value code =
        isSmallFloat(from)
            ? new SmallFloatBits(seq, from).encode(renamed(definitions, c.operand(), DType.FP32))
            : renamed(definitions, c.operand(), DType.I32);
    if (isSmallFloat(to)) {
      return new SmallFloatBits(seq, to).decode(code);
    }
    int extra = 32 - to.bits();
    return seq.shrs(seq.shl(code, extra), extra);
  }

  /** FLOOR, CEIL, TRUNC and RINT of fp32 and fp64 by adding a number without fraction bits. */
  private static Value rounding(ElementwiseOp.Unary u, OpSequence seq) {
    UnaryKind kind = u.kind();
    Value x = u.operand();
    DType dtype = x.dtype();
    boolean applies =
        kind == UnaryKind.FLOOR
            || kind == UnaryKind.CEIL
            || kind == UnaryKind.TRUNC
            || kind == UnaryKind.RINT;
    if (!applies || isSmallFloat(dtype)) {
      return null;
    }
    Value anchor = seq.constant(dtype, dtype == DType.FP64 ? 0x1p52 : 0x1p23);
    Value one = seq.constant(dtype, 1.0);
    Value magnitude = seq.abs(x);
    Value nearest = seq.sub(seq.add(magnitude, anchor), anchor);
    Value result =
        switch (kind) {
          case RINT -> nearest;
          case TRUNC ->
              seq.select(seq.compare(GT, nearest, magnitude), seq.sub(nearest, one), nearest);
          case FLOOR -> {
            Value signed = seq.copySign(nearest, x);
            yield seq.abs(seq.select(seq.compare(GT, signed, x), seq.sub(signed, one), signed));
          }
          default -> {
            Value signed = seq.copySign(nearest, x);
            yield seq.abs(seq.select(seq.compare(LT, signed, x), seq.add(signed, one), signed));
          }
        };
    // Larger numbers are integers already; this takes infinities and NaN too.
    Value isSmall = seq.compare(LT, magnitude, anchor);
    return seq.select(isSmall, seq.copySign(result, x), x);
  }
}
