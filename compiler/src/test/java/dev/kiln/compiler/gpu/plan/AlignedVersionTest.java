package dev.kiln.compiler.gpu.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.Parser;
import dev.kiln.compiler.ir.TileFunction;
import org.junit.jupiter.api.Test;

/** What would have to divide the parameters of small kernels. */
class AlignedVersionTest {
  /**
   * Rows of a matrix under a mask; the pointer, the mask's bound and the stride are to be filled
   * in.
   */
  private static final String ROWS =
      """
      func @rows(%%x: *%s [divisibility = %d], %%n: i32, %%stride: i64, %%m: i32, %%on: i1) {
        %%row = program_id [axis = 0] : i32
        %%wide = exts %%row : i64
        %%start = mul %%wide, %%stride : i64
        %%base = addptr %%x, %%start : *%s
        %%i = make_range [start = 0] : tile<256xi32>
        %%bases = splat %%base : tile<256x*%s>
        %%p = addptr %%bases, %%i : tile<256x*%s>
        %%ns = splat %s : tile<256xi32>
        %%mask = cmp lt %%i, %%ns : tile<256xi1>
        %%v = load %%p mask %%mask : tile<256x%s>
        store %%p, %%v mask %%mask
        return
      }
      """;

  private static String conditions(String dtype, int divisibility, String bound) {
    TileFunction function =
        Parser.parseFunction(
            ROWS.formatted(dtype, divisibility, dtype, dtype, dtype, bound, dtype));
    return AlignedVersion.of(function)
        .map(version -> AlignedVersion.conditions(function, version))
        .orElse("none");
  }

  @Test
  void onlyWhatReachesAddressesAndMasksIsTested() {
    assertThat(conditions("fp32", 1, "%n"))
        .isEqualTo("16 divides x, 4 divides n, 4 divides stride");
  }

  @Test
  void narrowElementsTakeMore() {
    assertThat(conditions("fp16", 1, "%n"))
        .isEqualTo("16 divides x, 8 divides n, 8 divides stride");
    assertThat(conditions("i8", 1, "%n"))
        .isEqualTo("16 divides x, 16 divides n, 16 divides stride");
    assertThat(conditions("fp64", 8, "%m"))
        .isEqualTo("16 divides x, 2 divides stride, 2 divides m");
  }

  @Test
  void whatIsKnownIsNotTested() {
    assertThat(conditions("fp32", 16, "%n")).isEqualTo("4 divides n, 4 divides stride");
  }

  @Test
  void kernelsWithoutTilesGainNothing() {
    TileFunction function =
        Parser.parseFunction(
            """
            func @one(%x: *fp32, %n: i32) {
              %v = load %x : fp32
              %p = addptr %x, %n : *fp32
              store %p, %v
              return
            }
            """);
    assertThat(AlignedVersion.of(function)).isEmpty();
  }
}
