package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Grid;
import dev.kiln.tests.rules.HostArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Products of single tiles in every form. */
class DotTest {
  @ParameterizedTest
  @CsvSource({
    "16, 16, 16, 1",
    "16, 16, 16, 4",
    "32, 32, 32, 4",
    "64, 64, 64, 4",
    "128, 128, 32, 4",
    "128, 128, 32, 8",
    "64, 16, 128, 2",
    "16, 128, 64, 8",
    "32, 64, 16, 1"
  })
  void halfProductsUseTensorCores(int m, int n, int k, int warps) {
    DotProblem.Run run = DotProblem.of(m, n, k, DType.FP16, DType.FP32).check(Target.SM_80, warps);
    assertThat(run.kernel().ptx())
        .contains("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32")
        .contains("ldmatrix");
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 16", "1, 32, 16", "32, 1, 16", "8, 8, 32", "4, 16, 16", "16, 2, 64"})
  void tilesSmallerThanTheInstructionRepeat(int m, int n, int k) {
    DotProblem.of(m, n, k, DType.FP16, DType.FP32).check(Target.SM_80, 4);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "b", "ab"})
  void operandsAreTransposedInMemoryOrByTheKernel(String operands) {
    for (DType dtype : new DType[] {DType.FP16, DType.FP32, DType.FP64}) {
      DotProblem problem =
          DotProblem.of(64, 32, 32, dtype, dtype == DType.FP64 ? dtype : DType.FP32)
              .precise("tf32");
      problem.columns(operands).check(Target.SM_80, 4);
      problem.turned(operands).check(Target.SM_80, 4);
      problem.turned(operands).columns(operands).check(Target.SM_80, 4);
    }
  }

  @Test
  void bf16OperandsAndHalfAccumulators() {
    DotProblem.of(32, 64, 32, DType.BF16, DType.FP32).check(Target.SM_80, 4);
    DotProblem.of(32, 64, 32, DType.FP16, DType.FP16).check(Target.SM_80, 4);
  }

  @ParameterizedTest
  @ValueSource(strings = {"ieee", "tf32", "tf32x3", "bf16x3", "bf16x6"})
  void fp32InEachPrecision(String precision) {
    DotProblem problem = DotProblem.of(64, 32, 32, DType.FP32, DType.FP32).precise(precision);
    problem.check(Target.SM_80, 4);
    problem.columns("a").check(Target.SM_80, 2);
    problem.columns("b").check(Target.SM_80, 8);
  }

  @Test
  void integersOfBothSigns() {
    for (DType a : new DType[] {DType.I8, DType.U8}) {
      DotProblem problem = DotProblem.of(32, 32, 64, a, DType.I32);
      DotProblem.Run run = problem.check(Target.SM_80, 4);
      assertThat(run.kernel().ptx()).contains("mma.sync.aligned.m16n8k32.row.col.s32");
      problem.columns("b").check(Target.SM_80, 4);
      problem.columns("a").check(Target.SM_80, 4);
    }
  }

  @Test
  void fp8WhereTheTargetHasIt() {
    for (Target target : new Target[] {Target.SM_80, Target.SM_89}) {
      DotProblem.Run run = DotProblem.of(32, 32, 64, DType.FP8E5, DType.FP32).check(target, 4);
      assertThat(run.kernel().ptx())
          .contains(target == Target.SM_80 ? "f32.f16.f16.f32" : "f32.e5m2.e5m2.f32");
    }
    DotProblem.of(32, 32, 64, DType.FP8E4NV, DType.FP32)
        .typed(DType.FP8E4NV, DType.FP8E5, DType.FP32)
        .check(Target.SM_89, 4);
  }

  @Test
  void fp64() {
    DotProblem.Run run = DotProblem.of(32, 32, 16, DType.FP64, DType.FP64).check(Target.SM_80, 4);
    assertThat(run.kernel().ptx()).contains("mma.sync.aligned.m8n8k4.row.col.f64");
    DotProblem.of(8, 8, 4, DType.FP64, DType.FP64).check(Target.SM_80, 1);
    DotProblem.of(64, 16, 64, DType.FP64, DType.FP64).check(Target.SM_80, 4);
  }

  @Test
  void leftOperandsStayInRegisters() {
    for (DType dtype : new DType[] {DType.FP64, DType.FP32}) {
      DType sum = dtype == DType.FP64 ? dtype : DType.FP32;
      for (int warps : new int[] {1, 4}) {
        GpuTrial.of(
                """
                import triton
                import triton.language as tl

                @triton.jit
                def counted(b, c, M: tl.constexpr, N: tl.constexpr, K: tl.constexpr):
                    m = tl.arange(0, M)
                    n = tl.arange(0, N)
                    k = tl.arange(0, K)
                    x = tl.load(b + k[:, None] * N + n[None, :])
                    a = (m[:, None] * K + k[None, :]).to(b.dtype.element_ty)
                    product = tl.dot(a, x, out_dtype=c.dtype.element_ty, input_precision="tf32x3")
                    tl.store(c + m[:, None] * N + n[None, :], product)
                """,
                Grid.of(1))
            .warps(warps)
            .check(
                HostArray.normal(1, 16, 32).with(dtype),
                HostArray.unwritten(32, 32).with(sum),
                32,
                32,
                16);
      }
    }
  }

  @Test
  void batches() {
    DotProblem.of(16, 16, 16, DType.FP16, DType.FP32).batched(4).check(Target.SM_80, 4);
    DotProblem.of(32, 16, 32, DType.FP32, DType.FP32).batched(2).check(Target.SM_80, 4);
    DotProblem.of(16, 16, 64, DType.I8, DType.I32).batched(2).check(Target.SM_80, 2);
    DotProblem.of(16, 8, 16, DType.FP64, DType.FP64).batched(4).check(Target.SM_80, 2);
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 8, 1", "16, 16, 16, 4", "64, 64, 32, 4", "128, 64, 64, 8", "4, 128, 8, 2"})
  void multiplyAdds(int m, int n, int k, int warps) {
    DotProblem.Run run = DotProblem.of(m, n, k, DType.FP32, DType.FP32).check(Target.SM_80, warps);
    assertThat(run.kernel().ptx()).contains("fma.rn.f32").doesNotContain("mma.sync");
  }
}
