package dev.kiln.compiler.jvm;

import static java.lang.constant.ConstantDescs.CD_double;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.jvm.support.FloatOps;
import dev.kiln.compiler.jvm.support.IntegerOps;
import dev.kiln.compiler.jvm.support.SmallFloats;
import dev.kiln.compiler.numeric.SpecialFunctions;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.Opcode;
import java.lang.constant.ClassDesc;

/** Elementwise operations on scalars: each pushes its result on the operand stack. */
final class ScalarOps {
  private static final ClassDesc MATH = ClassDesc.of("java.lang.Math");
  private static final ClassDesc STRICT_MATH = ClassDesc.of("java.lang.StrictMath");

  private final CodeWriter writer;
  private final CodeBuilder code;

  ScalarOps(CodeWriter writer) {
    this.writer = writer;
    this.code = writer.code();
  }

  /** Emits the operation and defines its result. */
  void emit(ElementwiseOp op) {
    if (writer.definitions().needsNoCode(op)) {
      return;
    }
    push(op);
    writer.define(op.result());
  }

  private void push(ElementwiseOp op) {
    switch (op) {
      case ElementwiseOp.Unary u -> unary(u);
      case ElementwiseOp.Binary b -> binary(b);
      case ElementwiseOp.Compare c -> compare(c);
      case ElementwiseOp.Fma f -> fma(f);
      case ElementwiseOp.Select s -> select(s);
      case ElementwiseOp.Cast c -> new ScalarCasts(writer).push(c);
      case ElementwiseOp.AddPtr a -> addPtr(a);
      case ElementwiseOp.Constant _,
          ElementwiseOp.Hint _,
          ElementwiseOp.ProgramId _,
          ElementwiseOp.NumPrograms _ ->
          throw new IllegalStateException(op.mnemonic() + " needs no code");
    }
  }

  // --- unary

  private void unary(ElementwiseOp.Unary op) {
    writer.push(op.operand());
    DType dtype = op.operand().dtype();
    switch (JvmType.of(dtype)) {
      case INT -> unaryInt(op.kind(), dtype);
      case LONG -> unaryLong(op.kind());
      case FLOAT -> unaryFloat(op.kind());
      case DOUBLE -> unaryDouble(op.kind());
    }
  }

  private void unaryInt(UnaryKind kind, DType dtype) {
    switch (kind) {
      case NEG -> {
        code.ineg();
        wrap(dtype);
      }
      case ABS -> {
        if (dtype != DType.I1) {
          writer.call(MATH, "abs", CD_int, CD_int);
          wrap(dtype);
        }
      }
      case NOT -> code.loadConstant(dtype == DType.I1 ? 1 : -1).ixor();
      case CLZ -> integer("numberOfLeadingZeros", CD_int);
      case POPC -> integer("bitCount", CD_int);
      case BREV -> integer("reverse", CD_int);
      default -> throw unsupported(kind.mnemonic(), dtype);
    }
  }

  private void unaryLong(UnaryKind kind) {
    switch (kind) {
      case NEG -> code.lneg();
      case ABS -> writer.call(MATH, "abs", CD_long, CD_long);
      case NOT -> code.loadConstant(-1L).lxor();
      case CLZ -> integer("numberOfLeadingZeros", CD_long);
      case POPC -> integer("bitCount", CD_long);
      case BREV -> integer("reverse", CD_long);
      default -> throw unsupported(kind.mnemonic(), DType.I64);
    }
  }

  private void integer(String name, ClassDesc type) {
    String box = type.equals(CD_int) ? "java.lang.Integer" : "java.lang.Long";
    writer.call(ClassDesc.of(box), name, name.equals("reverse") ? type : CD_int, type);
  }

  private void unaryFloat(UnaryKind kind) {
    switch (kind) {
      case NEG -> code.fneg();
      case ABS -> writer.call(MATH, "abs", CD_float, CD_float);
      case FLOOR, CEIL, TRUNC, RINT, SQRT ->
          writer.call(FloatOps.class, kind.mnemonic(), CD_float, CD_float);
      // What remains of an expansion: arguments beyond its range.
      case SIN, COS -> writer.call(FloatOps.class, kind.mnemonic() + "OfLarge", CD_float, CD_float);
      default -> throw unsupported(kind.mnemonic(), DType.FP32);
    }
  }

  private void unaryDouble(UnaryKind kind) {
    switch (kind) {
      case NEG -> code.dneg();
      case ABS, FLOOR, CEIL, RINT, SQRT -> writer.call(MATH, kind.mnemonic(), CD_double, CD_double);
      case TRUNC -> writer.call(FloatOps.class, "trunc", CD_double, CD_double);
      case EXP, LOG, SIN, COS, TANH ->
          writer.call(STRICT_MATH, kind.mnemonic(), CD_double, CD_double);
      case EXP2, LOG2, ERF ->
          writer.call(SpecialFunctions.class, kind.mnemonic(), CD_double, CD_double);
      default -> throw unsupported(kind.mnemonic(), DType.FP64);
    }
  }

  // --- binary

  private void binary(ElementwiseOp.Binary op) {
    DType dtype = op.result().dtype();
    switch (JvmType.of(dtype)) {
      case INT -> {
        if (dtype == DType.I1) {
          binaryBool(op);
        } else {
          binaryInt(op, dtype);
        }
      }
      case LONG -> binaryLong(op);
      case FLOAT -> binaryFloat(op, dtype);
      case DOUBLE -> binaryDouble(op);
    }
  }

  /** One bit, whose signed value is 0 or -1. */
  private void binaryBool(ElementwiseOp.Binary op) {
    writer.push(op.left());
    switch (op.kind()) {
      case ADD, SUB, XOR -> {
        writer.push(op.right());
        code.ixor();
      }
      case MUL, AND, MINU, MAXS -> {
        writer.push(op.right());
        code.iand();
      }
      case OR, MAXU, MINS -> {
        writer.push(op.right());
        code.ior();
      }
      case SHL, SHRU, REMS, REMU -> {
        pushNot(op.right());
        code.iand();
      }
      case DIVS, DIVU -> {
        pushNot(op.right());
        code.ior();
      }
      case SHRS -> {}
      default -> throw unsupported(op.mnemonic(), DType.I1);
    }
  }

  private void pushNot(Value value) {
    writer.push(value);
    code.loadConstant(1).ixor();
  }

  private void binaryInt(ElementwiseOp.Binary op, DType dtype) {
    int bits = dtype.bits();
    switch (op.kind()) {
      case ADD, SUB, MUL, AND, OR, XOR -> {
        pushBoth(op);
        switch (op.kind()) {
          case ADD -> code.iadd();
          case SUB -> code.isub();
          case MUL -> code.imul();
          case AND -> code.iand();
          case OR -> code.ior();
          default -> code.ixor();
        }
        wrap(dtype);
      }
      case DIVS, REMS -> {
        pushBoth(op);
        if (isNonZeroConstant(op.right())) {
          var _ = op.kind() == BinaryKind.DIVS ? code.idiv() : code.irem();
        } else {
          writer.call(IntegerOps.class, op.mnemonic(), CD_int, CD_int, CD_int);
        }
        wrap(dtype);
      }
      case DIVU, REMU -> {
        pushZeroExtended(op.left());
        pushZeroExtended(op.right());
        writer.call(IntegerOps.class, op.mnemonic(), CD_int, CD_int, CD_int);
        wrap(dtype);
      }
      case SHL, SHRS, SHRU -> shiftInt(op, dtype);
      case MINS, MAXS -> {
        pushBoth(op);
        writer.call(MATH, op.kind() == BinaryKind.MINS ? "min" : "max", CD_int, CD_int, CD_int);
      }
      // Sign extension keeps the order of the unsigned values.
      case MINU, MAXU -> {
        pushBoth(op);
        writer.call(IntegerOps.class, op.mnemonic(), CD_int, CD_int, CD_int);
      }
      case MULHU, MULHS -> {
        if (bits == 32) {
          pushBoth(op);
          writer.call(IntegerOps.class, op.mnemonic(), CD_int, CD_int, CD_int);
        } else {
          highProductOfNarrow(op, dtype);
        }
      }
      default -> throw unsupported(op.mnemonic(), dtype);
    }
  }

  private void highProductOfNarrow(ElementwiseOp.Binary op, DType dtype) {
    if (op.kind() == BinaryKind.MULHU) {
      pushZeroExtended(op.left());
      pushZeroExtended(op.right());
    } else {
      pushBoth(op);
    }
    code.imul().loadConstant(dtype.bits()).ishr();
    wrap(dtype);
  }

  private void shiftInt(ElementwiseOp.Binary op, DType dtype) {
    int bits = dtype.bits();
    Number amount = writer.definitions().constant(op.right());
    if (op.kind() == BinaryKind.SHRU) {
      pushZeroExtended(op.left());
    } else {
      writer.push(op.left());
    }
    if (amount != null && amount.longValue() >= 0 && amount.longValue() < bits) {
      code.loadConstant(amount.intValue());
      switch (op.kind()) {
        case SHL -> code.ishl();
        case SHRS -> code.ishr();
        default -> code.iushr();
      }
    } else {
      pushZeroExtended(op.right());
      code.loadConstant(bits);
      writer.call(IntegerOps.class, op.mnemonic(), CD_int, CD_int, CD_int, CD_int);
    }
    wrap(dtype);
  }

  private void binaryLong(ElementwiseOp.Binary op) {
    pushBoth(op);
    switch (op.kind()) {
      case ADD -> code.ladd();
      case SUB -> code.lsub();
      case MUL -> code.lmul();
      case AND -> code.land();
      case OR -> code.lor();
      case XOR -> code.lxor();
      case MINS -> writer.call(MATH, "min", CD_long, CD_long, CD_long);
      case MAXS -> writer.call(MATH, "max", CD_long, CD_long, CD_long);
      case MULHU -> writer.call(MATH, "unsignedMultiplyHigh", CD_long, CD_long, CD_long);
      case MULHS -> writer.call(MATH, "multiplyHigh", CD_long, CD_long, CD_long);
      case DIVS, DIVU, REMS, REMU, SHL, SHRS, SHRU, MINU, MAXU ->
          writer.call(IntegerOps.class, op.mnemonic(), CD_long, CD_long, CD_long);
      default -> throw unsupported(op.mnemonic(), DType.I64);
    }
  }

  private void binaryFloat(ElementwiseOp.Binary op, DType dtype) {
    pushBoth(op);
    switch (op.kind()) {
      case ADD -> code.fadd();
      case SUB -> code.fsub();
      case MUL -> code.fmul();
      case DIV -> code.fdiv();
      case REM -> code.frem();
      case MIN, MAX -> writer.call(FloatOps.class, op.mnemonic(), CD_float, CD_float, CD_float);
      case MINNAN -> writer.call(MATH, "min", CD_float, CD_float, CD_float);
      case MAXNAN -> writer.call(MATH, "max", CD_float, CD_float, CD_float);
      default -> throw unsupported(op.mnemonic(), dtype);
    }
    switch (op.kind()) {
      case ADD, SUB, MUL, DIV -> round(dtype);
      default -> {}
    }
  }

  private void binaryDouble(ElementwiseOp.Binary op) {
    pushBoth(op);
    switch (op.kind()) {
      case ADD -> code.dadd();
      case SUB -> code.dsub();
      case MUL -> code.dmul();
      case DIV -> code.ddiv();
      case REM -> code.drem();
      case MIN, MAX -> writer.call(FloatOps.class, op.mnemonic(), CD_double, CD_double, CD_double);
      case MINNAN -> writer.call(MATH, "min", CD_double, CD_double, CD_double);
      case MAXNAN -> writer.call(MATH, "max", CD_double, CD_double, CD_double);
      default -> throw unsupported(op.mnemonic(), DType.FP64);
    }
  }

  private void pushBoth(ElementwiseOp.Binary op) {
    writer.push(op.left());
    writer.push(op.right());
  }

  private void pushZeroExtended(Value value) {
    writer.push(value);
    zeroExtend(code, value.dtype());
  }

  private boolean isNonZeroConstant(Value value) {
    Number constant = writer.definitions().constant(value);
    return constant != null && constant.longValue() != 0;
  }

  // --- the rest

  private void compare(ElementwiseOp.Compare op) {
    DType dtype = op.left().dtype();
    pushComparable(op.left(), op.kind());
    pushComparable(op.right(), op.kind());
    Label isTrue = code.newLabel();
    Label end = code.newLabel();
    switch (JvmType.of(dtype)) {
      case INT -> {
        flipForUnsigned(op.kind(), dtype);
        code.branch(intBranch(op.kind()), isTrue);
      }
      case LONG -> {
        if (isUnsigned(op.kind())) {
          writer.call(ClassDesc.of("java.lang.Long"), "compareUnsigned", CD_int, CD_long, CD_long);
        } else {
          code.lcmp();
        }
        code.branch(zeroBranch(op.kind()), isTrue);
      }
      case FLOAT -> {
        var _ = greaterIfNan(op.kind()) ? code.fcmpg() : code.fcmpl();
        code.branch(zeroBranch(op.kind()), isTrue);
      }
      case DOUBLE -> {
        var _ = greaterIfNan(op.kind()) ? code.dcmpg() : code.dcmpl();
        code.branch(zeroBranch(op.kind()), isTrue);
      }
    }
    code.loadConstant(0).goto_(end);
    code.labelBinding(isTrue).loadConstant(1);
    code.labelBinding(end);
  }

  private void pushComparable(Value value, CompareKind kind) {
    writer.push(value);
    if (value.dtype() == DType.I1 && !isUnsigned(kind)) {
      code.ineg();
    }
  }

  /** Turns an unsigned comparison of ints into a comparison with 0. */
  private void flipForUnsigned(CompareKind kind, DType dtype) {
    if (isUnsigned(kind)) {
      writer.call(ClassDesc.of("java.lang.Integer"), "compareUnsigned", CD_int, CD_int, CD_int);
      code.loadConstant(0);
    }
  }

  private static boolean isUnsigned(CompareKind kind) {
    return switch (kind) {
      case ULT, ULE, UGT, UGE -> true;
      case EQ, NE, LT, LE, GT, GE -> false;
    };
  }

  private static boolean greaterIfNan(CompareKind kind) {
    return kind == CompareKind.LT || kind == CompareKind.LE;
  }

  private static Opcode intBranch(CompareKind kind) {
    return switch (kind) {
      case EQ -> Opcode.IF_ICMPEQ;
      case NE -> Opcode.IF_ICMPNE;
      case LT, ULT -> Opcode.IF_ICMPLT;
      case LE, ULE -> Opcode.IF_ICMPLE;
      case GT, UGT -> Opcode.IF_ICMPGT;
      case GE, UGE -> Opcode.IF_ICMPGE;
    };
  }

  private static Opcode zeroBranch(CompareKind kind) {
    return switch (kind) {
      case EQ -> Opcode.IFEQ;
      case NE -> Opcode.IFNE;
      case LT, ULT -> Opcode.IFLT;
      case LE, ULE -> Opcode.IFLE;
      case GT, UGT -> Opcode.IFGT;
      case GE, UGE -> Opcode.IFGE;
    };
  }

  private void fma(ElementwiseOp.Fma op) {
    DType dtype = op.result().dtype();
    writer.push(op.a());
    writer.push(op.b());
    writer.push(op.c());
    if (dtype == DType.FP64) {
      writer.call(MATH, "fma", CD_double, CD_double, CD_double, CD_double);
    } else if (dtype == DType.FP32) {
      writer.call(MATH, "fma", CD_float, CD_float, CD_float, CD_float);
    } else {
      pushDType(code, dtype);
      writer.call(SmallFloats.class, "fma", CD_float, CD_float, CD_float, CD_float, dtypeClass());
    }
  }

  private void select(ElementwiseOp.Select op) {
    Label whenFalse = code.newLabel();
    Label end = code.newLabel();
    writer.push(op.condition());
    code.ifeq(whenFalse);
    writer.push(op.whenTrue());
    code.goto_(end);
    code.labelBinding(whenFalse);
    writer.push(op.whenFalse());
    code.labelBinding(end);
  }

  private void addPtr(ElementwiseOp.AddPtr op) {
    writer.push(op.pointer());
    writer.pushLong(op.offset());
    int bytes = op.result().type().pointee().bytes();
    if (bytes > 1) {
      code.loadConstant((long) bytes).lmul();
    }
    code.ladd();
  }

  /** Brings an int into the form in which the type is held. */
  private void wrap(DType dtype) {
    wrap(code, dtype);
  }

  static void wrap(CodeBuilder code, DType dtype) {
    switch (dtype) {
      case I1 -> code.loadConstant(1).iand();
      case I8 -> code.i2b();
      case I16 -> code.i2s();
      default -> {}
    }
  }

  static void zeroExtend(CodeBuilder code, DType dtype) {
    switch (dtype) {
      case I8 -> code.loadConstant(0xff).iand();
      case I16 -> code.loadConstant(0xffff).iand();
      default -> {}
    }
  }

  private void round(DType dtype) {
    round(writer, dtype);
  }

  /** Rounds the float on the stack to a narrower type. */
  static void round(CodeWriter writer, DType dtype) {
    if (dtype.bits() < 32) {
      writer.call(SmallFloats.class, "round" + capitalized(dtype), CD_float, CD_float);
    }
  }

  static String capitalized(DType dtype) {
    String name = dtype.shortName();
    return Character.toUpperCase(name.charAt(0)) + name.substring(1);
  }

  static ClassDesc dtypeClass() {
    return DType.class.describeConstable().orElseThrow();
  }

  static void pushDType(CodeBuilder code, DType dtype) {
    code.getstatic(dtypeClass(), dtype.name(), dtypeClass());
  }

  private static IllegalArgumentException unsupported(String mnemonic, DType dtype) {
    return new IllegalArgumentException(mnemonic + " does not apply to " + dtype);
  }
}
