package dev.kiln.runtime.gpu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kiln.compiler.Target;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PtxasTest {
  private static final String LOG =
      """
      ptxas info    : 0 bytes gmem
      ptxas info    : Compiling entry function 'f' for 'sm_90a'
      ptxas info    : Function properties for f
          16 bytes stack frame, 8 bytes spill stores, 12 bytes spill loads
      ptxas info    : Used 168 registers, used 1 barriers, 16 bytes cumulative stack size, 1024 bytes smem
      ptxas info    : (C7510) Potential Performance Loss: wgmma.mma_async instructions are serialized
      ptxas warning : Value of threads per SM for entry f is out of range.
      """;

  private static final String EMPTY =
      """
      .version 7.0
      .target sm_80
      .address_size 64
      .visible .entry f() { ret; }
      """;

  @Test
  void figuresAreReadOffItsMessages() {
    Ptxas.Figures figures = Ptxas.Figures.of(LOG);
    assertThat(figures.registers()).isEqualTo(168);
    assertThat(figures.stackBytes()).isEqualTo(16);
    assertThat(figures.spillStores()).isEqualTo(8);
    assertThat(figures.spillLoads()).isEqualTo(12);
    assertThat(figures.spills()).isTrue();
    assertThat(figures.sharedBytes()).isEqualTo(1024);
    assertThat(figures.warnings())
        .hasSize(2)
        .anySatisfy(
            line -> assertThat(line).contains("wgmma.mma_async instructions are serialized"))
        .anySatisfy(line -> assertThat(line).contains("out of range"));
  }

  @Test
  void acceptsWhatIsRightAndTellsWhatIsNot() {
    Optional<Ptxas> ptxas = Ptxas.find();
    assumeTrue(ptxas.isPresent(), "ptxas is not installed");
    assertThat(ptxas.get().version()).matches("\\d+\\.\\d+.*");
    Ptxas.Assembly right = ptxas.get().assemble(EMPTY, Target.SM_80);
    assertThat(right.cubin().orElseThrow()).startsWith(0x7f, 'E', 'L', 'F');
    assertThat(right.figures().orElseThrow().registers()).isPositive();
    Ptxas.Assembly wrong = ptxas.get().assemble(EMPTY.replace("ret", "nothing"), Target.SM_80);
    assertThat(wrong.cubin()).isEmpty();
    assertThat(wrong.log()).contains("kernel.ptx, line 4");
  }
}
