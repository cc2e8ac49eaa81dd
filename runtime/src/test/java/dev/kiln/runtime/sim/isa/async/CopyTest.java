package dev.kiln.runtime.sim.isa.async;

import static dev.kiln.runtime.sim.isa.async.Launch.range;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.SimFault;
import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.exec.LaunchShape;
import dev.kiln.runtime.sim.isa.async.Launch.Ints;
import dev.kiln.runtime.sim.ptx.PtxException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CopyTest {
  private static final String PARAMETERS = ".param .u64 in, .param .u64 out, .param .u32 n";

  /** %rd1 in, %rd2 out, %r1 lane, %r2 smem, %r3 n, %rd3 = 16 * lane. */
  private static final String PROLOGUE =
      """
      ld.param.u64 %rd1, [in];
      ld.param.u64 %rd2, [out];
      ld.param.u32 %r3, [n];
      mov.u32 %r1, %tid.x;
      mov.u32 %r2, smem;
      mul.wide.u32 %rd3, %r1, 16;
      """;

  /** Stores an int of each lane to out[index * 32 + lane]. */
  private static String output(String register, int index) {
    return """
    mul.wide.u32 %%rd60, %%r1, 4;
    add.u64 %%rd60, %%rd60, %%rd2;
    st.global.u32 [%%rd60+%d], %s;
    """
        .formatted(index * 128, register);
  }

  private static int[] run(String body, int outputs, int n) {
    try (Launch launch = new Launch()) {
      Ints in = launch.ints(1024, i -> 1000 + i);
      Ints out = launch.ints(32 * outputs, i -> -1);
      launch.run(Launch.module(PARAMETERS, PROLOGUE + body), in, out, n);
      return out.read();
    }
  }

  @ParameterizedTest
  @CsvSource({"ca,4", "ca,8", "ca,16", "cg,16"})
  void copiesSideBySideAndScattered(String cache, int bytes) {
    // Lane l reads at l * bytes, and writes at l * bytes or at (31 - l) * bytes.
    String body =
        """
        mul.lo.u32 %%r4, %%r1, %2$d;
        cvt.u64.u32 %%rd4, %%r4;
        add.u64 %%rd5, %%rd1, %%rd4;
        add.u32 %%r5, %%r2, %%r4;
        cp.async.%1$s.shared.global.L2::128B [%%r5], [%%rd5], %2$d;
        mov.u32 %%r6, %3$d;
        sub.u32 %%r6, %%r6, %%r4;
        add.u32 %%r6, %%r2, %%r6;
        cp.async.%1$s.shared::cta.global [%%r6+1024], [%%rd5], %2$d;
        cp.async.commit_group;
        cp.async.wait_group 0;
        ld.shared.u32 %%r7, [%%r5];
        ld.shared.u32 %%r8, [%%r5+%4$d];
        ld.shared.u32 %%r9, [%%r5+1024];
        """
            .formatted(cache, bytes, 31 * bytes, bytes - 4);
    int[] out = run(body + output("%r7", 0) + output("%r8", 1) + output("%r9", 2), 3, 0);
    int words = bytes / 4;
    assertThat(Arrays.copyOfRange(out, 0, 32)).isEqualTo(range(32, l -> 1000 + l * words));
    assertThat(Arrays.copyOfRange(out, 32, 64))
        .isEqualTo(range(32, l -> 1000 + l * words + words - 1));
    assertThat(Arrays.copyOfRange(out, 64, 96)).isEqualTo(range(32, l -> 1000 + (31 - l) * words));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 4, 7, 8, 12, 15, 16})
  void fillsWithZerosBeyondTheSourceSize(int size) {
    String body =
        """
        add.u64 %rd5, %rd1, %rd3;
        shl.b32 %r4, %r1, 4;
        add.u32 %r5, %r2, %r4;
        st.shared.v4.b32 [%r5], {-1, -1, -1, -1};
        cp.async.ca.shared.global [%r5], [%rd5], 16, %r3;
        cp.async.wait_all;
        ld.shared.v4.u32 {%r10, %r11, %r12, %r13}, [%r5];
        """;
    String outputs = output("%r10", 0) + output("%r11", 1) + output("%r12", 2) + output("%r13", 3);
    int[] out = run(body + outputs, 4, size);
    for (int word = 0; word < 4; word++) {
      int kept = Math.clamp(size - 4 * word, 0, 4);
      int mask = kept == 4 ? -1 : (1 << 8 * kept) - 1;
      int at = word;
      assertThat(Arrays.copyOfRange(out, 32 * word, 32 * word + 32))
          .isEqualTo(range(32, l -> 1000 + 4 * l + at & mask));
    }
  }

  @Test
  void lanesIgnoreTheirSourceByPredicateAndMayThenPointAnywhere() {
    String body =
        """
        and.b32 %r4, %r1, 1;
        setp.ne.u32 %p1, %r4, 0;
        add.u64 %rd5, %rd1, %rd3;
        @%p1 mov.u64 %rd5, 16;
        shl.b32 %r4, %r1, 4;
        add.u32 %r5, %r2, %r4;
        cp.async.cg.shared.global [%r5], [%rd5], 16, %p1;
        cp.async.wait_all;
        ld.shared.u32 %r10, [%r5+4];
        """;
    assertThat(run(body + output("%r10", 0), 1, 0))
        .isEqualTo(range(32, l -> l % 2 != 0 ? 0 : 1001 + 4 * l));
  }

  @Test
  void nothingIsVisibleBeforeTheWaitThatCoversIt() {
    String body =
        """
        add.u64 %rd5, %rd1, %rd3;
        shl.b32 %r4, %r1, 4;
        add.u32 %r5, %r2, %r4;
        st.shared.u32 [%r5], 5;
        st.shared.u32 [%r5+1024], 6;
        cp.async.cg.shared.global [%r5], [%rd5], 16;
        cp.async.commit_group;
        cp.async.cg.shared.global [%r5+1024], [%rd5+512], 16;
        cp.async.commit_group;
        ld.shared.u32 %r10, [%r5];
        cp.async.wait_group 2;
        ld.shared.u32 %r11, [%r5];
        cp.async.wait_group 1;
        ld.shared.u32 %r12, [%r5];
        ld.shared.u32 %r13, [%r5+1024];
        cp.async.wait_group 0;
        ld.shared.u32 %r14, [%r5+1024];
        """;
    String outputs =
        output("%r10", 0)
            + output("%r11", 1)
            + output("%r12", 2)
            + output("%r13", 3)
            + output("%r14", 4);
    int[] out = run(body + outputs, 5, 0);
    assertThat(Arrays.copyOfRange(out, 0, 64)).containsOnly(5);
    assertThat(Arrays.copyOfRange(out, 64, 96)).isEqualTo(range(32, l -> 1000 + 4 * l));
    assertThat(Arrays.copyOfRange(out, 96, 128)).containsOnly(6);
    assertThat(Arrays.copyOfRange(out, 128, 160)).isEqualTo(range(32, l -> 1128 + 4 * l));
  }

  @Test
  void theSourceIsReadWhenTheCopyHappens() {
    String body =
        """
        add.u64 %rd5, %rd1, %rd3;
        shl.b32 %r4, %r1, 4;
        add.u32 %r5, %r2, %r4;
        cp.async.cg.shared.global [%r5], [%rd5], 16;
        st.global.u32 [%rd5], 77;
        cp.async.wait_all;
        ld.shared.u32 %r10, [%r5];
        """;
    assertThat(run(body + output("%r10", 0), 1, 0)).containsOnly(77);
  }

  @Test
  void uncommittedCopiesAreNotWaitedForByGroups() {
    String body =
        """
        add.u64 %rd5, %rd1, %rd3;
        shl.b32 %r4, %r1, 4;
        add.u32 %r5, %r2, %r4;
        st.shared.u32 [%r5], 5;
        cp.async.cg.shared.global [%r5], [%rd5], 16;
        cp.async.wait_group 0;
        ld.shared.u32 %r10, [%r5];
        """;
    assertThat(run(body + output("%r10", 0), 1, 0)).containsOnly(5);
  }

  @Test
  void lanesHaveGroupsOfTheirOwn() {
    // Odd lanes commit between the two copies; then all commit, and one group may be left.
    String body =
        """
        and.b32 %r4, %r1, 1;
        setp.ne.u32 %p1, %r4, 0;
        add.u64 %rd5, %rd1, %rd3;
        shl.b32 %r4, %r1, 4;
        add.u32 %r5, %r2, %r4;
        st.shared.u32 [%r5], 5;
        st.shared.u32 [%r5+1024], 6;
        cp.async.cg.shared.global [%r5], [%rd5], 16;
        @%p1 cp.async.commit_group;
        cp.async.cg.shared.global [%r5+1024], [%rd5+512], 16;
        cp.async.commit_group;
        cp.async.wait_group 1;
        ld.shared.u32 %r10, [%r5];
        ld.shared.u32 %r11, [%r5+1024];
        @%p1 cp.async.wait_group 0;
        ld.shared.u32 %r12, [%r5+1024];
        """;
    int[] out = run(body + output("%r10", 0) + output("%r11", 1) + output("%r12", 2), 3, 0);
    assertThat(Arrays.copyOfRange(out, 0, 32))
        .isEqualTo(range(32, l -> l % 2 != 0 ? 1000 + 4 * l : 5));
    assertThat(Arrays.copyOfRange(out, 32, 64)).containsOnly(6);
    assertThat(Arrays.copyOfRange(out, 64, 96))
        .isEqualTo(range(32, l -> l % 2 != 0 ? 1128 + 4 * l : 6));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anMbarrierTracksCopies(boolean noinc) {
    String body =
        """
        mov.u32 %%r20, bar;
        setp.eq.u32 %%p1, %%r1, 0;
        @%%p1 mbarrier.init.shared.b64 [%%r20], %d;
        bar.warp.sync -1;
        add.u64 %%rd5, %%rd1, %%rd3;
        shl.b32 %%r4, %%r1, 4;
        add.u32 %%r5, %%r2, %%r4;
        st.shared.u32 [%%r5], 5;
        cp.async.cg.shared.global [%%r5], [%%rd5], 16;
        cp.async.mbarrier.arrive%s.shared.b64 [%%r20];
        ld.shared.u32 %%r10, [%%r5];
        %s
        WAIT:
        mbarrier.try_wait.parity.shared.b64 %%p2, [%%r20], 0;
        @!%%p2 bra WAIT;
        ld.shared.u32 %%r11, [%%r5];
        """
            .formatted(
                32, noinc ? ".noinc" : "", noinc ? "" : "mbarrier.arrive.shared.b64 %rd9, [%r20];");
    int[] out = run(body + output("%r10", 0) + output("%r11", 1), 2, 0);
    assertThat(Arrays.copyOfRange(out, 0, 32)).containsOnly(5);
    assertThat(Arrays.copyOfRange(out, 32, 64)).isEqualTo(range(32, l -> 1000 + 4 * l));
  }

  @Test
  void shortWarpsAndWarpsThatLoseLanesKeepTheirGroups() {
    String body =
        """
        add.u64 %rd5, %rd1, %rd3;
        shl.b32 %r4, %r1, 4;
        add.u32 %r5, %r2, %r4;
        st.shared.u32 [%r5], 5;
        cp.async.cg.shared.global [%r5], [%rd5], 16;
        cp.async.commit_group;
        setp.gt.u32 %p1, %r1, 9;
        @%p1 exit;
        cp.async.cg.shared.global [%r5+1024], [%rd5+512], 16;
        cp.async.commit_group;
        cp.async.wait_group 1;
        ld.shared.u32 %r10, [%r5];
        ld.shared.u32 %r11, [%r5+1024];
        cp.async.wait_group 0;
        ld.shared.u32 %r12, [%r5+1024];
        sub.u32 %r12, %r12, %r11;
        """;
    try (Launch launch = new Launch().shape(LaunchShape.of(1, 20))) {
      Ints in = launch.ints(1024, i -> 1000 + i);
      Ints out = launch.ints(64, i -> -1);
      String text =
          Launch.module(PARAMETERS, PROLOGUE + body + output("%r10", 0) + output("%r12", 1));
      launch.run(text, in, out, 0);
      assertThat(out.read())
          .isEqualTo(
              range(
                  64,
                  i -> i % 32 > 9 ? -1 : i < 32 ? 1000 + 4 * i : 1128 + 4 * (i - 32) - 0xCDCDCDCD));
    }
  }

  @Test
  void underASeedCopiesMayHappenEarlier() {
    String body =
        """
        add.u64 %rd5, %rd1, %rd3;
        shl.b32 %r4, %r1, 4;
        add.u32 %r5, %r2, %r4;
        st.shared.u32 [%r5], 5;
        cp.async.cg.shared.global [%r5], [%rd5], 16;
        mov.u32 %r8, 0;
        LOOP:
        add.u32 %r8, %r8, 1;
        setp.lt.u32 %p1, %r8, 40;
        @%p1 bra LOOP;
        ld.shared.u32 %r10, [%r5];
        """;
    boolean early = false;
    for (int seed = 0; seed < 20; seed++) {
      try (Launch launch = new Launch().seed(seed)) {
        Ints in = launch.ints(1024, i -> 1000 + i);
        Ints out = launch.ints(32, i -> -1);
        String text = Launch.module(PARAMETERS, PROLOGUE + body + output("%r10", 0));
        early |= launch.run(text, in, out, 0) != null && out.read()[0] == 1000;
      }
    }
    assertThat(early).isTrue();
  }

  @Test
  void faultsBelongToTheCopy() {
    assertFault(
        "cp.async.cg.shared.global [%r2], [%rd1+4], 16;", LaneFault.Kind.MISALIGNED_ADDRESS);
    assertFault(
        "cp.async.cg.shared.global [%r2+8], [%rd1], 16;", LaneFault.Kind.MISALIGNED_ADDRESS);
    assertFault(
        "cp.async.cg.shared.global [%r2], [%rd1+4096], 16;", LaneFault.Kind.ILLEGAL_ADDRESS);
    assertFault(
        "cp.async.cg.shared.global [%r2+65536], [%rd1], 16;", LaneFault.Kind.ILLEGAL_ADDRESS);
    assertFault(
        "cp.async.ca.shared.global [%r2], [%rd1], 16, %r3;", LaneFault.Kind.ILLEGAL_INSTRUCTION);
  }

  private static void assertFault(String instruction, LaneFault.Kind kind) {
    assertThatThrownBy(() -> run(instruction, 1, 17))
        .isInstanceOfSatisfying(
            SimFault.class,
            fault -> {
              assertThat(fault.kind()).as(fault.getMessage()).isEqualTo(kind);
              assertThat(fault).hasMessageContaining("cp.async");
            });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cp.async.cg.shared.global [%r2], [%rd1], 8;",
        "cp.async.ca.shared.global [%r2], [%rd1], 12;",
        "cp.async.ca.global.shared [%rd1], [%r2], 16, 1, 2;",
        "cp.async.wait_group -1;"
      })
  void wrongFormsAreRefused(String instruction) {
    assertThatThrownBy(() -> run(instruction, 1, 0)).isInstanceOf(PtxException.class);
  }
}
