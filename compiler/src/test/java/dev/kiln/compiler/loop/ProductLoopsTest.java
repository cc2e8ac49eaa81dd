package dev.kiln.compiler.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.diagnostics.Source;
import dev.kiln.compiler.ir.Parser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which changes of a tiled matrix product still make one product of its loop. */
class ProductLoopsTest {
  private static final Path KERNEL = Path.of("src/test/resources/loop/matmul.tir");

  private String kernel;

  @BeforeEach
  void read() throws IOException {
    kernel = Files.readString(KERNEL);
  }

  private void replace(String part, String by) {
    assertThat(kernel).contains(part);
    kernel = kernel.replace(part, by);
  }

  private String lowered() {
    return LoopPrinter.print(
        LoopLowering.lower(Parser.parse(new Source("kernel.tir", kernel)).getFirst()));
  }

  private void assertIsOneProduct() {
    assertThat(lowered()).containsPattern("dot 32x64x16\\*%\\d+: ").doesNotContain("for %");
  }

  private void assertIsLoop() {
    assertThat(lowered()).contains("dot 32x64x16: ").contains("for %");
  }

  @Test
  void carriedOffsetsMakeOneProduct() {
    assertIsOneProduct();
  }

  @Test
  void offsetsMadeOfTheInductionVariableMakeOneProduct() {
    replace("addptr %a_ptr, %a_ptrs_offset_1 :", "addptr %a_ptr, %sa :");
    replace("%50 =", "%ka = mul %k, %45 : i32\n    %sa = exts %ka : i64\n    %50 =");
    assertIsOneProduct();
  }

  @Test
  void stepsOfABlockMakeOneProductOfAnyStart() {
    replace("= %40 to %39 step %41", "= %0 to %K step %38");
    replace("%52 = mul %k, %38", "%52 = mul %k, %41");
    assertIsOneProduct();
    assertThat(lowered()).contains("sub").contains("divs");
  }

  @Test
  void oneFactorThatMovesByAnotherStrideKeepsTheLoop() {
    replace("%46 = mul %sbk, %38", "%46 = mul %sbn, %38");
    assertIsLoop();
  }

  @Test
  void blocksWithGapsKeepTheLoop() {
    replace("= %40 to %39 step %41", "= %40 to %39 step %36");
    assertIsLoop();
  }

  @Test
  void boundsThatDoNotMoveKeepTheLoop() {
    replace("%52 = mul %k, %38", "%52 = mul %k, %41");
    assertIsLoop();
  }

  @Test
  void anAccumulatorThatIsChangedOtherwiseKeepsTheLoop() {
    replace(
        "yield %a_ptrs_offset_2, %b_ptrs_offset_2, %62",
        """
        %half = constant 0.5 : tile<32x64xfp32>
            %scaled = mul %62, %half : tile<32x64xfp32>
            yield %a_ptrs_offset_2, %b_ptrs_offset_2, %scaled\
        """);
    assertIsLoop();
  }

  @Test
  void aWriteInTheLoopKeepsTheLoop() {
    replace("%62 = dot", "store %a_ptrs_1, %58\n    %62 = dot");
    assertThat(lowered()).contains("for %");
  }

  @Test
  void onlyFactorsThatTheKernelDoesNotWriteAreSteady() {
    assertThat(lowered()).containsPattern("%M?.* steady if %\\d+ \\* .* steady if %\\d+\n");
    replace("%70 = splat %c_ptr", "%70 = splat %a_ptr");
    assertThat(lowered())
        .doesNotContainPattern("steady if %\\d+ \\*")
        .containsPattern("\\* .* steady if %\\d+\n");
  }
}
