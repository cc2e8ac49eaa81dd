package dev.kiln.compiler.jvm;

import static java.lang.constant.ConstantDescs.CD_double;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.jvm.support.FloatOps;
import dev.kiln.compiler.jvm.support.IntegerOps;
import dev.kiln.compiler.jvm.support.SmallFloats;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;

/** Casts of scalars. */
final class ScalarCasts {
  private final CodeWriter writer;
  private final CodeBuilder code;

  ScalarCasts(CodeWriter writer) {
    this.writer = writer;
    this.code = writer.code();
  }

  /** Leaves the result on the stack. */
  void push(ElementwiseOp.Cast op) {
    writer.push(op.operand());
    DType from = op.operand().dtype();
    DType to = op.result().dtype();
    switch (op.kind()) {
      case EXTS -> {
        if (from == DType.I1) {
          code.ineg();
        }
        widen(to);
      }
      case EXTU -> {
        ScalarOps.zeroExtend(code, from);
        widen(to);
        if (from == DType.I32) {
          code.loadConstant(0xffff_ffffL).land();
        } else if (to.bits() <= 32) {
          ScalarOps.wrap(code, to);
        }
      }
      case TRUNC -> {
        if (from.bits() == 64) {
          code.l2i();
        }
        ScalarOps.wrap(code, to);
      }
      case FPEXT -> code.f2d();
      case FPTRUNC -> narrow(from, to);
      case FPTRUNC_RTZ -> towardsZero(from, to);
      case SITOFP -> fromSigned(from, to);
      case UITOFP -> fromUnsigned(from, to);
      case FPTOSI -> toSigned(from, to);
      case FPTOUI -> toUnsigned(from, to);
      case BITCAST -> bitcast(from, to);
      case PTRTOINT, INTTOPTR -> {}
    }
  }

  private void widen(DType to) {
    if (to.bits() == 64) {
      code.i2l();
    }
  }

  private void narrow(DType from, DType to) {
    if (from == DType.FP64) {
      if (to == DType.FP32) {
        code.d2f();
        return;
      }
      writer.call(SmallFloats.class, "roundToOdd", CD_float, CD_double);
    }
    if (from != to) {
      ScalarOps.round(writer, to);
    }
  }

  private void towardsZero(DType from, DType to) {
    if (from != DType.FP64) {
      code.f2d();
    }
    callWithDType("towardsZero", CD_double, to);
  }

  private void callWithDType(String name, ClassDesc operand, DType to) {
    ScalarOps.pushDType(code, to);
    writer.call(SmallFloats.class, name, CD_float, operand, ScalarOps.dtypeClass());
  }

  private void fromSigned(DType from, DType to) {
    if (from == DType.I1) {
      code.ineg();
    }
    boolean wide = from.bits() == 64;
    switch (to) {
      case FP64 -> {
        var _ = wide ? code.l2d() : code.i2d();
      }
      case FP32 -> {
        var _ = wide ? code.l2f() : code.i2f();
      }
      default -> {
        if (!wide) {
          code.i2l();
        }
        callWithDType("fromSigned", CD_long, to);
      }
    }
  }

  private void fromUnsigned(DType from, DType to) {
    if (from.bits() == 64) {
      switch (to) {
        case FP64 -> writer.call(FloatOps.class, "fromUnsignedLong", CD_double, CD_long);
        case FP32 -> writer.call(FloatOps.class, "floatFromUnsignedLong", CD_float, CD_long);
        default -> callWithDType("fromUnsigned", CD_long, to);
      }
      return;
    }
    ScalarOps.zeroExtend(code, from);
    code.i2l();
    if (from == DType.I32) {
      code.loadConstant(0xffff_ffffL).land();
    }
    switch (to) {
      case FP64 -> code.l2d();
      case FP32 -> code.l2f();
      default -> callWithDType("fromUnsigned", CD_long, to);
    }
  }

  private void toSigned(DType from, DType to) {
    boolean wide = from == DType.FP64;
    if (to.bits() == 64) {
      var _ = wide ? code.d2l() : code.f2l();
      return;
    }
    var _ = wide ? code.d2i() : code.f2i();
    if (to.bits() < 32) {
      int largest = (1 << (to.bits() - 1)) - 1;
      clamp(~largest, largest);
      ScalarOps.wrap(code, to);
    }
  }

  private void toUnsigned(DType from, DType to) {
    if (to.bits() >= 32 && from != DType.FP64) {
      code.f2d();
    }
    switch (to) {
      case I64 -> writer.call(FloatOps.class, "toUnsignedLong", CD_long, CD_double);
      case I32 -> writer.call(FloatOps.class, "toUnsignedInt", CD_int, CD_double);
      default -> {
        var _ = from == DType.FP64 ? code.d2i() : code.f2i();
        clamp(0, (1 << to.bits()) - 1);
        ScalarOps.wrap(code, to);
      }
    }
  }

  private void clamp(int low, int high) {
    code.loadConstant(low).loadConstant(high);
    writer.call(IntegerOps.class, "clamp", CD_int, CD_int, CD_int, CD_int);
  }

  private void bitcast(DType from, DType to) {
    if (from == to) {
      return;
    }
    switch (from) {
      case FP64 ->
          writer.call(ClassDesc.of("java.lang.Double"), "doubleToRawLongBits", CD_long, CD_double);
      case FP32 ->
          writer.call(ClassDesc.of("java.lang.Float"), "floatToRawIntBits", CD_int, CD_float);
      default -> {
        if (from.isFloat()) {
          MemoryAccess.encode(writer, from);
        }
      }
    }
    switch (to) {
      case FP64 ->
          writer.call(ClassDesc.of("java.lang.Double"), "longBitsToDouble", CD_double, CD_long);
      case FP32 -> writer.call(ClassDesc.of("java.lang.Float"), "intBitsToFloat", CD_float, CD_int);
      default -> {
        if (to.isFloat()) {
          MemoryAccess.decode(writer, to);
        }
      }
    }
  }
}
