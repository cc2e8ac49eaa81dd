package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontContext;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.TensorType;
import dev.kiln.compiler.frontend.TensorType.Element;
import dev.kiln.compiler.frontend.TensorType.Number;
import dev.kiln.compiler.frontend.TensorType.PointerTo;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;

/** {@code x.to(...)}. */
final class Casting {
  private Casting() {}

  /** The value as another number type; pointers become {@code int64} or {@code int1}. */
  static Tensor number(FrontContext ctx, Tensor value, DType to) {
    if (value.type().isPointer()) {
      return pointerToNumber(ctx, value, to);
    }
    DType from = value.type().dtype();
    if (from == to) {
      return value;
    }
    if (to.isBool()) {
      return notZero(ctx, value);
    }
    if (from.isFloat()) {
      return to.isFloat() ? floatToFloat(ctx, value, to) : floatToInteger(ctx, value, to);
    }
    return to.isFloat() ? integerToFloat(ctx, value, to) : integerToInteger(ctx, value, to);
  }

  /** The value as any element type. */
  static Tensor element(FrontContext ctx, Tensor value, Element to) {
    return switch (to) {
      case Number number -> number(ctx, value, number.dtype());
      case PointerTo pointer -> pointer(ctx, value, pointer);
    };
  }

  /** To a narrower float, towards zero. */
  static Tensor towardsZero(FrontContext ctx, Tensor value, DType to) {
    return cast(ctx, CastKind.FPTRUNC_RTZ, value, to);
  }

  /** The same bits as another type of the same width. */
  static Tensor bitcast(FrontContext ctx, Tensor value, Element to) {
    if (value.type().element().equals(to)) {
      return value;
    }
    if (value.type().isPointer() || !(to instanceof Number number)) {
      return element(ctx, value, to);
    }
    DType from = value.type().dtype();
    DType target = number.dtype();
    if (from.bits() != target.bits()) {
      throw ctx.error(
          "cannot bitcast %s, of %d bits, to %s, of %d bits"
              .formatted(from.languageName(), from.bits(), target.languageName(), target.bits()));
    }
    if (from.signless() == target.signless()) {
      return new Tensor(value.value(), value.type().withDType(target));
    }
    return cast(ctx, CastKind.BITCAST, value, target);
  }

  /** {@code value != 0}, as {@code int1}. */
  static Tensor notZero(FrontContext ctx, Tensor value) {
    if (value.type().isPointer()) {
      return notZero(ctx, pointerToNumber(ctx, value, DType.I64));
    }
    if (value.type().dtype().isBool()) {
      return value;
    }
    Tensor number = value.type().dtype().isFp8() ? floatToFloat(ctx, value, DType.FP32) : value;
    Tensor zero = Literals.of(ctx, 0L, number.type().dtype(), number.type().shape());
    Value result = ctx.builder().compare(CompareKind.NE, number.value(), zero.value());
    return new Tensor(result, number.type().withDType(DType.I1));
  }

  private static Tensor cast(FrontContext ctx, CastKind kind, Tensor value, DType to) {
    Value result = ctx.builder().cast(kind, value.value(), to);
    return new Tensor(result, value.type().withDType(to));
  }

  private static Tensor floatToFloat(FrontContext ctx, Tensor value, DType to) {
    DType from = value.type().dtype();
    if (from.bits() < to.bits()) {
      return cast(ctx, CastKind.FPEXT, value, to);
    }
    if (from.bits() > to.bits()) {
      return cast(ctx, CastKind.FPTRUNC, value, to);
    }
    // fp16 <-> bf16 and fp8 <-> fp8: exact on the way up, one rounding on the way down.
    return cast(ctx, CastKind.FPTRUNC, cast(ctx, CastKind.FPEXT, value, DType.FP32), to);
  }

  private static Tensor floatToInteger(FrontContext ctx, Tensor value, DType to) {
    Tensor wide =
        value.type().dtype().bits() < 32 ? cast(ctx, CastKind.FPEXT, value, DType.FP32) : value;
    return cast(ctx, to.isSigned() ? CastKind.FPTOSI : CastKind.FPTOUI, wide, to);
  }

  private static Tensor integerToFloat(FrontContext ctx, Tensor value, DType to) {
    CastKind kind = value.type().dtype().isSigned() ? CastKind.SITOFP : CastKind.UITOFP;
    if (to.isFp8()) {
      return cast(ctx, CastKind.FPTRUNC, cast(ctx, kind, value, DType.FP32), to);
    }
    return cast(ctx, kind, value, to);
  }

  private static Tensor integerToInteger(FrontContext ctx, Tensor value, DType to) {
    DType from = value.type().dtype();
    if (from.bits() == to.bits()) {
      return new Tensor(value.value(), value.type().withDType(to));
    }
    if (from.bits() > to.bits()) {
      return cast(ctx, CastKind.TRUNC, value, to);
    }
    return cast(ctx, from.isSigned() ? CastKind.EXTS : CastKind.EXTU, value, to);
  }

  private static Tensor pointerToNumber(FrontContext ctx, Tensor value, DType to) {
    if (to.isBool()) {
      return notZero(ctx, value);
    }
    if (to != DType.I64 && to != DType.U64) {
      throw ctx.error(
          "cannot cast %s to %s".formatted(value.type(), to.languageName()),
          "a pointer has 64 bits: cast it to tl.int64");
    }
    return cast(ctx, CastKind.PTRTOINT, value, to);
  }

  private static Tensor pointer(FrontContext ctx, Tensor value, PointerTo to) {
    Shape shape = value.type().shape();
    TensorType type = new TensorType(to, shape);
    Type element = Type.pointer(to.pointee());
    if (value.type().element() instanceof PointerTo from) {
      if (from.pointee().signless() == to.pointee().signless()) {
        return new Tensor(value.value(), type);
      }
      return new Tensor(ctx.builder().cast(CastKind.BITCAST, value.value(), element), type);
    }
    if (!value.type().dtype().isInteger()) {
      throw ctx.error("cannot cast %s to %s".formatted(value.type(), to.display()));
    }
    Tensor address = number(ctx, value, DType.I64);
    return new Tensor(ctx.builder().cast(CastKind.INTTOPTR, address.value(), element), type);
  }
}
