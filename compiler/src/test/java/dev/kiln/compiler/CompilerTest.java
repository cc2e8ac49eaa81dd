package dev.kiln.compiler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.CompiledKernel.Stage;
import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Source;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Verifier;
import dev.kiln.compiler.syntax.KernelFile;
import dev.kiln.compiler.syntax.KernelFileParser;
import java.util.List;
import org.junit.jupiter.api.Test;

class CompilerTest {
  private static final KernelFile FILE =
      KernelFileParser.parse(
          new Source(
              "add.py",
              """
              import triton
              import triton.language as tl

              @triton.jit
              def add(x_ptr, y_ptr, out_ptr, n, BLOCK: tl.constexpr):
                  offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
                  mask = offsets < n
                  x = tl.load(x_ptr + offsets, mask=mask)
                  y = tl.load(y_ptr + offsets, mask=mask)
                  tl.store(out_ptr + offsets, x * x + y, mask=mask)
              """));

  private static Specialization specialization(CompileOptions options) {
    var pointer = new ArgumentSpec.Pointer(DType.FP32, false, 16);
    return new Specialization(
        List.of(
            pointer,
            pointer,
            pointer,
            new ArgumentSpec.Scalar(DType.I32, 1),
            new ArgumentSpec.Constant(64L)),
        options);
  }

  private static CompiledKernel compile(CompileOptions options, Target target) {
    return Compiler.compile(FILE, "add", specialization(options), target);
  }

  @Test
  void everyStageIsThereAsText() {
    CompiledKernel kernel = compile(CompileOptions.DEFAULT, Target.CPU);
    assertThat(kernel.text(Stage.TIR)).startsWith("func @add(").contains("mul", "add");
    assertThat(kernel.text(Stage.OPTIMIZED_TIR)).startsWith("func @add(").contains("fma");
    Verifier.verify(kernel.tir());
    Verifier.verify(kernel.optimized());
  }

  @Test
  void theTargetDoesNotChangeWhatIsComputed() {
    String cpu = compile(CompileOptions.DEFAULT, Target.CPU).text(Stage.OPTIMIZED_TIR);
    for (Target target : Target.values()) {
      assertThat(compile(CompileOptions.DEFAULT, target).text(Stage.OPTIMIZED_TIR)).isEqualTo(cpu);
    }
  }

  @Test
  void contractionIsAnOption() {
    CompileOptions exact = CompileOptions.DEFAULT.withFpFusion(false);
    assertThat(compile(exact, Target.CPU).text(Stage.OPTIMIZED_TIR)).doesNotContain("fma");
  }

  @Test
  void faultsOfAKernelAreDiagnostics() {
    assertThatThrownBy(
            () -> Compiler.compile(FILE, "sub", specialization(CompileOptions.DEFAULT), Target.CPU))
        .isInstanceOf(CompilationException.class)
        .hasMessageContaining("there is no kernel sub in add.py");
  }
}
