package dev.kiln.compiler.gpu.math;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.gpu.GpuTarget;
import dev.kiln.compiler.gpu.emit.Elements;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.ptx.Node;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.PtxBuilder;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * How many instructions an operation becomes, and what has none; results are tested where PTX runs.
 */
class ArithmeticTest {
  private final PtxBuilder ptx = new PtxBuilder();

  private Operand emit(Target target, ElementwiseOp op, Operand... operands) {
    return new Arithmetic(ptx, GpuTarget.of(target)).element(op, List.of(operands));
  }

  private List<String> opcodes() {
    return ptx.body().stream().map(node -> ((Node.Instruction) node).opcode()).toList();
  }

  private Operand register(DType dtype) {
    return ptx.register(Elements.held(dtype));
  }

  private static Value value(DType dtype) {
    return new Value(Type.scalar(dtype));
  }

  private static ElementwiseOp unary(UnaryKind kind, DType dtype) {
    return new ElementwiseOp.Unary(Location.UNKNOWN, value(dtype), kind, value(dtype));
  }

  private static ElementwiseOp cast(CastKind kind, DType from, DType to) {
    return new ElementwiseOp.Cast(Location.UNKNOWN, value(to), kind, value(from));
  }

  private static ElementwiseOp addPtr(DType pointee, DType offset) {
    Type pointer = Type.pointer(pointee);
    return new ElementwiseOp.AddPtr(
        Location.UNKNOWN, new Value(pointer), new Value(pointer), value(offset));
  }

  @ParameterizedTest
  @CsvSource({"EXP2, 1", "RSQRT, 1", "SQRT, 1", "EXP, 7", "TANH, 16", "LOG, 30"})
  void functionsOfFp32AreShort(UnaryKind kind, int most) {
    emit(Target.SM_80, unary(kind, DType.FP32), register(DType.FP32));
    assertThat(opcodes()).hasSizeLessThanOrEqualTo(most);
  }

  @ParameterizedTest
  @CsvSource({
    "FPEXT, BF16, FP32, 1",
    "FPTRUNC, FP32, BF16, 1",
    "FPEXT, FP16, FP32, 1",
    "FPEXT, FP8E5, FP16, 1",
    "SITOFP, I8, FP16, 1",
    "EXTS, I8, I32, 0",
    "EXTU, I8, I32, 1",
    "TRUNC, I32, I8, 1",
    "BITCAST, FP32, I32, 0",
    "FPTOSI, FP32, I32, 1"
  })
  void castsAreShort(CastKind kind, DType from, DType to, int most) {
    emit(Target.SM_80, cast(kind, from, to), register(from));
    assertThat(opcodes()).hasSizeLessThanOrEqualTo(most);
  }

  @Test
  void addressesTakeOneInstruction() {
    emit(Target.SM_80, addPtr(DType.FP32, DType.I32), register(DType.I64), register(DType.I32));
    assertThat(opcodes().getLast()).isIn("mad.wide.s32", "add.s64");
    assertThat(opcodes().size()).isLessThanOrEqualTo(2);
  }

  @Test
  void constantOffsetsAreScaled() {
    Operand sum =
        emit(Target.SM_80, addPtr(DType.FP16, DType.I32), Immediate.b64(4096), Immediate.b32(-3));
    assertThat(sum).isEqualTo(Immediate.b64(4090));
  }

  @Test
  void nothingMovesByZero() {
    Operand pointer = register(DType.I64);
    assertThat(emit(Target.SM_80, addPtr(DType.FP16, DType.I64), pointer, Immediate.b64(0)))
        .isSameAs(pointer);
    assertThat(opcodes()).isEmpty();
  }

  @Test
  void constantsHaveTheBitsOfTheirType() {
    ElementwiseOp half = new ElementwiseOp.Constant(Location.UNKNOWN, value(DType.FP16), 1.5);
    assertThat(emit(Target.SM_80, half)).isEqualTo(Immediate.b16(0x3e00));
    ElementwiseOp byteValue = new ElementwiseOp.Constant(Location.UNKNOWN, value(DType.I8), -1L);
    assertThat(emit(Target.SM_80, byteValue)).isEqualTo(Immediate.b32(-1));
  }

  @Test
  void fp8e4nvNeedsSm89() {
    ElementwiseOp cast = cast(CastKind.FPEXT, DType.FP8E4NV, DType.FP32);
    Operand operand = register(DType.FP8E4NV);
    assertThatThrownBy(() -> emit(Target.SM_80, cast, operand))
        .isInstanceOf(CompilationException.class)
        .hasMessageContaining("fp8e4nv needs sm_89 or later");
  }

  @ParameterizedTest
  @EnumSource(names = {"SM_89", "SM_90A", "SM_100", "SM_120"})
  void fp8e4nvHasInstructionsThere(Target target) {
    emit(target, cast(CastKind.FPTRUNC, DType.FP32, DType.FP8E4NV), register(DType.FP32));
    assertThat(opcodes()).containsExactly("cvt.rn.satfinite.e4m3x2.f32");
  }
}
