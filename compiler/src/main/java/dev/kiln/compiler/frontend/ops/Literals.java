package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontContext;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.TensorType;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.numeric.FloatFormat;
import dev.kiln.compiler.numeric.IntegerMath;
import java.math.BigInteger;

/** Python numbers as run-time values. */
final class Literals {
  private static final double SMALLEST_NORMAL_FLOAT = 0x1p-126;

  private Literals() {}

  /** The type that a number has on its own. */
  static DType naturalType(FrontContext ctx, Object number) {
    return switch (number) {
      case Boolean ignored -> DType.I1;
      case Double value -> floatType(value);
      default -> integerType(ctx, PythonValues.integer(number).orElseThrow());
    };
  }

  private static DType floatType(double value) {
    double size = Math.abs(value);
    boolean isFloat32 =
        Double.isNaN(value)
            || Double.isInfinite(value)
            || size == 0
            || (size >= SMALLEST_NORMAL_FLOAT && size <= Float.MAX_VALUE);
    return isFloat32 ? DType.FP32 : DType.FP64;
  }

  private static DType integerType(FrontContext ctx, BigInteger value) {
    for (DType dtype : new DType[] {DType.I32, DType.U32, DType.I64, DType.U64}) {
      if (fits(value, dtype)) {
        return dtype;
      }
    }
    throw ctx.error("integer " + value + " does not fit in 64 bits");
  }

  /** Whether an integer type holds a number. */
  static boolean fits(BigInteger value, DType dtype) {
    if (dtype.isSigned()) {
      return value.bitLength() < dtype.bits();
    }
    return value.signum() >= 0 && value.bitLength() <= dtype.bits();
  }

  /** The number in its own type. */
  static Tensor scalar(FrontContext ctx, Object number) {
    return of(ctx, number, naturalType(ctx, number), Shape.of());
  }

  /**
   * The number in every element. Integers wrap, floats round to nearest; a float for an integer
   * type is cut off.
   */
  static Tensor of(FrontContext ctx, Object number, DType dtype, Shape shape) {
    TensorType type = TensorType.of(dtype, shape);
    return new Tensor(ctx.builder().constant(type.irType(), encode(number, dtype)), type);
  }

  private static Number encode(Object number, DType dtype) {
    if (dtype.isFloat()) {
      return FloatFormat.round(dtype, toDouble(number));
    }
    if (dtype.isBool()) {
      return toDouble(number) != 0 ? 1L : 0L;
    }
    long bits =
        number instanceof Double value
            ? value.longValue()
            : number instanceof Boolean value
                ? (value ? 1 : 0)
                : PythonValues.integer(number).orElseThrow().longValue();
    return IntegerMath.wrap(dtype.signless(), bits);
  }

  private static double toDouble(Object number) {
    return switch (number) {
      case Boolean value -> value ? 1 : 0;
      case Double value -> value;
      default -> PythonValues.integer(number).orElseThrow().doubleValue();
    };
  }
}
