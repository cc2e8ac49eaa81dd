package dev.kiln.tests.gpu;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.UnaryKind;
import java.util.List;
import java.util.stream.Stream;

/** Every elementwise operation that tile IR allows on a type, and that a target has. */
final class ElementOps {
  private static final List<DType> TYPES =
      Stream.of(DType.values()).filter(dtype -> dtype == dtype.signless()).toList();

  private ElementOps() {}

  /** fp8e4nv only from sm_89 on. */
  static Stream<DType> types(Target target) {
    return TYPES.stream().filter(dtype -> target != Target.SM_80 || dtype != DType.FP8E4NV);
  }

  static List<ElementwiseOp> binary(DType dtype) {
    return Stream.of(BinaryKind.values())
        .filter(kind -> applies(kind, dtype))
        .map(kind -> ElementKernel.binary(kind, dtype))
        .toList();
  }

  private static boolean applies(BinaryKind kind, DType dtype) {
    boolean high = kind == BinaryKind.MULHS || kind == BinaryKind.MULHU;
    return switch (kind.domain()) {
      case NUMBER -> true;
      case INTEGER -> dtype.isInteger() && (!high || dtype.bits() >= 32);
      case FLOAT -> dtype.isFloat();
    };
  }

  /** Those that are exact or rounded once. */
  static List<ElementwiseOp> exactUnary(DType dtype) {
    return Stream.of(UnaryKind.values())
        .filter(kind -> !kind.isApproximate() && applies(kind, dtype))
        .map(kind -> ElementKernel.unary(kind, dtype))
        .toList();
  }

  static List<ElementwiseOp> approximate(DType dtype) {
    return Stream.of(UnaryKind.values())
        .filter(kind -> kind.isApproximate() && dtype.isFloat() && dtype.bits() >= 32)
        .map(kind -> ElementKernel.unary(kind, dtype))
        .toList();
  }

  private static boolean applies(UnaryKind kind, DType dtype) {
    boolean wide = dtype.bits() >= 32;
    return switch (kind) {
      case NEG, ABS -> true;
      case NOT -> dtype.isInteger();
      case CLZ, POPC, BREV -> dtype.isInteger() && wide;
      case FLOOR, CEIL, TRUNC, RINT, SQRT -> dtype.isFloat() && wide;
      case RSQRT, EXP, EXP2, LOG, LOG2, SIN, COS, TANH, ERF -> false;
    };
  }

  static List<ElementwiseOp> comparisons(DType dtype) {
    return Stream.of(CompareKind.values())
        .filter(kind -> dtype.isInteger() || kind.ordinal() < CompareKind.ULT.ordinal())
        .map(kind -> ElementKernel.compare(kind, dtype))
        .toList();
  }

  static List<ElementwiseOp> casts(Target target, DType from) {
    return types(target)
        .flatMap(
            to ->
                Stream.of(CastKind.values())
                    .filter(kind -> applies(kind, from, to))
                    .map(kind -> ElementKernel.cast(kind, from, to)))
        .toList();
  }

  private static boolean applies(CastKind kind, DType from, DType to) {
    boolean integers = from.isInteger() && to.isInteger();
    boolean floats = from.isFloat() && to.isFloat();
    return switch (kind) {
      case EXTS, EXTU -> integers && to.bits() > from.bits();
      case TRUNC -> integers && to.bits() < from.bits();
      case FPEXT -> floats && to != from && to.bits() > from.bits() && to.bits() >= 16;
      case FPTRUNC -> floats && to.bits() <= from.bits() && to != from;
      case FPTRUNC_RTZ -> floats && to.bits() < from.bits();
      case SITOFP, UITOFP -> from.isInteger() && to.isFloat();
      case FPTOSI, FPTOUI -> from.isFloat() && to.isInteger();
      case BITCAST -> from.bits() == to.bits();
      case PTRTOINT, INTTOPTR -> false;
    };
  }
}
