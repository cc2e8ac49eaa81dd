package dev.kiln.compiler.frontend.ops;

import static dev.kiln.compiler.frontend.ops.TestContext.constant;
import static dev.kiln.compiler.frontend.ops.TestContext.tensor;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.Operators;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.syntax.Expr.BinaryOp;
import dev.kiln.compiler.syntax.Expr.CompareOp;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The type of an operator's result, for every pair of types; {@code -} where there is none. */
class PromotionTest {
  private static final List<DType> TYPES =
      List.of(
          DType.I1,
          DType.I8,
          DType.I16,
          DType.I32,
          DType.I64,
          DType.U8,
          DType.U16,
          DType.U32,
          DType.U64,
          DType.FP8E5,
          DType.FP8E4NV,
          DType.FP16,
          DType.BF16,
          DType.FP32,
          DType.FP64);

  private final TestContext ctx = new TestContext();

  @Test
  void sumsOfTensorsHaveTheTypeOfTheTable() {
    for (BinaryOp op : List.of(BinaryOp.ADD, BinaryOp.SUB, BinaryOp.MUL)) {
      assertThat(matrix(op)).as(op.symbol()).isEqualTo(ARITHMETIC);
    }
  }

  @Test
  void quotientsOfIntegersAreFp32AndOfHalvesToo() {
    assertThat(matrix(BinaryOp.DIV)).isEqualTo(QUOTIENT);
  }

  @Test
  void remaindersNeedOneSignednessAndWidenHalves() {
    assertThat(matrix(BinaryOp.MOD)).isEqualTo(REMAINDER);
  }

  @Test
  void floorDivisionTakesIntegersWithTheTypeOfTheRemainder() {
    forEachPair(
        (left, right) ->
            assertThat(result(BinaryOp.FLOOR_DIV, left, right))
                .isEqualTo(integerOrNone(result(BinaryOp.MOD, left, right))));
  }

  @Test
  void bitsAreCombinedOfIntegersOfAnySignedness() {
    for (BinaryOp op : List.of(BinaryOp.BIT_AND, BinaryOp.BIT_OR, BinaryOp.BIT_XOR, BinaryOp.SHL)) {
      forEachPair(
          (left, right) ->
              assertThat(result(op, left, right))
                  .as(op.symbol())
                  .isEqualTo(integerOrNone(result(BinaryOp.ADD, left, right))));
    }
  }

  @Test
  void comparisonsGiveInt1WhereSumsHaveAType() {
    forEachPair(
        (left, right) -> {
          String compared;
          try {
            compared =
                ((Tensor) Operators.compare(ctx, CompareOp.LT, left, right))
                    .type()
                    .dtype()
                    .shortName();
          } catch (CompilationException none) {
            compared = "-";
          }
          assertThat(compared)
              .isEqualTo(result(BinaryOp.ADD, left, right).equals("-") ? "-" : "i1");
        });
  }

  private static void forEachPair(BiConsumer<Tensor, Tensor> action) {
    for (DType left : TYPES) {
      for (DType right : TYPES) {
        action.accept(tensor(left, 16), tensor(right, 16));
      }
    }
  }

  private static String integerOrNone(String type) {
    return type.contains("f") ? "-" : type;
  }

  @Test
  void literalsTakePartOnlyIfTheirKindIsHigher() {
    assertThat(literals(BinaryOp.ADD)).isEqualTo(WITH_LITERALS);
  }

  @Test
  void quotientsByLiteralsWidenHalves() {
    assertThat(literals(BinaryOp.DIV)).isEqualTo(QUOTIENT_WITH_LITERALS);
  }

  private String matrix(BinaryOp op) {
    var out = new StringBuilder(header());
    for (DType left : TYPES) {
      out.append("%-8s".formatted(left));
      for (DType right : TYPES) {
        out.append("%-8s".formatted(result(op, tensor(left, 16), tensor(right, 16))));
      }
      out.append('\n');
    }
    return tidy(out);
  }

  private String literals(BinaryOp op) {
    var out = new StringBuilder("        True    1       1.0     1e300\n");
    for (DType left : TYPES) {
      out.append("%-8s".formatted(left));
      for (Object literal : List.of(true, 1L, 1.0, 1e300)) {
        out.append("%-8s".formatted(result(op, tensor(left, 16), constant(literal))));
        assertThat(result(op, constant(literal), tensor(left, 16)))
            .as("%s %s %s, reflected", literal, op.symbol(), left)
            .isEqualTo(result(op, tensor(left, 16), constant(literal)));
      }
      out.append('\n');
    }
    return tidy(out);
  }

  private static String header() {
    return "        " + TYPES.stream().map("%-8s"::formatted).collect(Collectors.joining()) + "\n";
  }

  private static String tidy(CharSequence text) {
    return text.toString().replaceAll(" +\n", "\n");
  }

  private String result(BinaryOp op, FrontValue left, FrontValue right) {
    try {
      return ((Tensor) Operators.binary(ctx, op, left, right)).type().dtype().shortName();
    } catch (CompilationException none) {
      return "-";
    }
  }

  private static final String ARITHMETIC =
      """
              i1      i8      i16     i32     i64     u8      u16     u32     u64     fp8e5   fp8e4nv fp16    bf16    fp32    fp64
      i1      i1      i8      i16     i32     i64     u8      u16     u32     u64     -       -       fp16    fp32    fp32    fp64
      i8      i8      i8      i16     i32     i64     u8      u16     u32     u64     -       -       fp16    fp32    fp32    fp64
      i16     i16     i16     i16     i32     i64     i16     u16     u32     u64     -       -       fp16    fp32    fp32    fp64
      i32     i32     i32     i32     i32     i64     i32     i32     u32     u64     -       -       fp16    fp32    fp32    fp64
      i64     i64     i64     i64     i64     i64     i64     i64     i64     u64     -       -       fp16    fp32    fp32    fp64
      u8      u8      u8      i16     i32     i64     u8      u16     u32     u64     -       -       fp16    fp32    fp32    fp64
      u16     u16     u16     u16     i32     i64     u16     u16     u32     u64     -       -       fp16    fp32    fp32    fp64
      u32     u32     u32     u32     u32     i64     u32     u32     u32     u64     -       -       fp16    fp32    fp32    fp64
      u64     u64     u64     u64     u64     u64     u64     u64     u64     u64     -       -       fp16    fp32    fp32    fp64
      fp8e5   -       -       -       -       -       -       -       -       -       fp8e5   fp16    fp16    fp32    fp32    fp64
      fp8e4nv -       -       -       -       -       -       -       -       -       fp16    fp8e4nv fp16    fp32    fp32    fp64
      fp16    fp16    fp16    fp16    fp16    fp16    fp16    fp16    fp16    fp16    fp16    fp16    fp16    fp16    fp32    fp64
      bf16    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp16    bf16    fp32    fp64
      fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp64
      fp64    fp64    fp64    fp64    fp64    fp64    fp64    fp64    fp64    fp64    fp64    fp64    fp64    fp64    fp64    fp64
      """;
  private static final String QUOTIENT =
      """
              i1      i8      i16     i32     i64     u8      u16     u32     u64     fp8e5   fp8e4nv fp16    bf16    fp32    fp64
      i1      fp32    -       -       -       -       fp32    fp32    fp32    fp32    -       -       fp32    fp32    fp32    fp64
      i8      -       fp32    fp32    fp32    fp32    -       -       -       -       -       -       fp32    fp32    fp32    fp64
      i16     -       fp32    fp32    fp32    fp32    -       -       -       -       -       -       fp32    fp32    fp32    fp64
      i32     -       fp32    fp32    fp32    fp32    -       -       -       -       -       -       fp32    fp32    fp32    fp64
      i64     -       fp32    fp32    fp32    fp32    -       -       -       -       -       -       fp32    fp32    fp32    fp64
      u8      fp32    -       -       -       -       fp32    fp32    fp32    fp32    -       -       fp32    fp32    fp32    fp64
      u16     fp32    -       -       -       -       fp32    fp32    fp32    fp32    -       -       fp32    fp32    fp32    fp64
      u32     fp32    -       -       -       -       fp32    fp32    fp32    fp32    -       -       fp32    fp32    fp32    fp64
      u64     fp32    -       -       -       -       fp32    fp32    fp32    fp32    -       -       fp32    fp32    fp32    fp64
      fp8e5   -       -       -       -       -       -       -       -       -       fp8e5   fp16    fp32    fp32    fp32    fp64
      fp8e4nv -       -       -       -       -       -       -       -       -       fp16    fp8e4nv fp32    fp32    fp32    fp64
      fp16    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp64
      bf16    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp64
      fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp64
      fp64    fp64    fp64    fp64    fp64    fp64    fp64    fp64    fp64    fp64    fp64    fp64    fp64    fp64    fp64    fp64
      """;
  private static final String REMAINDER =
      """
              i1      i8      i16     i32     i64     u8      u16     u32     u64     fp8e5   fp8e4nv fp16    bf16    fp32    fp64
      i1      i1      -       -       -       -       u8      u16     u32     u64     -       -       fp32    fp32    fp32    fp64
      i8      -       i8      i16     i32     i64     -       -       -       -       -       -       fp32    fp32    fp32    fp64
      i16     -       i16     i16     i32     i64     -       -       -       -       -       -       fp32    fp32    fp32    fp64
      i32     -       i32     i32     i32     i64     -       -       -       -       -       -       fp32    fp32    fp32    fp64
      i64     -       i64     i64     i64     i64     -       -       -       -       -       -       fp32    fp32    fp32    fp64
      u8      u8      -       -       -       -       u8      u16     u32     u64     -       -       fp32    fp32    fp32    fp64
      u16     u16     -       -       -       -       u16     u16     u32     u64     -       -       fp32    fp32    fp32    fp64
      u32     u32     -       -       -       -       u32     u32     u32     u64     -       -       fp32    fp32    fp32    fp64
      u64     u64     -       -       -       -       u64     u64     u64     u64     -       -       fp32    fp32    fp32    fp64
      fp8e5   -       -       -       -       -       -       -       -       -       fp8e5   fp16    fp32    fp32    fp32    fp64
      fp8e4nv -       -       -       -       -       -       -       -       -       fp16    fp8e4nv fp32    fp32    fp32    fp64
      fp16    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp64
      bf16    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp64
      fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp32    fp64
      fp64    fp64    fp64    fp64    fp64    fp64    fp64    fp64    fp64    fp64    fp64    fp64    fp64    fp64    fp64    fp64
      """;
  private static final String WITH_LITERALS =
      """
              True    1       1.0     1e300
      i1      i1      i32     fp32    fp64
      i8      i8      i8      fp32    fp64
      i16     i16     i16     fp32    fp64
      i32     i32     i32     fp32    fp64
      i64     i64     i64     fp32    fp64
      u8      u8      u8      fp32    fp64
      u16     u16     u16     fp32    fp64
      u32     u32     u32     fp32    fp64
      u64     u64     u64     fp32    fp64
      fp8e5   fp8e5   fp8e5   fp8e5   fp8e5
      fp8e4nv fp8e4nv fp8e4nv fp8e4nv fp8e4nv
      fp16    fp16    fp16    fp16    fp16
      bf16    bf16    bf16    bf16    bf16
      fp32    fp32    fp32    fp32    fp32
      fp64    fp64    fp64    fp64    fp64
      """;
  private static final String QUOTIENT_WITH_LITERALS =
      """
              True    1       1.0     1e300
      i1      fp32    -       fp32    fp64
      i8      fp32    fp32    fp32    fp64
      i16     fp32    fp32    fp32    fp64
      i32     fp32    fp32    fp32    fp64
      i64     fp32    fp32    fp32    fp64
      u8      fp32    fp32    fp32    fp64
      u16     fp32    fp32    fp32    fp64
      u32     fp32    fp32    fp32    fp64
      u64     fp32    fp32    fp32    fp64
      fp8e5   fp8e5   fp8e5   fp8e5   fp8e5
      fp8e4nv fp8e4nv fp8e4nv fp8e4nv fp8e4nv
      fp16    fp32    fp32    fp32    fp32
      bf16    fp32    fp32    fp32    fp32
      fp32    fp32    fp32    fp32    fp32
      fp64    fp64    fp64    fp64    fp64
      """;
}
