package dev.kiln.compiler.frontend.ops;

import static dev.kiln.compiler.frontend.ops.TestContext.constant;
import static dev.kiln.compiler.frontend.ops.TestContext.pointer;
import static dev.kiln.compiler.frontend.ops.TestContext.tensor;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.frontend.Conversions;
import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.FrontValue.TupleValue;
import dev.kiln.compiler.frontend.Operators;
import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.python.PyNone;
import dev.kiln.compiler.syntax.Expr.BinaryOp;
import dev.kiln.compiler.syntax.Expr.CompareOp;
import dev.kiln.compiler.syntax.Expr.UnaryOp;
import java.math.BigInteger;
import java.util.List;
import org.junit.jupiter.api.Test;

class OperatorsTest {
  private final TestContext ctx = new TestContext();

  private FrontValue binary(BinaryOp op, FrontValue left, FrontValue right) {
    return Operators.binary(ctx, op, left, right);
  }

  private String type(FrontValue value) {
    return ((Tensor) value).type().toString();
  }

  private void refused(BinaryOp op, FrontValue left, FrontValue right, String message) {
    assertThatThrownBy(() -> binary(op, left, right)).hasMessageContaining(message);
  }

  /** The last operation that an operator appends. */
  private Op emitted(Runnable action) {
    return ctx.ops(action).getLast();
  }

  private BinaryKind kind(BinaryOp op, FrontValue left, FrontValue right) {
    return ((ElementwiseOp.Binary) emitted(() -> binary(op, left, right))).kind();
  }

  // ---- constants

  @Test
  void constantsFollowPythonAndTensorsFollowC() {
    assertThat(binary(BinaryOp.FLOOR_DIV, constant(-7L), constant(2L))).isEqualTo(constant(-4L));
    assertThat(binary(BinaryOp.MOD, constant(-7L), constant(2L))).isEqualTo(constant(1L));
    assertThat(kind(BinaryOp.FLOOR_DIV, tensor(DType.I32), constant(2L)))
        .isEqualTo(BinaryKind.DIVS);
    assertThat(kind(BinaryOp.FLOOR_DIV, tensor(DType.U32), constant(2L)))
        .isEqualTo(BinaryKind.DIVU);
    assertThat(kind(BinaryOp.MOD, tensor(DType.I32), constant(2L))).isEqualTo(BinaryKind.REMS);
    assertThat(kind(BinaryOp.MOD, tensor(DType.U8), constant(2L))).isEqualTo(BinaryKind.REMU);
    assertThat(kind(BinaryOp.MOD, tensor(DType.FP32), constant(2L))).isEqualTo(BinaryKind.REM);
  }

  @Test
  void pythonsErrorsAreTold() {
    refused(BinaryOp.FLOOR_DIV, constant(1L), constant(0L), "ZeroDivisionError");
    refused(BinaryOp.ADD, constant(1L), constant("a"), "TypeError");
  }

  @Test
  void literalsHaveTheTypeThatTheyNeed() {
    assertThat(type(Conversions.toTensor(ctx, constant(2147483647L)))).isEqualTo("int32");
    assertThat(type(Conversions.toTensor(ctx, constant(-2147483648L)))).isEqualTo("int32");
    assertThat(type(Conversions.toTensor(ctx, constant(2147483648L)))).isEqualTo("uint32");
    assertThat(type(Conversions.toTensor(ctx, constant(4294967295L)))).isEqualTo("uint32");
    assertThat(type(Conversions.toTensor(ctx, constant(4294967296L)))).isEqualTo("int64");
    assertThat(type(Conversions.toTensor(ctx, constant(-2147483649L)))).isEqualTo("int64");
    assertThat(type(Conversions.toTensor(ctx, constant(BigInteger.TWO.pow(63)))))
        .isEqualTo("uint64");
    assertThat(type(Conversions.toTensor(ctx, constant(true)))).isEqualTo("int1");
    assertThat(type(Conversions.toTensor(ctx, constant(0.0)))).isEqualTo("float32");
    assertThat(type(Conversions.toTensor(ctx, constant(3.4e38)))).isEqualTo("float32");
    assertThat(type(Conversions.toTensor(ctx, constant(3.5e38)))).isEqualTo("float64");
    assertThat(type(Conversions.toTensor(ctx, constant(1e-38)))).isEqualTo("float64");
    assertThat(type(Conversions.toTensor(ctx, constant(Double.NaN)))).isEqualTo("float32");
    assertThat(type(Conversions.toTensor(ctx, constant(Double.NEGATIVE_INFINITY))))
        .isEqualTo("float32");
    assertThatThrownBy(() -> Conversions.toTensor(ctx, constant(BigInteger.TWO.pow(64))))
        .hasMessageContaining("integer 18446744073709551616 does not fit in 64 bits");
  }

  @Test
  void literalsThatDoNotFitTheTensorAreRefused() {
    refused(
        BinaryOp.ADD,
        tensor(DType.U32, 8),
        constant(-1L),
        "the negative number -1 cannot be combined with a tensor of the unsigned type uint32");
    refused(
        BinaryOp.ADD,
        tensor(DType.I8, 8),
        constant(128L),
        "the number 128 is out of range for int8");
    refused(
        BinaryOp.MUL,
        constant(4294967296L),
        tensor(DType.I32),
        "the number 4294967296 is out of range for int32");
    assertThat(type(binary(BinaryOp.ADD, tensor(DType.I8, 8), constant(-128L))))
        .isEqualTo("int8[8]");
  }

  @Test
  void literalsAreRoundedToTheTensorsType() {
    Op constant =
        ctx.ops(() -> binary(BinaryOp.MUL, tensor(DType.FP16, 4), constant(0.1))).getFirst();
    assertThat(((ElementwiseOp.Constant) constant).value()).isEqualTo(0.0999755859375);
    assertThat(constant.result().type()).hasToString("tile<4xfp16>");
  }

  // ---- shapes

  @Test
  void shapesBroadcastFromTheRight() {
    assertThat(type(binary(BinaryOp.ADD, tensor(DType.FP32, 8, 1), tensor(DType.FP32, 1, 16))))
        .isEqualTo("float32[8, 16]");
    assertThat(type(binary(BinaryOp.ADD, tensor(DType.FP32, 16), tensor(DType.FP32, 4, 8, 16))))
        .isEqualTo("float32[4, 8, 16]");
    assertThat(type(binary(BinaryOp.ADD, tensor(DType.FP32), tensor(DType.FP32, 8))))
        .isEqualTo("float32[8]");
    refused(
        BinaryOp.ADD,
        tensor(DType.FP32, 128),
        tensor(DType.FP32, 64),
        "shapes [128] and [64] do not broadcast: dimension 0 is 128 and 64");
  }

  // ---- integers and bits

  @Test
  void int1HasNoCarry() {
    assertThat(kind(BinaryOp.ADD, tensor(DType.I1), tensor(DType.I1))).isEqualTo(BinaryKind.XOR);
    assertThat(kind(BinaryOp.SUB, tensor(DType.I1), tensor(DType.I1))).isEqualTo(BinaryKind.XOR);
    assertThat(kind(BinaryOp.MUL, tensor(DType.I1), tensor(DType.I1))).isEqualTo(BinaryKind.AND);
  }

  @Test
  void theShiftedTensorsSignDecidesHowItIsShifted() {
    assertThat(kind(BinaryOp.SHR, tensor(DType.I32), constant(1L))).isEqualTo(BinaryKind.SHRS);
    assertThat(kind(BinaryOp.SHR, tensor(DType.U32), constant(1L))).isEqualTo(BinaryKind.SHRU);
    assertThat(kind(BinaryOp.SHR, tensor(DType.I32), tensor(DType.U32))).isEqualTo(BinaryKind.SHRS);
    assertThat(kind(BinaryOp.SHR, constant(8L), tensor(DType.U32))).isEqualTo(BinaryKind.SHRU);
    assertThat(kind(BinaryOp.SHL, tensor(DType.I32), constant(1L))).isEqualTo(BinaryKind.SHL);
  }

  @Test
  void operatorsThatDoNotApplySayWhatDoes() {
    refused(
        BinaryOp.FLOOR_DIV,
        tensor(DType.FP32),
        constant(2L),
        "// divides integers, got float32 and 2");
    refused(
        BinaryOp.BIT_AND, tensor(DType.FP32, 8), constant(1L), "& takes integers, got float32[8]");
    refused(BinaryOp.POW, tensor(DType.FP32), constant(2L), "** takes compile-time constants only");
    refused(
        BinaryOp.MAT_MUL, tensor(DType.FP16, 16, 16), tensor(DType.FP16, 16, 16), "tl.dot(a, b)");
    refused(BinaryOp.MOD, tensor(DType.I32), tensor(DType.U32), "different signedness");
    refused(
        BinaryOp.ADD,
        tensor(DType.I32),
        constant("a"),
        "operator + does not apply to constexpr 'a'");
    refused(
        BinaryOp.ADD,
        constant(PyNone.NONE),
        tensor(DType.I32),
        "operator + does not apply to constexpr None");
  }

  @Test
  void fp8IsComputedInFp32AndRoundedOnce() {
    List<Op> ops =
        ctx.ops(() -> binary(BinaryOp.MUL, tensor(DType.FP8E5, 8), tensor(DType.FP8E5, 8)));
    assertThat(ops).extracting(Op::mnemonic).containsExactly("fpext", "fpext", "mul", "fptrunc");
  }

  // ---- pointers

  @Test
  void offsetsAreCountedInElementsAndWidenedByTheirSign() {
    assertThat(type(binary(BinaryOp.ADD, pointer(DType.FP16), tensor(DType.I32, 64))))
        .isEqualTo("pointer<float16>[64]");
    assertThat(type(binary(BinaryOp.ADD, tensor(DType.I64, 64), pointer(DType.FP16))))
        .isEqualTo("pointer<float16>[64]");
    assertThat(mnemonics(BinaryOp.ADD, tensor(DType.I32))).containsExactly("addptr");
    assertThat(mnemonics(BinaryOp.ADD, tensor(DType.I8))).containsExactly("exts", "addptr");
    assertThat(mnemonics(BinaryOp.ADD, tensor(DType.U32))).containsExactly("extu", "addptr");
    assertThat(mnemonics(BinaryOp.ADD, tensor(DType.U64))).containsExactly("addptr");
    assertThat(mnemonics(BinaryOp.SUB, tensor(DType.U32))).containsExactly("extu", "neg", "addptr");
  }

  private List<String> mnemonics(BinaryOp op, FrontValue offset) {
    return ctx.ops(() -> binary(op, pointer(DType.FP32), offset)).stream()
        .map(Op::mnemonic)
        .toList();
  }

  @Test
  void pointersTakeNoOtherArithmetic() {
    refused(BinaryOp.ADD, pointer(DType.FP32), pointer(DType.FP32), "cannot add pointers together");
    refused(BinaryOp.SUB, pointer(DType.FP32), pointer(DType.FP32), "invalid operands");
    refused(
        BinaryOp.MUL,
        pointer(DType.FP32),
        constant(2L),
        "invalid operands of type pointer<float32> and 2");
    refused(BinaryOp.ADD, pointer(DType.FP32), constant(1.5), "invalid operands");
    refused(BinaryOp.SUB, tensor(DType.I32), pointer(DType.FP32), "invalid operands");
  }

  // ---- comparisons

  private CompareKind compared(CompareOp op, FrontValue left, FrontValue right) {
    return ((ElementwiseOp.Compare) emitted(() -> Operators.compare(ctx, op, left, right))).kind();
  }

  @Test
  void comparisonsTakeTheSignOfTheCommonType() {
    assertThat(compared(CompareOp.LT, tensor(DType.I32), constant(0L))).isEqualTo(CompareKind.LT);
    assertThat(compared(CompareOp.LT, tensor(DType.U32), constant(1L))).isEqualTo(CompareKind.ULT);
    assertThat(compared(CompareOp.GE, tensor(DType.I32), tensor(DType.U32)))
        .isEqualTo(CompareKind.UGE);
    assertThat(compared(CompareOp.GE, tensor(DType.I64), tensor(DType.U32)))
        .isEqualTo(CompareKind.GE);
    assertThat(compared(CompareOp.LE, tensor(DType.FP16), constant(1L))).isEqualTo(CompareKind.LE);
    assertThat(compared(CompareOp.EQ, pointer(DType.I8), pointer(DType.I8)))
        .isEqualTo(CompareKind.EQ);
  }

  @Test
  void identityAndMembershipAreKnownAtCompileTime() {
    FrontValue none = constant(PyNone.NONE);
    assertThat(Operators.compare(ctx, CompareOp.IS, tensor(DType.I32), none))
        .isEqualTo(constant(false));
    assertThat(Operators.compare(ctx, CompareOp.IS_NOT, tensor(DType.I32), none))
        .isEqualTo(constant(true));
    assertThat(Operators.compare(ctx, CompareOp.IS, constant(DType.FP16), constant(DType.FP16)))
        .isEqualTo(constant(true));
    FrontValue tuple = new TupleValue(List.of(constant(1L), constant("relu")));
    assertThat(Operators.compare(ctx, CompareOp.IN, constant("relu"), tuple))
        .isEqualTo(constant(true));
    assertThat(Operators.compare(ctx, CompareOp.NOT_IN, constant(2L), tuple))
        .isEqualTo(constant(true));
    assertThat(Operators.compare(ctx, CompareOp.EQ, constant(DType.FP16), constant(DType.FP32)))
        .isEqualTo(constant(false));
  }

  @Test
  void aTensorIsNeverEqualToNone() {
    assertThat(Operators.compare(ctx, CompareOp.EQ, tensor(DType.I32), constant(PyNone.NONE)))
        .isEqualTo(constant(false));
    assertThat(ctx.warnings()).singleElement().asString().contains("`is None`");
  }

  @Test
  void tuplesCompareElementByElement() {
    FrontValue a = new TupleValue(List.of(constant(1L), constant(2L)));
    FrontValue b = new TupleValue(List.of(constant(1L), constant(3L)));
    assertThat(Operators.compare(ctx, CompareOp.EQ, a, a)).isEqualTo(constant(true));
    assertThat(Operators.compare(ctx, CompareOp.NE, a, b)).isEqualTo(constant(true));
    FrontValue run = new TupleValue(List.of(constant(1L), tensor(DType.I32)));
    assertThat(type(Operators.compare(ctx, CompareOp.EQ, a, run))).isEqualTo("int1");
    assertThat(binary(BinaryOp.ADD, a, b))
        .isInstanceOfSatisfying(TupleValue.class, t -> assertThat(t.items()).hasSize(4));
    assertThat(binary(BinaryOp.MUL, a, constant(2L)))
        .isInstanceOfSatisfying(TupleValue.class, t -> assertThat(t.items()).hasSize(4));
  }

  // ---- one operand, and/or

  @Test
  void unaryOperatorsApplyByType() {
    assertThat(unaryKind(UnaryOp.MINUS, tensor(DType.FP32))).isEqualTo(UnaryKind.NEG);
    assertThat(unaryKind(UnaryOp.INVERT, tensor(DType.I32))).isEqualTo(UnaryKind.NOT);
    assertThat(type(Operators.unary(ctx, UnaryOp.NOT, tensor(DType.I32)))).isEqualTo("int1");
    assertThat(Operators.unary(ctx, UnaryOp.NOT, constant(0L))).isEqualTo(constant(true));
    assertThatThrownBy(() -> Operators.unary(ctx, UnaryOp.INVERT, tensor(DType.FP32)))
        .hasMessageContaining("unary ~ takes integers, got float32");
    assertThatThrownBy(() -> Operators.unary(ctx, UnaryOp.MINUS, pointer(DType.FP32)))
        .hasMessageContaining("unary - does not apply to pointer<float32>");
  }

  private UnaryKind unaryKind(UnaryOp op, FrontValue value) {
    return ((ElementwiseOp.Unary) emitted(() -> Operators.unary(ctx, op, value))).kind();
  }

  @Test
  void andOfTensorsWarns() {
    Operators.logical(ctx, true, tensor(DType.I1), tensor(DType.I32));
    assertThat(ctx.warnings()).isEmpty();
    assertThat(type(Operators.logical(ctx, false, tensor(DType.I1, 8), tensor(DType.I1, 8))))
        .isEqualTo("int1[8]");
    assertThat(ctx.warnings()).singleElement().asString().contains("write `|`");
  }

  // ---- casts

  @Test
  void castsChooseTheConversionByBothTypes() {
    assertThat(cast(DType.U8, DType.I32)).containsExactly("extu");
    assertThat(cast(DType.I8, DType.U32)).containsExactly("exts");
    assertThat(cast(DType.U32, DType.I32)).isEmpty();
    assertThat(cast(DType.I64, DType.I16)).containsExactly("trunc");
    assertThat(cast(DType.I1, DType.I32)).containsExactly("extu");
    assertThat(cast(DType.I32, DType.I1)).containsExactly("constant", "cmp");
    assertThat(cast(DType.FP16, DType.FP32)).containsExactly("fpext");
    assertThat(cast(DType.FP32, DType.BF16)).containsExactly("fptrunc");
    assertThat(cast(DType.FP16, DType.BF16)).containsExactly("fpext", "fptrunc");
    assertThat(cast(DType.FP16, DType.I32)).containsExactly("fpext", "fptosi");
    assertThat(cast(DType.FP32, DType.U8)).containsExactly("fptoui");
    assertThat(cast(DType.U64, DType.FP32)).containsExactly("uitofp");
    assertThat(cast(DType.I1, DType.FP32)).containsExactly("uitofp");
    assertThat(cast(DType.FP64, DType.I1)).containsExactly("constant", "cmp");
  }

  private List<String> cast(DType from, DType to) {
    return ctx.ops(() -> Conversions.castTo(ctx, tensor(from, 8), to)).stream()
        .map(Op::mnemonic)
        .toList();
  }

  @Test
  void bothSidesOfAChoiceMeetInOneType() {
    List<Tensor> both = Conversions.promote(ctx, tensor(DType.FP16, 8), constant(1L));
    assertThat(both).extracting(this::type).containsExactly("float16[8]", "float16[8]");
    assertThat(Conversions.promote(ctx, DType.I32, DType.I64)).isEqualTo(DType.I64);
  }

  @Test
  void constexprIsDescribedAsPythonShowsIt() {
    assertThat(Conversions.describe(new Constexpr("a"))).isEqualTo("constexpr 'a'");
    assertThat(Conversions.describe(new Constexpr(DType.FP32))).isEqualTo("constexpr float32");
    assertThat(Conversions.describe(new TupleValue(List.of(constant(1L), tensor(DType.I32, 4)))))
        .isEqualTo("(constexpr 1, int32[4])");
  }
}
