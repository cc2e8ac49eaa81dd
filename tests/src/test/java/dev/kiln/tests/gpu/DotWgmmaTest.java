package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.ir.DType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Products of warpgroups, on sm_90a. */
class DotWgmmaTest {
  private static void check(DotProblem problem, int warps, String opcode) {
    DotProblem.Run run = problem.check(Target.SM_90A, warps);
    assertThat(run.kernel().ptx()).contains("wgmma.mma_async.sync.aligned." + opcode);
  }

  @ParameterizedTest
  @CsvSource({
    "64, 64, 64, 4, m64n64k16", "128, 128, 32, 4, m64n128k16", "128, 128, 64, 8, m64n128k16",
    "64, 16, 16, 4, m64n16k16", "64, 128, 32, 8, m64n64k16", "64, 256, 128, 4, m64n256k16"
  })
  void halfProducts(int m, int n, int k, int warps, String opcode) {
    check(DotProblem.of(m, n, k, DType.FP16, DType.FP32), warps, opcode + ".f32.f16.f16");
  }

  @ParameterizedTest
  @CsvSource({"a, 32", "b, 32", "ab, 64", "ab, 16"})
  void operandsLieAcrossK(String operands, int k) {
    DotProblem problem = DotProblem.of(64, 64, k, DType.BF16, DType.FP32);
    check(problem.columns(operands), 4, "m64n64k16.f32.bf16.bf16");
    check(problem.turned(operands), 4, "m64n64k16.f32.bf16.bf16");
  }

  @Test
  void otherTypes() {
    check(DotProblem.of(64, 64, 64, DType.I8, DType.I32), 4, "m64n64k32.s32.s8.s8");
    check(DotProblem.of(64, 32, 64, DType.U8, DType.I32).columns("b"), 4, "m64n32k32.s32.u8.u8");
    check(DotProblem.of(64, 64, 64, DType.FP8E5, DType.FP32), 4, "m64n64k32.f32.e5m2.e5m2");
    check(
        DotProblem.of(64, 64, 32, DType.FP32, DType.FP32).precise("tf32"),
        4,
        "m64n64k8.f32.tf32.tf32");
    check(DotProblem.of(64, 64, 32, DType.FP16, DType.FP16), 4, "m64n64k16.f32.f16.f16");
  }
}
