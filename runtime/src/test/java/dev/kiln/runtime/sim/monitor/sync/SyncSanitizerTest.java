package dev.kiln.runtime.sim.monitor.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.sim.PtxModule;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimLaunch;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.SimReport;
import dev.kiln.runtime.sim.monitor.Sanitizer;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Mostly of what is allowed, though it looks odd; faults are in the suite of planted ones. */
class SyncSanitizerTest {
  private static final String KERNEL =
      """
      .version 8.0
      .target sm_90a
      .address_size 64
      .visible .entry k(.param .u64 data)
      {
        .reg .pred %p<4>;
        .reg .b32 %r<16>;
        .reg .f32 %f<8>;
        .reg .b64 %rd<4>;
        .shared .align 128 .b8 tile[1024];
        .shared .align 8 .b64 barrier;
        ld.param.u64 %rd1, [data];
        mov.u32 %r1, %tid.x;
        mov.u32 %r2, tile;
        mov.u32 %r3, barrier;
        BODY
        ret;
      }
      """;

  private static SimReport run(String body, int threads, Grid cluster) {
    SimOptions options = SimOptions.standard().withSanitizers(EnumSet.of(Sanitizer.SYNC));
    try (SimDevice device = new SimDevice(options)) {
      Buffer data = device.allocate(1024);
      data.fill((byte) 0);
      return device
          .load(PtxModule.parse("k.ptx", KERNEL.replace("BODY", body)))
          .kernel("k")
          .launch(new SimLaunch(cluster, Grid.of(threads), 0, Optional.of(cluster)), data);
    }
  }

  private static List<String> findings(String body, int threads) {
    return run(body, threads, Grid.of(1)).findings().all().stream()
        .map(counted -> counted.finding().what())
        .toList();
  }

  @Test
  void threadsMayExitBeforeTheBarrierThatOthersWaitAt() {
    assertThat(
            findings(
                """
                setp.ge.u32 %p1, %r1, 20;
                @%p1 exit;
                bar.sync 0;
                barrier.sync 1;
                """,
                48))
        .isEmpty();
  }

  @Test
  void barriersThatAreNotAlignedMayBeReachedBySomeLanes() {
    assertThat(
            findings(
                """
                setp.lt.u32 %p1, %r1, 16;
                @%p1 bra $low;
                barrier.sync 0;
                bra.uni $end;
                $low:
                barrier.sync 0;
                $end:
                """,
                32))
        .isEmpty();
  }

  @Test
  void masksMayNameLanesThatExitedOrNeverWere() {
    assertThat(
            findings(
                """
                setp.eq.u32 %p1, %r1, 19;
                @%p1 exit;
                bar.warp.sync 0xffffffff;
                vote.sync.any.pred %p2, %p1, 0xffffffff;
                """,
                20))
        .isEmpty();
  }

  @Test
  void groupsOfLanesMayShuffleWithMasksOfTheirOwn() {
    assertThat(
            findings(
                """
                and.b32 %r4, %r1, 24;
                mov.u32 %r5, 255;
                shl.b32 %r5, %r5, %r4;
                shfl.sync.down.b32 %r6, %r1, 4, 6175, %r5;
                """,
                32))
        .isEmpty();
  }

  @Test
  void aWaitForAnOlderGroupMayComeBeforeTheCommit() {
    assertThat(
            findings(
                """
                cp.async.ca.shared.global [%r2], [%rd1], 16;
                cp.async.commit_group;
                cp.async.ca.shared.global [%r2+16], [%rd1], 16;
                cp.async.wait_group 1;
                cp.async.commit_group;
                cp.async.wait_group 0;
                cp.async.ca.shared.global [%r2+16], [%rd1], 16;
                cp.async.wait_all;
                cp.async.commit_group;
                """,
                1))
        .isEmpty();
  }

  @Test
  void anMbarrierMayTrackCopiesInsteadOfAGroup() {
    assertThat(
            findings(
                """
                mbarrier.init.shared.b64 [%r3], 1;
                cp.async.ca.shared.global [%r2], [%rd1], 16;
                cp.async.mbarrier.arrive.noinc.shared.b64 [%r3];
                $wait:
                mbarrier.try_wait.parity.shared.b64 %p1, [%r3], 0;
                @!%p1 bra $wait;
                """,
                1))
        .isEmpty();
  }

  @Test
  void aBulkCopyThatAnMbarrierTracksNeedsNoGroup() {
    assertThat(
            findings(
                """
                mbarrier.init.shared.b64 [%r3], 1;
                mov.u32 %r4, 64;
                mbarrier.arrive.expect_tx.shared.b64 _, [%r3], %r4;
                cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%r2], [%rd1], %r4, [%r3];
                $wait:
                mbarrier.try_wait.parity.shared.b64 %p1, [%r3], 0;
                @!%p1 bra $wait;
                """,
                1))
        .isEmpty();
  }

  @Test
  void sharedMemoryBesideAnMbarrierMayBeWritten() {
    assertThat(
            findings(
                """
                mbarrier.init.shared.b64 [%r3], 1;
                mbarrier.init.shared.b64 [%r2+64], 1;
                st.shared.u64 [%r2+56], %rd1;
                st.shared.u32 [%r2+72], %r1;
                mbarrier.inval.shared.b64 [%r2+64];
                st.shared.u32 [%r2+64], %r1;
                mbarrier.init.shared.b64 [%r2+128], 1;
                """,
                1))
        .isEmpty();
  }

  @Test
  void warpsOfDifferentWarpgroupsMayChangeTheirRegistersDifferently() {
    assertThat(
            findings(
                """
                setp.lt.u32 %p1, %r1, 128;
                @%p1 bra $producer;
                setmaxnreg.inc.sync.aligned.u32 232;
                bra.uni $end;
                $producer:
                setmaxnreg.dec.sync.aligned.u32 40;
                $end:
                """,
                256))
        .isEmpty();
  }

  @Test
  void aClusterArrivalMayHaveItsWaitMuchLater() {
    String body =
        """
        barrier.cluster.arrive.relaxed.aligned;
        bar.sync 0;
        barrier.cluster.wait.aligned;
        barrier.cluster.arrive.aligned;
        barrier.cluster.wait.aligned;
        """;
    assertThat(run(body, 64, Grid.of(2)).findings().all()).isEmpty();
  }

  @Test
  void aFindingNamesInstructionsLinesAndThreads() {
    SimReport report =
        run(
            """
            mbarrier.init.shared.b64 [%r3], 1;
            st.shared.u32 [%r3], %r1;
            """,
            1, Grid.of(1));
    assertThat(report.findings().text())
        .isEqualTo(
            """
            sync: writes 4 bytes at shared address 0x400 over the mbarrier at 0x400, which is in use
              at st.shared.u32 [%r3], %r1 (k.ptx:17)
              in k, block (0, 0, 0), warp 0, lane 0, thread (0, 0, 0)
            and
              at mbarrier.init.shared.b64 [%r3], 1 (k.ptx:16)
              in k, block (0, 0, 0), warp 0, lane 0, thread (0, 0, 0)
            """);
  }
}
