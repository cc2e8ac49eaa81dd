package dev.kiln.runtime.sim.isa.async;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.SimFault;
import dev.kiln.runtime.sim.exec.Block;
import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.async.Launch.Ints;
import dev.kiln.runtime.sim.monitor.Monitor;
import dev.kiln.runtime.sim.ptx.PtxException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One thread works on barriers, unless a test says otherwise; results are written in order. */
class MbarrierTest {
  private int results;

  /** Appends a word to the output. */
  private String result(String register) {
    return "st.global.u32 [%%rd1+%d], %s;\n".formatted(4 * results++, register);
  }

  /** Appends whether a phase is over. */
  private String test(String kind, String phase) {
    return "mbarrier."
        + kind
        + ".b64 %p1, [%r1], "
        + phase
        + ";\nselp.u32 %r9, 1, 0, %p1;\n"
        + result("%r9");
  }

  /** Appends the number of pending arrivals, which changes nothing that counts. */
  private String pending(String state) {
    return "mbarrier.pending_count.b64 %r8, " + state + ";\n" + result("%r8");
  }

  private static String text(String body) {
    return Launch.module(
        ".param .u64 out",
        """
        ld.param.u64 %rd1, [out];
        mov.u32 %r1, bar;
        mov.u32 %r2, smem;
        mov.u32 %r3, %tid.x;
        setp.ne.u32 %p15, %r3, 0;
        @%p15 bra END;
        """
            + body
            + "END:\n");
  }

  private int[] run(String body) {
    return run(body, null);
  }

  private int[] run(String body, Monitor monitor) {
    try (Launch launch = new Launch().monitor(monitor)) {
      Ints out = launch.ints(64, i -> -1);
      launch.run(text(body), out);
      return Arrays.copyOf(out.read(), results);
    }
  }

  private static void assertMisuse(String body, String message) {
    assertThatThrownBy(() -> new MbarrierTest().run(body))
        .isInstanceOfSatisfying(
            SimFault.class, fault -> assertThat(fault.kind()).isEqualTo(LaneFault.Kind.BARRIER))
        .hasMessageContaining(message);
  }

  @Test
  void aPhaseEndsWithItsLastArrivalAndTheNextBegins() {
    String body =
        "mbarrier.init.shared::cta.b64 [%r1], 3;\n"
            + test("test_wait.parity.shared", "0")
            + test("test_wait.parity.shared", "1") // the phase before the first
            + "mbarrier.arrive.shared.b64 %rd2, [%r1];\n"
            + "mbarrier.arrive.release.cta.shared::cta.b64 %rd3, [%r1], 1;\n"
            + test("try_wait.parity.shared", "0")
            + test("test_wait.shared", "%rd2")
            + "mbarrier.arrive.shared.b64 %rd4, [%r1];\n"
            + test("try_wait.parity.acquire.cta.shared::cta", "0")
            + test("try_wait.parity.shared", "1")
            + test("test_wait.shared", "%rd2")
            + test("try_wait.shared", "%rd4, 1000")
            + "mbarrier.arrive.shared.b64 %rd5, [%r1], 3;\n"
            + test("try_wait.parity.shared", "1")
            + test("try_wait.shared", "%rd5")
            + pending("%rd2")
            + pending("%rd3")
            + pending("%rd4")
            + pending("%rd5");
    assertThat(run(body)).containsExactly(0, 1, 0, 0, 1, 0, 1, 1, 1, 1, 3, 2, 1, 3);
  }

  @Test
  void aPhaseWaitsForItsTransactions() {
    String body =
        "mbarrier.init.shared.b64 [%r1], 1;\n"
            + "mbarrier.arrive.expect_tx.shared.b64 %rd2, [%r1], 4096;\n"
            + test("test_wait.parity.shared", "0")
            + "mbarrier.complete_tx.relaxed.cta.shared::cta.b64 [%r1], 1024;\n"
            + test("test_wait.parity.shared", "0")
            + "mbarrier.expect_tx.relaxed.cta.shared::cta.b64 [%r1], 16;\n"
            + "mbarrier.complete_tx.relaxed.cta.shared::cta.b64 [%r1], 3072;\n"
            + test("test_wait.parity.shared", "0")
            + "mbarrier.complete_tx.shared::cta.b64 [%r1], 16;\n"
            + test("test_wait.parity.shared", "0");
    assertThat(run(body)).containsExactly(0, 0, 0, 1);
  }

  @Test
  void bytesMayComeBeforeTheyAreExpected() {
    String body =
        "mbarrier.init.shared.b64 [%r1], 2;\n"
            + "mbarrier.complete_tx.shared::cta.b64 [%r1], 1048575;\n"
            + "mbarrier.arrive.shared.b64 _, [%r1];\n"
            + test("test_wait.parity.shared", "0")
            + "mbarrier.arrive.expect_tx.release.cta.shared::cta.b64 _, [%r1], 1048575;\n"
            + test("test_wait.parity.shared", "0");
    assertThat(run(body)).containsExactly(0, 1);
  }

  @Test
  void droppingLowersWhatLaterPhasesExpect() {
    String body =
        "mbarrier.init.shared.b64 [%r1], 3;\n"
            + "mbarrier.arrive_drop.shared.b64 %rd2, [%r1];\n"
            + "mbarrier.arrive.noComplete.release.cta.shared::cta.b64 %rd2, [%r1], 1;\n"
            + test("test_wait.parity.shared", "0")
            + "mbarrier.arrive.shared.b64 %rd2, [%r1];\n"
            + test("test_wait.parity.shared", "0")
            + "mbarrier.arrive.shared.b64 %rd3, [%r1];\n"
            + "mbarrier.arrive.shared.b64 %rd4, [%r1];\n"
            + test("test_wait.shared", "%rd3")
            + pending("%rd3")
            + pending("%rd4")
            + "mbarrier.arrive_drop.expect_tx.shared.b64 %rd5, [%r1], 32;\n"
            + "mbarrier.arrive_drop.noComplete.shared.b64 %rd6, [%r1], 1;\n";
    // The last one would end the phase but for the bytes that are expected.
    assertThat(run(body)).containsExactly(0, 1, 1, 2, 1);
  }

  @Test
  void genericAddressesMeanSharedMemory() {
    String body =
        "cvt.u64.u32 %rd8, %r1;\ncvta.shared.u64 %rd9, %rd8;\n"
            + "mbarrier.init.b64 [%rd9], 1;\nmbarrier.arrive.b64 %rd2, [%rd9];\n"
            + test("test_wait.parity.shared", "0")
            + "mbarrier.inval.b64 [%rd9];\n";
    assertThat(run(body)).containsExactly(1);
  }

  @Test
  void lanesArriveOneAfterTheOther() {
    String body =
        """
        ld.param.u64 %rd1, [out];
        mov.u32 %r1, bar;
        mov.u32 %r3, %tid.x;
        setp.eq.u32 %p1, %r3, 0;
        @%p1 mbarrier.init.shared.b64 [%r1], 32;
        bar.warp.sync -1;
        mbarrier.arrive.shared.b64 %rd2, [%r1];
        mbarrier.pending_count.b64 %r4, %rd2;
        mbarrier.test_wait.shared.b64 %p2, [%r1], %rd2;
        selp.u32 %r5, 100, 0, %p2;
        add.u32 %r4, %r4, %r5;
        mul.wide.u32 %rd3, %r3, 4;
        add.u64 %rd3, %rd3, %rd1;
        st.global.u32 [%rd3], %r4;
        """;
    try (Launch launch = new Launch()) {
      Ints out = launch.ints(32, i -> -1);
      launch.run(Launch.module(".param .u64 out", body), out);
      assertThat(out.read()).isEqualTo(Launch.range(32, lane -> 100 + 32 - lane));
    }
  }

  @Test
  void misuseIsAFault() {
    String init = "mbarrier.init.shared.b64 [%r1], 2;\n";
    assertMisuse("mbarrier.arrive.shared.b64 %rd2, [%r1+8];", "not been initialised");
    assertMisuse(
        "st.shared.u64 [%r1], 0;\nmbarrier.arrive.shared.b64 %rd2, [%r1];", "not been initialised");
    assertMisuse(
        init + "mbarrier.inval.shared.b64 [%r1];\nmbarrier.arrive.shared.b64 %rd2, [%r1];",
        "invalidated");
    assertMisuse("mbarrier.init.shared.b64 [%r1], 0;", "1 to 2^20-1");
    assertMisuse("mbarrier.init.shared.b64 [%r1], 1048576;", "1 to 2^20-1");
    assertMisuse(init + "mbarrier.arrive.shared.b64 %rd2, [%r1], 3;", "overrun");
    assertMisuse(init + "mbarrier.arrive.shared.b64 %rd2, [%r1], 0;", "count 0");
    assertMisuse(
        init + "mbarrier.arrive.noComplete.shared.b64 %rd2, [%r1], 2;", "would complete the phase");
    assertMisuse(
        init
            + "mbarrier.expect_tx.shared.b64 [%r1], 1048575;\n"
            + "mbarrier.expect_tx.shared.b64 [%r1], 1;",
        "transaction count would be 1048576");
    assertMisuse(init + "mbarrier.complete_tx.shared.b64 [%r1], 1048576;", "-1048576");
    assertMisuse(init + "mbarrier.test_wait.shared.b64 %p1, [%r1], 12345;", "not a state");
    assertMisuse(init + "mbarrier.try_wait.parity.shared.b64 %p1, [%r1], 2;", "0 or 1");
  }

  @Test
  void wrongAddressesAreFaults() {
    assertThatThrownBy(() -> run("mbarrier.init.shared.b64 [%r1+4], 1;"))
        .isInstanceOfSatisfying(
            SimFault.class,
            fault -> assertThat(fault.kind()).isEqualTo(LaneFault.Kind.MISALIGNED_ADDRESS));
    assertThatThrownBy(() -> run("mbarrier.init.shared.b64 [%r1+32768], 1;"))
        .isInstanceOfSatisfying(
            SimFault.class,
            fault -> assertThat(fault.kind()).isEqualTo(LaneFault.Kind.ILLEGAL_ADDRESS));
    assertThatThrownBy(() -> run("mbarrier.init.b64 [%rd1], 1;"))
        .hasMessageContaining("not in shared memory");
  }

  @Test
  void aWaitThatNobodyEndsIsADeadlock() {
    String body =
        """
        mbarrier.init.shared.b64 [%r1], 2;
        mbarrier.arrive.shared.b64 %rd2, [%r1];
        WAIT: mbarrier.try_wait.shared.b64 %p1, [%r1], %rd2;
        @!%p1 bra WAIT;
        """;
    assertThatThrownBy(() -> run(body))
        .isInstanceOfSatisfying(
            SimFault.class, fault -> assertThat(fault.kind()).isEqualTo(LaneFault.Kind.DEADLOCK));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mbarrier.arrive.shared::cluster.b64 %rd2, [%r1];",
        "mbarrier.test_wait.parity.shared.b64 %p1, [%r1], 0, 5;",
        "mbarrier.test_wait.parity.shared::cluster.b64 %p1, [%r1], 0;",
        "mbarrier.arrive.expect_tx.shared.b64 %rd2, [%r1];",
        "mbarrier.init.shared.b64 [%r1];"
      })
  void wrongFormsAreRefused(String instruction) {
    assertThatThrownBy(() -> run(instruction)).isInstanceOf(PtxException.class);
  }

  @Test
  void theMonitorHearsOfEachEvent() {
    List<String> events = new ArrayList<>();
    Monitor monitor =
        new Monitor() {
          @Override
          public void mbarrier(
              Warp warp, Step step, int lanes, Block owner, long address, MbarrierEvent event) {
            events.add(event + ":" + lanes);
          }
        };
    run(
        "mbarrier.init.shared.b64 [%r1], 1;\n"
            + "mbarrier.expect_tx.shared.b64 [%r1], 16;\n"
            + "mbarrier.complete_tx.shared.b64 [%r1], 16;\n"
            + "mbarrier.arrive.shared.b64 %rd2, [%r1];\n"
            + test("test_wait.shared", "%rd2")
            + test("test_wait.parity.shared", "1")
            + "mbarrier.inval.shared.b64 [%r1];\n",
        monitor);
    assertThat(events)
        .containsExactly(
            "INITIALISES:1",
            "EXPECTS:1",
            "COMPLETES_ASYNC:1",
            "ARRIVES:1",
            "PHASE_COMPLETES:1",
            "WAITED:1",
            "INVALIDATES:1");
  }

  @Test
  void blocksArriveAtEachOthersBarriers() {
    // Each block of 4 waits for the arrivals of the others at its own barrier.
    String body =
        """
        ld.param.u64 %rd1, [out];
        mov.u32 %r3, %tid.x;
        mov.u32 %r4, %cluster_ctarank;
        setp.ne.u32 %p15, %r3, 0;
        @%p15 bra BEGIN;
        mov.u32 %r1, bar;
        mbarrier.init.shared.b64 [%r1], 6;
        fence.mbarrier_init.release.cluster;
        BEGIN:
        barrier.cluster.arrive.aligned;
        barrier.cluster.wait.aligned;
        @%p15 bra END;
        mov.u32 %r5, 0;
        LOOP:
        mapa.shared::cluster.u32 %r6, %r1, %r5;
        add.u32 %r7, %r4, 0;
        setp.eq.u32 %p2, %r5, %r4;
        @%p2 bra NEXT;
        mbarrier.arrive.release.cluster.shared::cluster.b64 _, [%r6], 1;
        mbarrier.arrive.expect_tx.release.cluster.shared::cluster.b64 _, [%r6], 0;
        NEXT:
        add.u32 %r5, %r5, 1;
        setp.lt.u32 %p3, %r5, 4;
        @%p3 bra LOOP;
        WAIT:
        mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 %p4, [%r1], 0;
        @!%p4 bra WAIT;
        mapa.shared::cluster.u32 %r6, %r1, 2;
        getctarank.shared::cluster.u32 %r8, %r6;
        getctarank.shared::cluster.u32 %r9, %r1;
        mul.lo.u32 %r9, %r9, 10;
        add.u32 %r8, %r8, %r9;
        mul.wide.u32 %rd3, %r4, 4;
        add.u64 %rd3, %rd3, %rd1;
        st.global.u32 [%rd3], %r8;
        END:
        barrier.cluster.arrive.aligned;
        barrier.cluster.wait.aligned;
        """;
    try (Launch launch = new Launch().cluster(4)) {
      Ints out = launch.ints(4, i -> -1);
      launch.run(Launch.module(".param .u64 out", body), out);
      assertThat(out.read()).containsExactly(2, 12, 22, 32);
    }
  }
}
