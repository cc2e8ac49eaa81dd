package dev.kiln.runtime.sim.isa.async;

import static dev.kiln.runtime.sim.isa.async.Launch.range;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.SimFault;
import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.isa.async.Launch.Ints;
import dev.kiln.runtime.sim.ptx.PtxException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BulkCopyTest {
  private static final String PARAMETERS = ".param .u64 in, .param .u64 out, .param .u32 n";

  /** %rd1 in, %rd2 out, %r1 lane, %r2 smem, %r3 n, %r4 bar, %p1 lane 0, shared memory is 5s. */
  private static final String PROLOGUE =
      """
      ld.param.u64 %rd1, [in];
      ld.param.u64 %rd2, [out];
      ld.param.u32 %r3, [n];
      mov.u32 %r1, %tid.x;
      mov.u32 %r2, smem;
      mov.u32 %r4, bar;
      mov.u32 %r40, %cluster_ctarank;
      setp.eq.u32 %p1, %r1, 0;
      shl.b32 %r5, %r1, 2;
      add.u32 %r5, %r5, %r2;
      st.shared.u32 [%r5], 5;
      st.shared.u32 [%r5+128], 5;
      mul.wide.u32 %rd3, %r1, 4;
      add.u64 %rd3, %rd3, %rd2;
      @%p1 mbarrier.init.shared.b64 [%r4], 1;
      bar.warp.sync -1;
      """;

  private static final String WAIT =
      """
      WAIT:
      mbarrier.try_wait.parity.shared::cta.b64 %p2, [%r4], 0;
      @!%p2 bra WAIT;
      """;

  private static int[] run(String body, int outputs, int n) {
    try (Launch launch = new Launch()) {
      Ints in = launch.ints(1024, i -> 1000 + i);
      Ints out = launch.ints(32 * outputs, i -> -1);
      launch.run(Launch.module(PARAMETERS, PROLOGUE + body), in, out, n);
      return out.read();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"shared::cluster", "shared::cta"})
  void bytesComeWithTheirBarrierAndNotBefore(String target) {
    String body =
        """
        @%%p1 mbarrier.arrive.expect_tx.shared.b64 _, [%%r4], 128;
        @%%p1 cp.async.bulk.%s.global.mbarrier::complete_tx::bytes [%%r2+16], [%%rd1+64], 128, [%%r4];
        bar.warp.sync -1;
        ld.shared.u32 %%r10, [%%r5];
        %s
        ld.shared.u32 %%r11, [%%r5];
        ld.shared.u32 %%r12, [%%r5+128];
        st.global.u32 [%%rd3], %%r10;
        st.global.u32 [%%rd3+128], %%r11;
        st.global.u32 [%%rd3+256], %%r12;
        """
            .formatted(target, WAIT);
    int[] out = run(body, 3, 0);
    assertThat(Arrays.copyOf(out, 32)).containsOnly(5);
    assertThat(Arrays.copyOfRange(out, 32, 96))
        .isEqualTo(range(64, i -> i >= 4 && i < 36 ? 1016 + i - 4 : 5));
  }

  @Test
  void groupsAreWaitedForInTwoSteps() {
    // The source may be overwritten after wait_group.read; the target shows up after wait_group.
    String body =
        """
        @%p1 cp.async.bulk.global.shared::cta.bulk_group [%rd2+256], [%r2], 128;
        @%p1 cp.async.bulk.commit_group;
        @%p1 cp.async.bulk.global.shared::cta.bulk_group [%rd2+384], [%r2], 128;
        @%p1 cp.async.bulk.commit_group;
        bar.warp.sync -1;
        ld.global.u32 %r10, [%rd3+256];
        st.global.u32 [%rd3], %r10;
        @%p1 cp.async.bulk.wait_group.read 1;
        bar.warp.sync -1;
        st.shared.u32 [%r5], 6;
        ld.global.u32 %r10, [%rd3+256];
        st.global.u32 [%rd3+128], %r10;
        @%p1 cp.async.bulk.wait_group 0;
        """;
    int[] out = run(body, 4, 0);
    assertThat(Arrays.copyOf(out, 64)).containsOnly(-1);
    assertThat(Arrays.copyOfRange(out, 64, 96)).containsOnly(5);
    assertThat(Arrays.copyOfRange(out, 96, 128)).containsOnly(6);
  }

  @Test
  void whatNobodyWaitsForHappensAtTheEnd() {
    String body = "@%p1 cp.async.bulk.global.shared::cta.bulk_group [%rd2], [%r2], 128;\n";
    assertThat(run(body, 1, 0)).containsOnly(5);
  }

  @Test
  void prefetchesDoNothing() {
    assertThat(run("cp.async.bulk.prefetch.L2.global [%rd1], 128;\n", 1, 0)).containsOnly(-1);
  }

  @Test
  void aBlockCopiesIntoAnother() {
    String body =
        """
        xor.b32 %r41, %r40, 1;
        mapa.shared::cluster.u32 %r42, %r2, %r41;
        mapa.shared::cluster.u32 %r43, %r4, %r41;
        add.u32 %r10, %r40, 70;
        st.shared.u32 [%r5], %r10;
        @%p1 mbarrier.arrive.expect_tx.shared.b64 _, [%r4], 128;
        barrier.cluster.arrive.aligned;
        barrier.cluster.wait.aligned;
        @%p1 cp.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes [%r42+128], [%r2], 128, [%r43];
        """
            + WAIT
            + """
            ld.shared.u32 %r11, [%r5+128];
            mul.wide.u32 %rd5, %r40, 128;
            add.u64 %rd5, %rd5, %rd3;
            st.global.u32 [%rd5], %r11;
            barrier.cluster.arrive.aligned;
            barrier.cluster.wait.aligned;
            """;
    try (Launch launch = new Launch().cluster(2)) {
      Ints in = launch.ints(1024, i -> 1000 + i);
      Ints out = launch.ints(64, i -> -1);
      launch.run(Launch.module(PARAMETERS, PROLOGUE + body), in, out, 0);
      assertThat(out.read()).isEqualTo(range(64, i -> i < 32 ? 71 : 70));
    }
  }

  @Test
  void aMulticastReachesTheBlocksOfItsMask() {
    // Block 1 sends to blocks 0 and 2; block 3 gets nothing.
    String body =
        """
        setp.ne.u32 %p3, %r40, 3;
        and.pred %p4, %p1, %p3;
        @%p4 mbarrier.arrive.expect_tx.shared.b64 _, [%r4], 128;
        barrier.cluster.arrive.aligned;
        barrier.cluster.wait.aligned;
        setp.eq.u32 %p5, %r40, 1;
        and.pred %p5, %p5, %p1;
        mov.u16 %h1, 5;
        @%p5 cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster [%r2], [%rd1], 128, [%r4], %h1;
        and.b32 %r44, %r40, 1;
        setp.ne.u32 %p6, %r44, 0;
        @%p6 bra READ;
        """
            + WAIT
            + """
            READ:
            ld.shared.u32 %r11, [%r5];
            mul.wide.u32 %rd5, %r40, 128;
            add.u64 %rd5, %rd5, %rd3;
            st.global.u32 [%rd5], %r11;
            barrier.cluster.arrive.aligned;
            barrier.cluster.wait.aligned;
            """;
    try (Launch launch = new Launch().cluster(4)) {
      Ints in = launch.ints(1024, i -> 1000 + i);
      Ints out = launch.ints(128, i -> -1);
      launch.run(Launch.module(PARAMETERS, PROLOGUE + body), in, out, 0);
      assertThat(out.read())
          .isEqualTo(range(128, i -> i / 32 == 0 || i / 32 == 2 ? 1000 + i % 32 : 5));
    }
  }

  @Test
  void reductionsChangeGlobalMemory() {
    String body =
        """
        st.shared.u32 [%r5], %r1;
        bar.warp.sync -1;
        @%p1 cp.reduce.async.bulk.global.shared::cta.bulk_group.add.u32 [%rd1], [%r2], 128;
        @%p1 cp.reduce.async.bulk.global.shared::cta.bulk_group.add.u32 [%rd1], [%r2], 128;
        @%p1 cp.async.bulk.commit_group;
        ld.global.u32 %r10, [%rd1];
        @%p1 cp.async.bulk.wait_group 0;
        bar.warp.sync -1;
        sub.u64 %rd6, %rd3, %rd2;
        add.u64 %rd6, %rd6, %rd1;
        ld.global.u32 %r11, [%rd6];
        st.global.u32 [%rd3], %r11;
        """;
    assertThat(run(body, 1, 0)).isEqualTo(range(32, i -> 1000 + 3 * i));
  }

  @Test
  void reductionsChangeAnothersSharedMemory() {
    String body =
        """
        mapa.shared::cluster.u32 %r42, %r2, 0;
        mapa.shared::cluster.u32 %r43, %r4, 0;
        add.u32 %r10, %r40, %r1;
        st.shared.u32 [%r5+256], %r10;
        setp.eq.u32 %p3, %r40, 0;
        and.pred %p4, %p1, %p3;
        @%p4 mbarrier.arrive.expect_tx.shared.b64 _, [%r4], 256;
        barrier.cluster.arrive.aligned;
        barrier.cluster.wait.aligned;
        @%p1 cp.reduce.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes.max.s32 [%r42], [%r2+256], 128, [%r43];
        @!%p3 bra END;
        """
            + WAIT
            + """
            ld.shared.u32 %r11, [%r5];
            st.global.u32 [%rd3], %r11;
            END:
            barrier.cluster.arrive.aligned;
            barrier.cluster.wait.aligned;
            """;
    try (Launch launch = new Launch().cluster(2)) {
      Ints in = launch.ints(4, i -> i);
      Ints out = launch.ints(32, i -> -1);
      launch.run(Launch.module(PARAMETERS, PROLOGUE + body), in, out, 0);
      assertThat(out.read()).isEqualTo(range(32, i -> Math.max(5, i + 1)));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%r2], [%rd1], %r3,"
            + " [%r4]; | 24 | ILLEGAL_INSTRUCTION",
        "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%r2+8], [%rd1], %r3,"
            + " [%r4]; | 32 | MISALIGNED_ADDRESS",
        "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%r2], [%rd1+4], %r3,"
            + " [%r4]; | 32 | MISALIGNED_ADDRESS",
        "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%r2], [%rd1+4080], %r3,"
            + " [%r4]; | 32 | ILLEGAL_ADDRESS",
        "cp.async.bulk.global.shared::cta.bulk_group [%rd1], [%r2+65536], %r3; | 32 |"
            + " ILLEGAL_ADDRESS",
        "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%r2], [%rd1], %r3,"
            + " [%r4+8]; | 32 | BARRIER",
        "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster"
            + " [%r2], [%rd1], %r3, [%r4], 2; | 32 | ILLEGAL_ADDRESS"
      })
  void faultsNameTheCopy(String instruction, int n, LaneFault.Kind kind) {
    assertThatThrownBy(() -> run("@%p1 " + instruction, 1, n))
        .isInstanceOfSatisfying(
            SimFault.class,
            fault -> {
              assertThat(fault.kind()).as(fault.getMessage()).isEqualTo(kind);
              assertThat(fault).hasMessageContaining("cp.async.bulk");
            });
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cp.async.bulk.shared::cluster.global.bulk_group [%r2], [%rd1], 32;",
        "cp.async.bulk.global.shared::cta.mbarrier::complete_tx::bytes [%rd1], [%r2], 32, [%r4];",
        "cp.async.bulk.global.shared::cta.bulk_group [%rd1], [%r2], 32, [%r4];",
        "cp.reduce.async.bulk.global.shared::cta.bulk_group.add.f16 [%rd1], [%r2], 32;",
        "cp.reduce.async.bulk.global.shared::cta.bulk_group.min.f32 [%rd1], [%r2], 32;",
        "cp.reduce.async.bulk.global.shared::cta.bulk_group.and.u32 [%rd1], [%r2], 32;",
        "cp.reduce.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes.add.f32"
            + " [%r2], [%r2], 32, [%r4];",
        "clusterlaunchcontrol.try_cancel.async.shared::cta.mbarrier::complete_tx::bytes.b128"
            + " [%r2], [%r4];",
        "setmaxnreg.inc.sync.aligned.u32 20;",
        "setmaxnreg.dec.sync.aligned.u32 100;"
      })
  void wrongFormsAreRefused(String instruction) {
    assertThatThrownBy(() -> run(instruction, 1, 0)).isInstanceOf(PtxException.class);
  }

  @Test
  void registersMayBeGivenUpAndTaken() {
    String body = "setmaxnreg.dec.sync.aligned.u32 24;\nsetmaxnreg.inc.sync.aligned.u32 256;\n";
    assertThat(run(body, 1, 0)).containsOnly(-1);
  }
}
