package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ptx.RegisterClass;

/**
 * How numbers are held in registers:
 *
 * <ul>
 *   <li>{@code i1}: a predicate;
 *   <li>{@code i8}, {@code i16}, {@code i32}: {@code .b32}, always sign-extended from their width;
 *   <li>{@code i64} and pointers: {@code .b64}; pointers are addresses in the global space;
 *   <li>fp8 types: {@code .b16}, the byte zero-extended;
 *   <li>{@code fp16}, {@code bf16}: {@code .b16}; {@code fp32}: {@code .b32}; {@code fp64}: {@code
 *       .b64}.
 * </ul>
 */
public final class Elements {
  private Elements() {}

  public static RegisterClass held(Type type) {
    return held(type.dtype());
  }

  public static RegisterClass held(DType dtype) {
    return switch (dtype) {
      case I1 -> RegisterClass.PRED;
      case I8, U8, I16, U16, I32, U32, FP32 -> RegisterClass.B32;
      case I64, U64, FP64 -> RegisterClass.B64;
      case FP8E5, FP8E4NV, FP8E4B15, FP8E4B8, FP8E5B16, FP16, BF16 -> RegisterClass.B16;
    };
  }
}
