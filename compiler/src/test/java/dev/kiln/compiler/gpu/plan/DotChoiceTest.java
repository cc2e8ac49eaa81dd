package dev.kiln.compiler.gpu.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.analysis.Uses;
import dev.kiln.compiler.gpu.GpuTarget;
import dev.kiln.compiler.gpu.plan.DotForm.Mma;
import dev.kiln.compiler.gpu.plan.DotForm.MmaShape;
import dev.kiln.compiler.gpu.plan.DotForm.Multiply;
import dev.kiln.compiler.gpu.plan.DotForm.Wgmma;
import dev.kiln.compiler.ir.ComputeOp.Dot;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Parser;
import dev.kiln.compiler.ir.TileFunction;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which instruction products take, and how warps share them. */
class DotChoiceTest {
  private static List<DotForm> forms(String text, Target target, int warps) {
    TileFunction function = Parser.parseFunction(text);
    var choice = new DotChoice(warps, GpuTarget.of(target), Uses.of(function));
    return function.body().ops().stream()
        .filter(Dot.class::isInstance)
        .map(op -> choice.choose((Dot) op))
        .toList();
  }

  private static DotForm form(
      int m, int n, int k, String from, String to, String precision, Target target, int warps) {
    String text =
        """
        func @product(%%x: %s, %%z: %s) {
          %%a = splat %%x : tile<%dx%dx%s>
          %%b = splat %%x : tile<%dx%dx%s>
          %%c = splat %%z : tile<%dx%dx%s>
          %%d = dot %%a, %%b, %%c [precision = %s] : tile<%dx%dx%s>
          return
        }
        """
            .formatted(from, to, m, k, from, k, n, from, m, n, to, precision, m, n, to);
    return forms(text, target, warps).getFirst();
  }

  @ParameterizedTest
  @CsvSource({
    "fp16, fp32, ieee, M16N8K16",
    "bf16, fp32, ieee, M16N8K16",
    "fp16, fp16, ieee, M16N8K16",
    "fp32, fp32, tf32, M16N8K8",
    "fp32, fp32, bf16x3, M16N8K8",
    "fp64, fp64, ieee, M8N8K4",
    "i8, i32, ieee, M16N8K32"
  })
  void typesHaveTheirInstructions(String from, String to, String precision, MmaShape shape) {
    DotForm form = form(32, 32, 32, from, to, precision, Target.SM_80, 4);
    assertThat(form)
        .isInstanceOfSatisfying(Mma.class, mma -> assertThat(mma.shape()).isEqualTo(shape));
  }

  @Test
  void fp8IsWidenedWhereItIsNotMultiplied() {
    var old = (Mma) form(32, 32, 32, "fp8e5", "fp32", "ieee", Target.SM_80, 4);
    assertThat(old.typeA()).isEqualTo(DType.FP16);
    var young = (Mma) form(32, 32, 32, "fp8e5", "fp32", "ieee", Target.SM_89, 4);
    assertThat(young.typeA()).isEqualTo(DType.FP8E5);
    var foreign = (Mma) form(32, 32, 32, "fp8e4b15", "fp32", "ieee", Target.SM_89, 4);
    assertThat(foreign.typeA()).isEqualTo(DType.FP16);
  }

  @Test
  void theRestIsMultiplyAdds() {
    assertThat(form(32, 32, 32, "fp32", "fp32", "ieee", Target.SM_80, 4))
        .isInstanceOf(Multiply.class);
    assertThat(form(32, 32, 8, "fp16", "fp32", "ieee", Target.SM_80, 4))
        .isInstanceOf(Multiply.class);
    assertThat(form(32, 32, 16, "fp16", "fp64", "ieee", Target.SM_80, 4))
        .isInstanceOf(Multiply.class);
  }

  @Test
  void warpgroupsNeed64RowsAndFourWarps() {
    assertThat(form(64, 64, 32, "fp16", "fp32", "ieee", Target.SM_90A, 4))
        .isInstanceOfSatisfying(Wgmma.class, wgmma -> assertThat(wgmma.n()).isEqualTo(64));
    assertThat(form(64, 64, 32, "fp16", "fp32", "ieee", Target.SM_90A, 2)).isInstanceOf(Mma.class);
    assertThat(form(32, 64, 32, "fp16", "fp32", "ieee", Target.SM_90A, 4)).isInstanceOf(Mma.class);
    assertThat(form(64, 64, 32, "fp16", "fp32", "ieee", Target.SM_100, 4)).isInstanceOf(Mma.class);
    assertThat(form(64, 64, 32, "fp32", "fp32", "tf32x3", Target.SM_90A, 4))
        .isInstanceOf(Mma.class);
  }

  @ParameterizedTest
  @CsvSource({"4, 8, 16, 2, 2", "8, 8, 16, 4, 2", "4, 1, 16, 1, 4", "4, 16, 1, 4, 1"})
  void warpsShareTilesEvenly(int warps, int tilesM, int tilesN, int m, int n) {
    DotChoice.WarpGrid grid = DotChoice.balanced(warps, tilesM, tilesN);
    assertThat(List.of(grid.m(), grid.n())).containsExactly(m, n);
  }

  @Test
  void theFirstOfTwoProductsIsTheOperandOfTheSecond() {
    String text =
        """
        func @chain(%x: fp16, %z: fp32) {
          %q = splat %x : tile<64x64xfp16>
          %c = splat %z : tile<64x64xfp32>
          %s = dot %q, %q, %c : tile<64x64xfp32>
          %e = exp2 %s : tile<64x64xfp32>
          %p = fptrunc %e : tile<64x64xfp16>
          %o = dot %p, %q, %c : tile<64x64xfp32>
          return
        }
        """;
    List<DotForm> forms = forms(text, Target.SM_80, 4);
    var second = (Mma) forms.getLast();
    assertThat(forms.getFirst().accumulator().lanes()).containsExactly(second.a().lanes());
    assertThat(forms.getFirst().accumulator().warps()).containsExactly(second.a().warps());
    assertThat(forms.getFirst().accumulator().registers())
        .containsExactlyInAnyOrder(second.a().registers());
  }
}
