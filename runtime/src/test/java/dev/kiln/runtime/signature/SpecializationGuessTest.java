package dev.kiln.runtime.signature;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.Verifier;
import dev.kiln.runtime.Kernel;
import dev.kiln.runtime.KernelModule;
import org.junit.jupiter.api.Test;

class SpecializationGuessTest {
  private static Kernel kernel(String text) {
    return KernelModule.of("test.py", "import triton\nimport triton.language as tl\n" + text)
        .kernel("kernel");
  }

  @Test
  void whatIsLoadedAndStoredIsAnArray() {
    Kernel kernel =
        kernel(
            """
            @triton.jit
            def kernel(x, y, n, eps, BLOCK: tl.constexpr):
                i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
                rows = x + i
                tl.store(y + i, tl.load(rows, mask=i < n) + eps, mask=i < n)
            """);
    assertThat(SpecializationGuess.of(kernel).signature())
        .isEqualTo("x=*fp32:16, y=*fp32:16, n=i32, eps=fp32, BLOCK=64");
  }

  @Test
  void pointersMayBeNamedArguments() {
    Kernel kernel =
        kernel(
            """
            @triton.jit
            def kernel(x, y, n, B: tl.constexpr):
                p = tl.make_block_ptr(base=x + 4, shape=(n,), strides=(1,), offsets=(0,),
                                      block_shape=(B,), order=(0,))
                v = tl.load(pointer=p, boundary_check=(0,))
                tl.store(pointer=y + tl.arange(0, B), value=v)
            """);
    SpecializationGuess guess = SpecializationGuess.of(kernel);
    assertThat(guess.signature()).isEqualTo("x=*fp32:16, y=*fp32:16, n=i32, B=64");
    Verifier.verify(guess.compile().optimized());
  }

  @Test
  void whatNamesATypeIsATypeAndTheGuessCanBeReadAgain() {
    Kernel kernel =
        kernel(
            """
            @triton.jit
            def kernel(x, y, SUM: tl.constexpr, OUT: tl.constexpr):
                i = tl.arange(0, 16)
                total = tl.zeros((16,), dtype=SUM)
                tl.store(y + i, (total + tl.load(x + i)).to(OUT))
            """);
    SpecializationGuess guess = SpecializationGuess.of(kernel);
    assertThat(guess.signature())
        .isEqualTo("x=*fp32:16, y=*fp32:16, SUM=tl.float32, OUT=tl.float32");
    assertThat(SignatureText.parse(guess.signature(), kernel.parameters()))
        .isEqualTo(guess.specialization().arguments());
    Verifier.verify(guess.compile().optimized());
  }
}
