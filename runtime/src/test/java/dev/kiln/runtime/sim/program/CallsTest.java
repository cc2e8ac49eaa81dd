package dev.kiln.runtime.sim.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.PtxModule;
import dev.kiln.runtime.sim.SimFault;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Calls as they run: arguments, results, frames, recursion, calls through addresses. */
class CallsTest {
  private static final String FIBONACCI =
      """
      .func (.param .b32 result) fib(.param .b32 arg) {
        .reg .b32 %a<6>;
        .reg .pred %q;
        ld.param.b32 %a0, [arg];
        setp.lt.s32 %q, %a0, 2;
        mov.b32 %a4, %a0;
        @%q bra done;
        sub.s32 %a1, %a0, 1;
        {
          .param .b32 p0;
          st.param.b32 [p0], %a1;
          .param .b32 r0;
          call.uni (r0), fib, (p0);
          ld.param.b32 %a2, [r0];
        }
        sub.s32 %a1, %a0, 2;
        {
          .param .b32 p0;
          st.param.b32 [p0], %a1;
          .param .b32 r0;
          call.uni (r0), fib, (p0);
          ld.param.b32 %a3, [r0];
        }
        add.s32 %a4, %a2, %a3;
      done:
        st.param.b32 [result], %a4;
        ret;
      }
      """;

  private static void assertResults(int[] results, IntUnaryOperator expected) {
    assertThat(Arrays.copyOf(results, 32))
        .isEqualTo(IntStream.range(0, 32).map(expected).toArray());
  }

  @Test
  void aFunctionReadsItsArgumentsAndWritesItsResultInItsCallersFrame() {
    String text =
        """
        .func (.param .align 8 .b8 result[16]) swap(.param .align 8 .b8 pair[8], .param .b32 k) {
          .reg .b32 %a<4>;
          ld.param.v2.b32 {%a0, %a1}, [pair];
          ld.param.b32 %a2, [k];
          add.s32 %a0, %a0, %a2;
          st.param.v2.b32 [result], {%a1, %a0};
          ret;
        }
        """
            + Kernel.storing(
                """
                {
                  .param .align 8 .b8 p0[8];
                  .param .b32 p1;
                  .param .align 8 .b8 r0[16];
                  st.param.v2.b32 [p0], {%r19, 1000};
                  st.param.b32 [p1], %r18;
                  call (r0), swap, (p0, p1);
                  ld.param.b32 %r1, [r0];
                  ld.param.b32 %r2, [r0+4];
                }
                add.s32 %r0, %r1, %r2;
                """);
    assertResults(Kernel.run(text, 7), i -> 1000 + i + 7);
  }

  @Test
  void recursionKeepsTheRegistersAndTheFrameOfEachCall() {
    String text =
        FIBONACCI
            + Kernel.storing(
                """
                and.b32 %r1, %r19, 7;
                {
                  .param .b32 p0;
                  st.param.b32 [p0], %r1;
                  .param .b32 r0;
                  call.uni (r0), fib, (p0);
                  ld.param.b32 %r0, [r0];
                }
                """);
    int[] expected = {0, 1, 1, 2, 3, 5, 8, 13};
    assertResults(Kernel.run(text, 0), i -> expected[i & 7]);
  }

  @Test
  void functionsThatCallEachOtherKeepTheirLocalVariables() {
    String text =
        """
        .func (.param .b32 result) odd(.param .b32 arg);
        .func (.param .b32 result) even(.param .b32 arg) {
          .local .b32 mine;
          .reg .b32 %a<4>;
          .reg .pred %q;
          ld.param.b32 %a0, [arg];
          st.local.b32 [mine], %a0;
          setp.eq.s32 %q, %a0, 0;
          mov.b32 %a1, 1;
          @%q bra done;
          sub.s32 %a0, %a0, 1;
          .param .b32 p0;
          .param .b32 r0;
          st.param.b32 [p0], %a0;
          call (r0), odd, (p0);
          ld.param.b32 %a1, [r0];
          ld.local.b32 %a2, [mine];
          shl.b32 %a2, %a2, 8;
          add.s32 %a1, %a1, %a2;
        done:
          st.param.b32 [result], %a1;
          ret;
        }
        .func (.param .b32 result) odd(.param .b32 arg) {
          .local .b32 mine;
          .reg .b32 %a<4>;
          .reg .b64 %ad<2>;
          .reg .pred %q;
          ld.param.b32 %a0, [arg];
          mov.u64 %ad0, mine;
          st.local.b32 [%ad0], %a0;
          setp.eq.s32 %q, %a0, 0;
          mov.b32 %a1, 0;
          @%q st.param.b32 [result], %a1;
          @%q ret;
          sub.s32 %a0, %a0, 1;
          .param .b32 p0;
          .param .b32 r0;
          st.param.b32 [p0], %a0;
          call (r0), even, (p0);
          ld.param.b32 %a1, [r0];
          ld.local.b32 %a2, [mine];
          shl.b32 %a2, %a2, 8;
          add.s32 %a1, %a1, %a2;
          st.param.b32 [result], %a1;
          ret;
        }
        """
            + Kernel.storing(
                """
                {
                  .param .b32 p0;
                  .param .b32 r0;
                  st.param.b32 [p0], %r19;
                  call (r0), even, (p0);
                  ld.param.b32 %r0, [r0];
                }
                """);
    // 256 * (i + ... + 1) + (i is even)
    assertResults(Kernel.run(text, 0), i -> 256 * (i * (i + 1) / 2) + (i % 2 == 0 ? 1 : 0));
  }

  @Test
  void endlessRecursionIsAFault() {
    String text =
        """
        .func f(.param .b32 arg) {
          .local .align 16 .b8 big[256];
          .reg .b32 %a;
          ld.param.b32 %a, [arg];
          .param .b32 p0;
          st.param.b32 [p0], %a;
          call f, (p0);
          ret;
        }
        """
            + Kernel.storing(
                "{ .param .b32 p0; st.param.b32 [p0], %r19; call f, (p0); }\nmov.b32 %r0, 0;\n");
    assertThatThrownBy(() -> Kernel.run(text, 0))
        .isInstanceOf(SimFault.class)
        .hasMessageContaining(
            "the stack of 4,112 bytes is full: a recursive function needs a frame of 272 bytes");
  }

  @Test
  void valuesMayBePassedWithoutAVariable() {
    String text =
        """
        .func (.reg .b32 result) plus(.reg .b32 a, .reg .b32 b) {
          add.s32 result, a, b;
          ret;
        }
        .func (.param .b32 result) times(.param .b32 a, .param .b32 b) {
          .reg .b32 %a<3>;
          ld.param.b32 %a0, [a];
          ld.param.b32 %a1, [b];
          mul.lo.s32 %a2, %a0, %a1;
          st.param.b32 [result], %a2;
          ret;
        }
        """
            + Kernel.storing(
                """
                call (%r1), plus, (%r19, 100);
                call (%r0), times, (%r1, 3);
                """);
    assertResults(Kernel.run(text, 0), i -> 3 * (i + 100));
  }

  @Test
  void aGuardedCallHappensForSomeLanesOnly() {
    String text =
        """
        .func (.reg .b32 result) plus(.reg .b32 a, .reg .b32 b) {
          add.s32 result, a, b;
        }
        """
            + Kernel.storing(
                """
                setp.gt.s32 %p0, %r19, 9;
                mov.b32 %r0, %r19;
                @!%p0 call (%r0), plus, (%r0, 100);
                """);
    assertResults(Kernel.run(text, 0), i -> i > 9 ? i : i + 100);
  }

  @Test
  void lanesMayCallDifferentFunctionsThroughATable() {
    String text =
        """
        .func (.param .b32 result) plus(.param .b32 a) {
          .reg .b32 %a<2>;
          ld.param.b32 %a0, [a];
          add.s32 %a1, %a0, 1000;
          st.param.b32 [result], %a1;
          ret;
        }
        .func (.param .b32 result) minus(.param .b32 a) {
          .reg .b32 %a<2>;
          ld.param.b32 %a0, [a];
          sub.s32 %a1, %a0, 1000;
          st.param.b32 [result], %a1;
          ret;
        }
        .global .u64 table[2] = {plus, minus};
        """
            + Kernel.storing(
                """
                and.b32 %r1, %r19, 1;
                mul.wide.u32 %rd0, %r1, 8;
                mov.u64 %rd1, table;
                add.u64 %rd0, %rd0, %rd1;
                ld.global.u64 %rd2, [%rd0];
                {
                  .param .b32 p0;
                  .param .b32 r0;
                  st.param.b32 [p0], %r19;
                  proto: .callprototype (.param .b32 _) _ (.param .b32 _);
                  call (r0), %rd2, (p0), proto;
                  ld.param.b32 %r0, [r0];
                }
                """);
    assertResults(Kernel.run(text, 0), i -> i % 2 == 0 ? i + 1000 : i - 1000);
  }

  @Test
  void theCountOfArgumentsIsChecked() {
    String text =
        ".func f(.reg .b32 a) { ret; }\n"
            + Kernel.storing("call f, (%r1, %r2);\nmov.b32 %r0, 0;\n");
    assertThatThrownBy(() -> Kernel.module(text))
        .hasMessageContaining("test.ptx:15:1: call: the function has 1 argument, not 2");
  }

  @Test
  void wrongControlFlowIsToldAllAtOnce() {
    String text =
        """
        .visible .entry k() {
          .reg .b64 %a;
          brx.idx 1, list;
          brx.idx;
          bra;
          call;
          call %a, (1), nope;
          call %a, (1);
          ret 1;
          list: .branchtargets nowhere, list;
        }
        """;
    assertThatThrownBy(() -> Kernel.module(text))
        .hasMessageContainingAll(
            "test.ptx:7:3: brx.idx: takes 2 operands, not 0",
            "test.ptx:8:3: bra: takes 1 operands, not 0",
            "test.ptx:9:3: call: the function's name is missing",
            "test.ptx:10:17: 'nope' is not declared",
            "test.ptx:11:3: call: an indirect call without a prototype",
            "test.ptx:12:3: ret: takes 0 operands, not 1",
            "test.ptx:13:3: 'nowhere' is not declared");
  }

  @Test
  void framesOfFunctionsThatCallEachOtherDoNotOverlap() {
    String text =
        """
        .func inner() { .local .b8 a[100]; .reg .b64 %x; mov.u64 %x, a; ret; }
        .func other() { .local .b8 a[40]; .reg .b64 %x; mov.u64 %x, a; ret; }
        .func outer() { .local .b8 a[200]; call inner; call other; ret; }
        """
            + Kernel.storing("call outer; call other;\nmov.b32 %r0, 0;\n");
    PtxModule module = Kernel.module(text);
    // 208 for outer, then 112 for inner; other is placed after outer.
    assertThat(Kernel.program(module, "k").localBytes()).isEqualTo(208 + 112);
  }
}
