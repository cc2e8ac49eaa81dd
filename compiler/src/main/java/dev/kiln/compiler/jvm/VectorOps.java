package dev.kiln.compiler.jvm;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.ir.Value;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;

/** Elementwise operations on vectors. What vectors do not have is done lane by lane. */
final class VectorOps {
  private final VectorCode vectors;
  private final CodeWriter writer;
  private final CodeBuilder code;
  private final LaneByLane laneByLane;
  private final VectorCasts casts;
  private final VectorMinMax minMax;

  VectorOps(VectorCode vectors, LaneByLane laneByLane) {
    this.vectors = vectors;
    this.writer = vectors.writer();
    this.code = writer.code();
    this.laneByLane = laneByLane;
    this.casts = new VectorCasts(vectors);
    this.minMax = new VectorMinMax(vectors);
  }

  /** Emits an operation that {@link VectorLegalizer} has passed, and defines its result. */
  void emit(ElementwiseOp op) {
    if (writer.definitions().needsNoCode(op)) {
      return;
    }
    DType dtype = op.result().dtype();
    boolean done =
        switch (op) {
          case ElementwiseOp.Unary u -> dtype == DType.I1 ? unaryMask(u) : unary(u);
          case ElementwiseOp.Binary b -> dtype == DType.I1 ? binaryMask(b) : binary(b, dtype);
          case ElementwiseOp.Compare c -> compare(c);
          case ElementwiseOp.Fma f -> fma(f, dtype);
          case ElementwiseOp.Select s -> select(s);
          case ElementwiseOp.Cast c -> casts.emit(c);
          case ElementwiseOp.AddPtr a -> addPtr(a);
          case ElementwiseOp.Constant _,
              ElementwiseOp.Hint _,
              ElementwiseOp.ProgramId _,
              ElementwiseOp.NumPrograms _ ->
              throw new IllegalStateException(op.mnemonic() + " needs no code");
        };
    if (!done) {
      laneByLane.emit(op);
    }
  }

  private void define(Value result) {
    vectors.define(result, LaneKind.of(result.dtype()));
  }

  // --- unary

  private boolean unary(ElementwiseOp.Unary op) {
    DType dtype = op.operand().dtype();
    LaneKind kind = LaneKind.of(dtype);
    switch (op.kind()) {
      case NEG, ABS -> {
        vectors.push(op.operand());
        vectors.lanewise(kind, op.kind().name());
        wrap(dtype);
      }
      case SQRT -> {
        vectors.push(op.operand());
        vectors.lanewise(kind, "SQRT");
      }
      case NOT -> {
        vectors.push(op.operand());
        vectors.lanewise(kind, "XOR", () -> pushAllBits(kind));
      }
      case SIN, COS -> {
        return sinOrCosOfLarge(op, dtype);
      }
      default -> {
        return false;
      }
    }
    define(op.result());
    return true;
  }

  /** Rarely is any argument beyond the range of the expansion, whose last step this is. */
  private boolean sinOrCosOfLarge(ElementwiseOp.Unary op, DType dtype) {
    if (dtype != DType.FP32) {
      return false;
    }
    laneByLane.emitIfAny(
        op,
        () -> {
          vectors.push(op.operand());
          vectors.lanewise(LaneKind.FLOAT, "ABS");
          vectors.compareScalar(
              LaneKind.FLOAT,
              "LE",
              () -> code.loadConstant(dev.kiln.compiler.jvm.support.FloatOps.LARGEST_REDUCED));
          vectors.maskNot();
        });
    return true;
  }

  private void pushAllBits(LaneKind kind) {
    vectors.broadcast(kind, () -> writer.pushConstant(kind.scalar(), -1));
  }

  private boolean unaryMask(ElementwiseOp.Unary op) {
    LaneKind kind = vectors.maskKind(op.operand());
    vectors.pushMask(op.operand(), kind);
    if (op.kind() == UnaryKind.NOT) {
      vectors.maskNot();
    }
    vectors.defineMask(op.result(), kind);
    return true;
  }

  // --- binary

  private boolean binary(ElementwiseOp.Binary op, DType dtype) {
    LaneKind kind = LaneKind.of(dtype);
    switch (op.kind()) {
      case ADD, SUB, MUL, DIV -> {
        vectors.push(op.left());
        vectors.lanewise(kind, op.kind().name(), () -> vectors.push(op.right()));
        wrap(dtype);
      }
      case AND, OR, XOR -> {
        vectors.push(op.left());
        vectors.lanewise(kind, op.kind().name(), () -> vectors.push(op.right()));
      }
      case SHL, SHRS, SHRU -> shift(op, dtype, kind);
      case MINS, MAXS -> {
        vectors.push(op.left());
        String operator = op.kind() == BinaryKind.MINS ? "MIN" : "MAX";
        vectors.lanewise(kind, operator, () -> vectors.push(op.right()));
      }
      case MINU, MAXU -> {
        // Sign extension keeps the order of the unsigned values.
        vectors.push(op.right());
        vectors.push(op.left());
        vectors.push(op.left());
        String order = op.kind() == BinaryKind.MINU ? "ULT" : "UGT";
        vectors.compare(kind, order, () -> vectors.push(op.right()));
        vectors.blend(kind);
      }
      case MIN, MAX, MINNAN, MAXNAN -> minMax.push(op, kind);
      case MULHU -> {
        if (dtype != DType.I32) {
          return false;
        }
        highProduct(op);
      }
      case REM, DIVS, DIVU, REMS, REMU, MULHS -> {
        return false;
      }
    }
    define(op.result());
    return true;
  }

  /** Upper halves of the products of the even and of the odd lanes, as 64-bit products. */
  private void highProduct(ElementwiseOp.Binary op) {
    pushEven(op.left());
    wide("MUL", () -> pushEven(op.right()));
    vectors.shift(LaneKind.LONG, "LSHR", 32);
    wide(
        "OR",
        () -> {
          pushOdd(op.left());
          wide("MUL", () -> pushOdd(op.right()));
          wide("AND", () -> pushWideConstant(0xffff_ffff_0000_0000L));
        });
    vectors.reinterpret(LaneKind.LONG, LaneKind.INT);
  }

  private void wide(String operator, Runnable pushRight) {
    vectors.lanewise(LaneKind.LONG, operator, pushRight);
  }

  private void pushWide(Value value) {
    vectors.push(value);
    vectors.reinterpret(LaneKind.INT, LaneKind.LONG, vectors.lanes() / 2);
  }

  private void pushEven(Value value) {
    pushWide(value);
    wide("AND", () -> pushWideConstant(0xffff_ffffL));
  }

  private void pushOdd(Value value) {
    pushWide(value);
    vectors.shift(LaneKind.LONG, "LSHR", 32);
  }

  private void pushWideConstant(long number) {
    code.getstatic(
        LaneKind.LONG.vector(), LaneKind.LONG.species(vectors.lanes() / 2), LaneKind.SPECIES);
    code.loadConstant(number);
    code.invokestatic(
        LaneKind.LONG.vector(),
        "broadcast",
        MethodTypeDesc.of(LaneKind.LONG.vector(), LaneKind.SPECIES, ConstantDescs.CD_long));
  }

  private void shift(ElementwiseOp.Binary op, DType dtype, LaneKind kind) {
    String operator =
        switch (op.kind()) {
          case SHL -> "LSHL";
          case SHRS -> "ASHR";
          default -> "LSHR";
        };
    vectors.push(op.left());
    if (op.kind() == BinaryKind.SHRU) {
      zeroExtend(dtype);
    }
    Number amount = writer.definitions().constant(op.right());
    if (amount != null && amount.longValue() >= 0 && amount.longValue() < dtype.bits()) {
      vectors.shift(kind, operator, amount.intValue());
    } else {
      shiftByLanes(op, dtype, kind, operator);
    }
    wrap(dtype);
  }

  /** The left operand is on the stack. Amounts beyond the width give 0, or all sign bits. */
  private void shiftByLanes(ElementwiseOp.Binary op, DType dtype, LaneKind kind, String operator) {
    vectors.push(op.right());
    zeroExtend(dtype);
    int amount = vectors.storeNew();
    int all = kind.bits();
    if (op.kind() == BinaryKind.SHRS) {
      // Clamps the amount.
      pushSmallerAmount(amount, kind, all);
      int clamped = vectors.storeNew();
      vectors.lanewise(kind, operator, () -> code.aload(clamped));
      return;
    }
    vectors.lanewise(kind, operator, () -> code.aload(amount));
    vectors.broadcast(kind, () -> writer.pushConstant(kind.scalar(), 0));
    code.aload(amount);
    vectors.compare(kind, "UGE", () -> pushWidth(kind, dtype.bits()));
    vectors.blend(kind);
  }

  private void pushSmallerAmount(int amount, LaneKind kind, int width) {
    code.aload(amount);
    pushWidth(kind, width - 1);
    code.aload(amount);
    vectors.compare(kind, "UGE", () -> pushWidth(kind, width));
    vectors.blend(kind);
  }

  private void pushWidth(LaneKind kind, int width) {
    vectors.broadcast(kind, () -> writer.pushConstant(kind.scalar(), width));
  }

  /** One bit, whose signed value is 0 or -1; see {@link ScalarOps}. */
  private boolean binaryMask(ElementwiseOp.Binary op) {
    LaneKind kind = vectors.maskKind(op.left());
    vectors.pushMask(op.left(), kind);
    Runnable pushRight = () -> vectors.pushMask(op.right(), kind);
    switch (op.kind()) {
      case ADD, SUB, XOR -> {
        pushRight.run();
        vectors.maskOp("xor");
      }
      case MUL, AND, MINU, MAXS -> {
        pushRight.run();
        vectors.maskOp("and");
      }
      case OR, MAXU, MINS -> {
        pushRight.run();
        vectors.maskOp("or");
      }
      case SHL, SHRU, REMS, REMU -> {
        pushRight.run();
        vectors.maskNot();
        vectors.maskOp("and");
      }
      case DIVS, DIVU -> {
        pushRight.run();
        vectors.maskNot();
        vectors.maskOp("or");
      }
      case SHRS -> {}
      default -> throw new IllegalArgumentException(op.mnemonic() + " does not apply to i1");
    }
    vectors.defineMask(op.result(), kind);
    return true;
  }

  // --- the rest

  private boolean compare(ElementwiseOp.Compare op) {
    if (op.left().dtype() == DType.I1) {
      return compareMasks(op);
    }
    LaneKind kind = LaneKind.of(op.left().dtype());
    vectors.push(op.left());
    vectors.compare(kind, op.kind().name(), () -> vectors.push(op.right()));
    vectors.defineMask(op.result(), kind);
    return true;
  }

  private boolean compareMasks(ElementwiseOp.Compare op) {
    LaneKind kind = vectors.maskKind(op.left());
    // True counts as -1 where the comparison is signed.
    CompareKind unsigned =
        switch (op.kind()) {
          case LT -> CompareKind.UGT;
          case LE -> CompareKind.UGE;
          case GT -> CompareKind.ULT;
          case GE -> CompareKind.ULE;
          case EQ, NE, ULT, ULE, UGT, UGE -> op.kind();
        };
    vectors.pushMask(op.left(), kind);
    if (unsigned == CompareKind.ULT || unsigned == CompareKind.ULE) {
      vectors.maskNot();
    }
    vectors.pushMask(op.right(), kind);
    if (unsigned == CompareKind.UGT || unsigned == CompareKind.UGE) {
      vectors.maskNot();
    }
    switch (unsigned) {
      case EQ -> {
        vectors.maskOp("xor");
        vectors.maskNot();
      }
      case NE -> vectors.maskOp("xor");
      case ULT, UGT -> vectors.maskOp("and");
      default -> vectors.maskOp("or");
    }
    vectors.defineMask(op.result(), kind);
    return true;
  }

  private boolean fma(ElementwiseOp.Fma op, DType dtype) {
    if (dtype.bits() < 32) {
      return false;
    }
    vectors.push(op.a());
    vectors.fma(LaneKind.of(dtype), () -> vectors.push(op.b()), () -> vectors.push(op.c()));
    define(op.result());
    return true;
  }

  private boolean select(ElementwiseOp.Select op) {
    if (op.result().dtype() == DType.I1) {
      LaneKind kind = vectors.maskKind(op.condition());
      vectors.pushMask(op.whenTrue(), kind);
      vectors.pushMask(op.condition(), kind);
      vectors.maskOp("and");
      vectors.pushMask(op.whenFalse(), kind);
      vectors.pushMask(op.condition(), kind);
      vectors.maskNot();
      vectors.maskOp("and");
      vectors.maskOp("or");
      vectors.defineMask(op.result(), kind);
      return true;
    }
    LaneKind kind = LaneKind.of(op.result().dtype());
    vectors.push(op.whenFalse());
    vectors.push(op.whenTrue());
    vectors.pushMask(op.condition(), kind);
    vectors.blend(kind);
    define(op.result());
    return true;
  }

  private boolean addPtr(ElementwiseOp.AddPtr op) {
    int bytes = op.result().type().pointee().bytes();
    vectors.push(op.offset());
    if (LaneKind.of(op.offset().dtype()) == LaneKind.INT) {
      vectors.convert(LaneKind.INT, LaneKind.LONG, "I2L");
    }
    if (bytes > 1) {
      vectors.shift(LaneKind.LONG, "LSHL", Integer.numberOfTrailingZeros(bytes));
    }
    vectors.lanewise(LaneKind.LONG, "ADD", () -> vectors.push(op.pointer()));
    define(op.result());
    return true;
  }

  /** Brings ints on the stack into the form in which a narrower type is held. */
  private void wrap(DType dtype) {
    wrap(vectors, dtype);
  }

  static void wrap(VectorCode vectors, DType dtype) {
    if (dtype == DType.I8 || dtype == DType.I16) {
      vectors.shift(LaneKind.INT, "LSHL", 32 - dtype.bits());
      vectors.shift(LaneKind.INT, "ASHR", 32 - dtype.bits());
    }
  }

  private void zeroExtend(DType dtype) {
    zeroExtend(vectors, dtype);
  }

  static void zeroExtend(VectorCode vectors, DType dtype) {
    if (dtype == DType.I8 || dtype == DType.I16) {
      int mask = (1 << dtype.bits()) - 1;
      vectors.lanewise(
          LaneKind.INT,
          "AND",
          () -> vectors.broadcast(LaneKind.INT, () -> vectors.writer().code().loadConstant(mask)));
    }
  }
}
