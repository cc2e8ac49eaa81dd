package dev.kiln.compiler.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.ir.Parser;
import dev.kiln.compiler.ir.TileFunction;
import org.junit.jupiter.api.Test;

class ScratchLimitTest {
  /** Two scans, one after the other, of 4096 numbers each: two buffers are in use at a time. */
  private static final TileFunction TWO_SCANS =
      Parser.parseFunction(
          """
          func @scans(%x: *fp32, %y: *fp32) {
            %0 = make_range [start = 0] : tile<4096xi32>
            %1 = splat %x : tile<4096x*fp32>
            %2 = addptr %1, %0 : tile<4096x*fp32>
            %3 = load %2 : tile<4096xfp32>
            %4 = scan %3 [axis = 0] (%5: fp32, %6: fp32) : tile<4096xfp32> {
              %7 = add %5, %6 : fp32
              yield %7
            }
            %8 = scan %4 [axis = 0] (%9: fp32, %10: fp32) : tile<4096xfp32> {
              %11 = add %9, %10 : fp32
              yield %11
            }
            %12 = splat %y : tile<4096x*fp32>
            %13 = addptr %12, %0 : tile<4096x*fp32>
            store %13, %8
            return
          }
          """);

  private static LoopOptions limitedTo(long bytes) {
    return new LoopOptions(true, true, true, true, true, true, bytes);
  }

  @Test
  void buffersShareMemoryWhenTheirTimesDoNotMeet() {
    assertThat(LoopLowering.lower(TWO_SCANS, limitedTo(32768)).scratchBytes()).isEqualTo(32768);
  }

  @Test
  void aKernelWithTooLargeTilesIsRefused() {
    assertThatThrownBy(() -> LoopLowering.lower(TWO_SCANS, limitedTo(32767)))
        .isInstanceOf(CompilationException.class)
        .hasMessageContaining("the tiles of one program need")
        .hasMessageContaining("use smaller block sizes");
  }
}
