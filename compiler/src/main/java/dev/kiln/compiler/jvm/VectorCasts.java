package dev.kiln.compiler.jvm;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Value;
import java.lang.classfile.CodeBuilder;

/** Casts of vectors; floats narrower than 32 bits have been legalised. */
final class VectorCasts {
  private static final long LOW_HALF = 0xffff_ffffL;

  private final VectorCode vectors;
  private final CodeBuilder code;
  private final CodeWriter writer;

  VectorCasts(VectorCode vectors) {
    this.vectors = vectors;
    this.writer = vectors.writer();
    this.code = writer.code();
  }

  /** Whether an unsigned cast goes through 64-bit lanes. */
  static boolean needsLongs(ElementwiseOp.Cast op) {
    return switch (op.kind()) {
      case UITOFP -> op.operand().dtype() == DType.I32;
      case FPTOUI -> op.result().dtype() == DType.I32;
      default -> false;
    };
  }

  /** False if it must be done lane by lane. */
  boolean emit(ElementwiseOp.Cast op) {
    DType from = op.operand().dtype();
    DType to = op.result().dtype();
    boolean smallResult = VectorLegalizer.isSmallFloat(to);
    return switch (op.kind()) {
      case EXTS, EXTU -> extend(op, from, to);
      case TRUNC -> truncate(op, from, to);
      case FPEXT -> defined(op, LaneKind.FLOAT, LaneKind.DOUBLE, "F2D");
      case FPTRUNC -> to == DType.FP32 && defined(op, LaneKind.DOUBLE, LaneKind.FLOAT, "D2F");
      case FPTRUNC_RTZ -> false;
      case SITOFP -> !smallResult && fromSigned(op, from, to);
      case UITOFP -> !smallResult && fromUnsigned(op, from, to);
      case FPTOSI -> toSigned(op, from, to);
      case FPTOUI -> toUnsigned(op, from, to);
      case BITCAST -> bitcast(op, from, to);
      case PTRTOINT, INTTOPTR -> throw new IllegalStateException(op.mnemonic() + " needs no code");
    };
  }

  private boolean defined(ElementwiseOp.Cast op, LaneKind from, LaneKind to, String conversion) {
    vectors.push(op.operand());
    vectors.convert(from, to, conversion);
    vectors.define(op.result(), to);
    return true;
  }

  /** Pushes an integer operand, an {@code i1} as 0 and {@code whenTrue}. */
  private void pushInteger(Value value, LaneKind kind, int whenTrue) {
    if (value.dtype() != DType.I1) {
      vectors.push(value);
      return;
    }
    vectors.broadcast(kind, () -> writer.pushConstant(kind.scalar(), 0));
    vectors.broadcast(kind, () -> writer.pushConstant(kind.scalar(), whenTrue));
    vectors.pushMask(value, kind);
    vectors.blend(kind);
  }

  private boolean extend(ElementwiseOp.Cast op, DType from, DType to) {
    boolean signed = op.kind() == dev.kiln.compiler.ir.CastKind.EXTS;
    LaneKind kind = LaneKind.of(to);
    if (from == DType.I1) {
      pushInteger(op.operand(), kind, signed ? -1 : 1);
      vectors.define(op.result(), kind);
      return true;
    }
    vectors.push(op.operand());
    if (!signed) {
      VectorOps.zeroExtend(vectors, from);
    }
    if (kind == LaneKind.LONG) {
      vectors.convert(LaneKind.INT, LaneKind.LONG, "I2L");
      if (!signed && from == DType.I32) {
        keepLowHalf();
      }
    } else {
      VectorOps.wrap(vectors, to);
    }
    vectors.define(op.result(), kind);
    return true;
  }

  private void keepLowHalf() {
    vectors.lanewise(
        LaneKind.LONG,
        "AND",
        () -> vectors.broadcast(LaneKind.LONG, () -> code.loadConstant(LOW_HALF)));
  }

  private boolean truncate(ElementwiseOp.Cast op, DType from, DType to) {
    vectors.push(op.operand());
    if (LaneKind.of(from) == LaneKind.LONG) {
      vectors.convert(LaneKind.LONG, LaneKind.INT, "L2I");
    }
    if (to == DType.I1) {
      toBool(op.result());
      return true;
    }
    VectorOps.wrap(vectors, to);
    vectors.define(op.result(), LaneKind.INT);
    return true;
  }

  /** The lowest bit of the ints on the stack. */
  private void toBool(Value result) {
    vectors.lanewise(
        LaneKind.INT, "AND", () -> vectors.broadcast(LaneKind.INT, () -> code.loadConstant(1)));
    vectors.compareScalar(LaneKind.INT, "NE", () -> code.loadConstant(0));
    vectors.defineMask(result, LaneKind.INT);
  }

  private boolean fromSigned(ElementwiseOp.Cast op, DType from, DType to) {
    LaneKind kind = LaneKind.of(from);
    LaneKind target = LaneKind.of(to);
    pushInteger(op.operand(), LaneKind.INT, -1);
    vectors.convert(kind, target, letter(kind) + "2" + letter(target));
    vectors.define(op.result(), target);
    return true;
  }

  private static char letter(LaneKind kind) {
    return kind.name().charAt(0);
  }

  private boolean fromUnsigned(ElementwiseOp.Cast op, DType from, DType to) {
    LaneKind target = LaneKind.of(to);
    if (from == DType.I64) {
      return false;
    }
    pushInteger(op.operand(), LaneKind.INT, 1);
    if (from == DType.I32) {
      vectors.convert(LaneKind.INT, LaneKind.LONG, "I2L");
      keepLowHalf();
      vectors.convert(LaneKind.LONG, target, "L2" + letter(target));
    } else {
      VectorOps.zeroExtend(vectors, from);
      vectors.convert(LaneKind.INT, target, "I2" + letter(target));
    }
    vectors.define(op.result(), target);
    return true;
  }

  private boolean toSigned(ElementwiseOp.Cast op, DType from, DType to) {
    LaneKind source = LaneKind.of(from);
    LaneKind target = LaneKind.of(to);
    vectors.push(op.operand());
    vectors.convert(source, target, letter(source) + "2" + letter(target));
    if (to == DType.I1) {
      clamp(LaneKind.INT, -1, 0);
      toBool(op.result());
      return true;
    }
    if (to.bits() < 32) {
      int largest = (1 << (to.bits() - 1)) - 1;
      clamp(LaneKind.INT, ~largest, largest);
    }
    vectors.define(op.result(), target);
    return true;
  }

  private boolean toUnsigned(ElementwiseOp.Cast op, DType from, DType to) {
    LaneKind source = LaneKind.of(from);
    if (to == DType.I64) {
      return false;
    }
    vectors.push(op.operand());
    if (to == DType.I32) {
      vectors.convert(source, LaneKind.LONG, letter(source) + "2L");
      clamp(LaneKind.LONG, 0, LOW_HALF);
      vectors.convert(LaneKind.LONG, LaneKind.INT, "L2I");
    } else {
      vectors.convert(source, LaneKind.INT, letter(source) + "2I");
      clamp(LaneKind.INT, 0, (1L << to.bits()) - 1);
      if (to == DType.I1) {
        toBool(op.result());
        return true;
      }
      VectorOps.wrap(vectors, to);
    }
    vectors.define(op.result(), LaneKind.INT);
    return true;
  }

  private void clamp(LaneKind kind, long low, long high) {
    vectors.lanewise(
        kind, "MAX", () -> vectors.broadcast(kind, () -> writer.pushConstant(kind.scalar(), low)));
    vectors.lanewise(
        kind, "MIN", () -> vectors.broadcast(kind, () -> writer.pushConstant(kind.scalar(), high)));
  }

  private boolean bitcast(ElementwiseOp.Cast op, DType from, DType to) {
    LaneKind source = LaneKind.of(from);
    LaneKind target = LaneKind.of(to);
    vectors.push(op.operand());
    vectors.reinterpret(source, target);
    vectors.define(op.result(), target);
    return true;
  }
}
