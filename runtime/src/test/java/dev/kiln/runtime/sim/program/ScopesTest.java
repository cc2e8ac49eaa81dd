package dev.kiln.runtime.sim.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What names mean. */
class ScopesTest {
  private static int[] run(String body) {
    return Arrays.copyOf(Kernel.run(Kernel.storing(body), 5), 32);
  }

  private static int[] all(int value) {
    return IntStream.range(0, 32).map(i -> value).toArray();
  }

  @Test
  void innerNamesHideOuterOnes() {
    String body =
        """
        mov.b32 %r1, 1;
        {
          .reg .b32 %r<4>;
          mov.b32 %r1, 2;
          {
            .reg .b32 %r1;
            mov.b32 %r1, 3;
            mov.b32 %r2, %r1;
          }
          add.s32 %r2, %r2, %r1;
          mov.b32 %r5, %r2;
        }
        mad.lo.s32 %r0, %r1, 100, %r5;
        """;
    assertThat(run(body)).isEqualTo(all(105));
  }

  @Test
  void aNameMeansTheOuterThingUntilTheInnerOneIsDeclared() {
    String body =
        """
        mov.b32 %r1, 1;
        {
          mov.b32 %r2, %r1;
          .reg .b32 %r1;
          mov.b32 %r1, 50;
          add.s32 %r0, %r2, %r1;
        }
        """;
    assertThat(run(body)).isEqualTo(all(51));
  }

  @Test
  void labelsBelongToTheirScope() {
    String loop =
        """
        {
          .reg .pred q;
          mov.b32 %r2, 0;
          again:
          add.s32 %r2, %r2, 1;
          setp.lt.s32 q, %r2, %r18;
          @q bra again;
          @!q bra onward;
        }
        """;
    assertThat(run(loop + loop + "onward:\nmov.b32 %r0, %r2;\n")).isEqualTo(all(5));
  }

  @Test
  void familiesOfRegistersMayEndInDigits() {
    String body =
        """
        .reg .b32 %x1<12>;
        .reg .b32 %x<2>;
        mov.b32 %x111, 1;
        mov.b32 %x11, 20;
        mov.b32 %x1, 300;
        add.s32 %r0, %x111, %x11;
        add.s32 %r0, %r0, %x1;
        """;
    assertThat(run(body)).isEqualTo(all(321));
  }

  @Test
  void vectorsHaveComponents() {
    String body =
        """
        .reg .v4 .b32 %v<2>;
        .reg .v2 .b32 %w;
        mov.b32 %v1.x, 1;
        mov.b32 %v1.y, 20;
        mov.b32 %v1.b, 300;
        mov.b32 %v1.w, 4000;
        .local .align 16 .b8 place[16];
        st.local.v4.b32 [place], %v1;
        ld.local.v2.b32 %w, [place+8];
        add.s32 %r0, %w.x, %w.y;
        add.s32 %r0, %r0, %v1.g;
        """;
    assertThat(run(body)).isEqualTo(all(4320));
  }

  @Test
  void wrongNamesAreToldAllAtOnceWithTheirPlaces() {
    String body =
        """
        .reg .b32 %r5;
        .reg .b32 %r5;
        add.s32 %r0, %r20, 1;
        add.s32 %r0, %out0, 1;
        bra nowhere;
        mov.b32 %r0, %p0;
        mov.b32 %r0, %tod.x;
        @%r1 mov.b32 %r0, 0;
        """;
    assertThatThrownBy(() -> Kernel.module(Kernel.storing(body)))
        .hasMessage(
            """
            test.ptx:15:11: '%r5' is declared twice; first at 14:11\
            """);
    String rest = body.substring(body.indexOf('\n') + 1);
    assertThatThrownBy(() -> Kernel.module(Kernel.storing(rest)))
        .hasMessage(
            """
            test.ptx:15:14: '%r20' is not declared
            test.ptx:16:14: add.s32: '%out0' is .b64, but .s32 is wanted
            test.ptx:17:5: 'nowhere' is not declared
            test.ptx:18:14: mov.b32: '%p0' is .pred, but .b32 is wanted
            test.ptx:19:14: '%tod' is not declared
            test.ptx:20:1: mov.b32: '%r1' is no predicate\
            """);
  }

  @Test
  void aDefinitionReplacesADeclaration() {
    String text =
        """
        .extern .global .u32 counter;
        .visible .global .u32 counter = 17;
        .extern .func (.reg .b32 r) one();
        .weak .func (.reg .b32 r) one() { mov.b32 r, 1; ret; }
        .alias uno, one;
        """;
    String body =
        """
        ld.global.u32 %r1, [counter];
        call (%r2), uno;
        add.s32 %r0, %r1, %r2;
        """;
    assertThat(Arrays.copyOf(Kernel.run(text + Kernel.storing(body), 0), 32)).isEqualTo(all(18));
  }

  @Test
  void twoDefinitionsAreOneTooMany() {
    assertThatThrownBy(
            () -> Kernel.module(".func f() { ret; }\n.func f() { ret; }\n.global .u32 f;\n"))
        .hasMessageContaining("test.ptx:5");
  }

  @Test
  void clocksGoOnAndSpecialRegistersMayBeNarrowed() {
    String body =
        """
        mov.u64 %rd0, %clock64;
        wait:
        mov.u64 %rd1, %clock64;
        sub.u64 %rd2, %rd1, %rd0;
        setp.lt.u64 %p0, %rd2, 1000;
        @%p0 bra wait;
        .reg .b16 %h;
        mov.u16 %h, %ntid.x;
        cvt.u32.u16 %r1, %h;
        mov.u32 %r2, %gridid;
        mov.u32 %r3, WARP_SZ;
        add.s32 %r0, %r1, %r3;
        """;
    assertThat(run(body)).isEqualTo(all(64));
  }
}
