package dev.kiln.runtime.sim.isa.warp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.PtxModule;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimLaunch;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Lanes that execute {@code shfl.sync} at different places, as compilers make of one in a loop. */
class ShufflesApartTest {
  private static final String TEXT =
      """
      .version 8.0
      .target sm_80
      .address_size 64
      .visible .entry kernel(.param .u64 p0, .param .u32 p1) {
        .reg .pred %%p<4>;
        .reg .b32 %%r<8>;
        .reg .b64 %%d<3>;
        mov.u32 %%r0, %%laneid;
        ld.param.u32 %%r5, [p1];
        mad.lo.u32 %%r3, %%r0, 3, 100;
        mad.lo.u32 %%r4, %%r0, 5, 200;
        setp.lt.u32 %%p0, %%r0, %%r5;
        @%%p0 bra FIRST;
        shfl.sync.%s.b32 %%r1|%%p1, %%r3, %s, %s, -1;
        bra END;
      FIRST:
        shfl.sync.%s.b32 %%r1|%%p1, %%r4, %s, %s, -1;
      END:
        selp.u32 %%r2, 1000, 0, %%p1;
        add.u32 %%r1, %%r1, %%r2;
        ld.param.u64 %%d0, [p0];
        mul.wide.u32 %%d1, %%r0, 4;
        add.u64 %%d0, %%d0, %%d1;
        st.global.u32 [%%d0], %%r1;
        ret;
      }
      """;

  @ParameterizedTest
  @CsvSource({
    "bfly, 16, 31, 1",
    "bfly, 3, 31, 17",
    "up, 5, 0, 7",
    "down, 9, 31, 16",
    "idx, 30, 31, 31",
    "idx, %r0, 31, 4"
  })
  void theyExchangeWhatEachHasAtItsPlace(String mode, String b, int c, int border) {
    String text = TEXT.formatted(mode, b, c, mode, b, c);
    long[] expected = IntStream.range(0, 32).mapToLong(i -> expected(mode, b, i, border)).toArray();
    try (var device = new SimDevice();
        var module = device.load(PtxModule.parse("apart.ptx", text));
        NdArray out = NdArray.empty(device, DType.I32, 32)) {
      module.kernel("kernel").launch(SimLaunch.of(1, 32), out, border);
      assertThat(out.toLongs()).isEqualTo(expected);
    }
  }

  private static long expected(String mode, String b, int lane, int border) {
    int by = b.startsWith("%") ? lane : Integer.parseInt(b);
    int from =
        switch (mode) {
          case "bfly" -> lane ^ by;
          case "up" -> lane - by;
          case "down" -> lane + by;
          default -> by;
        };
    boolean inRange = from >= 0 && from < 32;
    int source = inRange ? from : lane;
    return (source < border ? 200 + 5 * source : 100 + 3 * source) + (inRange ? 1000 : 0);
  }
}
