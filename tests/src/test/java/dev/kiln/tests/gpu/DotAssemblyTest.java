package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.ir.DType;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Products in every form, assembled for every target. */
class DotAssemblyTest {
  private static final List<DotProblem> PROBLEMS =
      List.of(
          DotProblem.of(64, 64, 32, DType.FP16, DType.FP32),
          DotProblem.of(64, 64, 32, DType.BF16, DType.FP32).columns("ab"),
          DotProblem.of(64, 64, 32, DType.FP16, DType.FP16),
          DotProblem.of(64, 64, 32, DType.FP32, DType.FP32),
          DotProblem.of(64, 64, 32, DType.FP32, DType.FP32).precise("tf32"),
          DotProblem.of(64, 64, 32, DType.FP32, DType.FP32).precise("tf32x3"),
          DotProblem.of(64, 64, 32, DType.FP32, DType.FP32).precise("bf16x6"),
          DotProblem.of(64, 64, 32, DType.I8, DType.I32),
          DotProblem.of(64, 64, 32, DType.U8, DType.I32).columns("b"),
          DotProblem.of(64, 64, 32, DType.FP8E5, DType.FP32),
          DotProblem.of(64, 64, 16, DType.FP64, DType.FP64),
          DotProblem.of(8, 4, 16, DType.FP16, DType.FP32).batched(4));

  @ParameterizedTest
  @EnumSource(names = {"SM_80", "SM_90A"})
  void isAccepted(Target target) {
    check(target);
  }

  @ParameterizedTest
  @EnumSource(names = {"SM_89", "SM_100", "SM_120"})
  @Tag("slow")
  void isAcceptedForTheOtherTargets(Target target) {
    check(target);
  }

  private static void check(Target target) {
    PtxasVerdicts.assume();
    for (DotProblem problem : PROBLEMS) {
      PtxasVerdicts.Verdict verdict = PtxasVerdicts.of(problem.compile(target, 4), target);
      assertThat(verdict.accepted()).as(problem + "\n" + verdict.log()).isTrue();
      assertThat(verdict.figures().warnings()).as(problem.toString()).isEmpty();
    }
  }

  /** No worse than what people write by hand: 208 registers with 4 warps, 128 with 8. */
  @ParameterizedTest
  @EnumSource(names = {"SM_80", "SM_90A"})
  void largeTilesFitIntoRegisters(Target target) {
    PtxasVerdicts.assume();
    DotProblem problem = DotProblem.of(128, 128, 64, DType.FP16, DType.FP32);
    for (int warps : new int[] {4, 8}) {
      PtxasVerdicts.Verdict verdict = PtxasVerdicts.of(problem.compile(target, warps), target);
      assertThat(verdict.figures().spillStores()).as("spills with " + warps + " warps").isZero();
    }
  }
}
