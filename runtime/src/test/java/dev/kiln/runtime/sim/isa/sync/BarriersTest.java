package dev.kiln.runtime.sim.isa.sync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.PtxModule;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimLaunch;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.exec.ExecutorOptions;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Barriers of blocks and clusters, as PTX uses them. */
class BarriersTest {
  /** An entry that stores {@code %r0} of each thread of the grid; {@code %t} is its number. */
  private static String storing(String directives, String body) {
    return """
    .version 9.0
    .target sm_90
    .address_size 64
    .visible .entry k(.param .u64 out, .param .u32 n)
    """
        + directives
        + """
        {
          .shared .align 16 .b32 s[256];
          .reg .pred %p<8>;
          .reg .b32 %r<20>;
          .reg .b32 %t;
          .reg .b32 %n;
          .reg .b64 %rd<4>;
          mov.u32 %t, %tid.x;
          ld.param.u32 %n, [n];
        """
        + body
        + """
          mov.u32 %r18, %ctaid.x;
          mov.u32 %r19, %ntid.x;
          mad.lo.u32 %r18, %r18, %r19, %t;
          ld.param.u64 %rd1, [out];
          mul.wide.u32 %rd2, %r18, 4;
          add.u64 %rd1, %rd1, %rd2;
          st.global.u32 [%rd1], %r0;
          ret;
        }
        """;
  }

  private static int[] run(String text, SimLaunch shape, int n, long seed) {
    ExecutorOptions executor = ExecutorOptions.standard();
    SimOptions options =
        SimOptions.standard().withExecutor(seed < 0 ? executor : executor.withSeed(seed));
    try (SimDevice device = new SimDevice(options)) {
      int threads = 1024;
      NdArray out = NdArray.of(device, new int[threads], threads);
      device.load(PtxModule.parse("k.ptx", text)).kernel("k").launch(shape, out, n);
      return IntStream.range(0, threads).map(i -> (int) out.toLongs()[i]).toArray();
    }
  }

  private static int[] run(String body, int threads, int n, long seed) {
    int[] all = run(storing("", body), SimLaunch.of(1, threads), n, seed);
    return IntStream.range(0, threads).map(i -> all[i]).toArray();
  }

  /** The first {@code n} threads have a true predicate. */
  @ParameterizedTest
  @CsvSource({"96,0", "96,1", "96,33", "96,95", "96,96", "100,98", "100,100", "7,3"})
  void reductionsCountAndCombineThePredicatesOfTheBlock(int threads, int n) {
    int[] results =
        run(
            """
              setp.lt.u32 %p1, %t, %n;
              bar.red.popc.u32 %r1, 0, %p1;
              bar.red.popc.u32 %r2, 0, !%p1;
              barrier.red.and.pred %p2, 1, %p1;
              barrier.cta.red.or.aligned.pred %p3, 15, %p1;
              bar.cta.red.and.pred %p4, 2, !%p1;
              selp.u32 %r3, 1, 0, %p2;
              selp.u32 %r4, 2, 0, %p3;
              selp.u32 %r5, 4, 0, %p4;
              shl.b32 %r0, %r1, 8;
              add.u32 %r0, %r0, %r2;
              shl.b32 %r0, %r0, 8;
              add.u32 %r0, %r0, %r3;
              add.u32 %r0, %r0, %r4;
              add.u32 %r0, %r0, %r5;
            """,
            threads, n, -1);
    int flags = (n == threads ? 1 : 0) + (n > 0 ? 2 : 0) + (n == 0 ? 4 : 0);
    assertThat(results).containsOnly(n << 16 | threads - n << 8 | flags);
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 1, 2, 3})
  void reductionsOfNamedBarriersConcernTheirThreadsAlone(long seed) {
    int[] results =
        run(
            """
              setp.lt.u32 %p1, %t, %n;
              shr.u32 %r1, %t, 6;
              add.u32 %r1, %r1, 5;
              mov.u32 %r2, 64;
              barrier.red.popc.u32 %r0, %r1, %r2, %p1;
              bar.red.and.pred %p2, %r1, 64, %p1;
              bar.red.or.pred %p3, %r1, 64, %p1;
              @%p2 add.u32 %r0, %r0, 1000;
              @%p3 add.u32 %r0, %r0, 2000;
            """,
            192, 70, seed);
    assertThat(IntStream.range(0, 64).map(i -> results[i]).toArray()).containsOnly(3064);
    assertThat(IntStream.range(64, 128).map(i -> results[i]).toArray()).containsOnly(2006);
    assertThat(IntStream.range(128, 192).map(i -> results[i]).toArray()).containsOnly(0);
  }

  /** The lanes of a warp need not be together at {@code barrier}. */
  @ParameterizedTest
  @ValueSource(longs = {-1, 1, 2})
  void lanesThatComeApartAreCountedOnce(long seed) {
    int[] results =
        run(
            """
              setp.lt.u32 %p1, %t, %n;
              and.b32 %r1, %t, 1;
              setp.eq.u32 %p2, %r1, 0;
              @%p2 bra even;
              barrier.red.popc.u32 %r0, 0, %p1;
              bra joined;
            even:
              barrier.red.popc.u32 %r0, 0, %p1;
            joined:
            """,
            64, 41, seed);
    assertThat(results).containsOnly(41);
  }

  /** Threads that have exited neither hold a barrier up nor count. */
  @Test
  void exitedThreadsDoNotCount() {
    int[] results =
        run(
            """
              setp.ge.u32 %p1, %t, %n;
              @%p1 exit;
              bar.red.popc.u32 %r0, 0, 1;
              bar.red.and.pred %p2, 0, 1;
              @%p2 add.u32 %r0, %r0, 100;
            """,
            128, 40, -1);
    assertThat(IntStream.range(0, 40).map(i -> results[i]).toArray()).containsOnly(140);
  }

  /**
   * Two warps fill a buffer of two stages for two others: one named barrier says that a stage is
   * full, another that it is empty.
   */
  @ParameterizedTest
  @ValueSource(longs = {-1, 1, 2, 3, 4, 5})
  void producersAndConsumersMeetAtNamedBarriers(long seed) {
    int[] results =
        run(
            """
              mov.u32 %r0, 0;
              mov.u32 %r1, 0;
              and.b32 %r2, %t, 63;
              mov.u32 %r3, s;
              mad.lo.u32 %r3, %r2, 4, %r3;
              setp.ge.u32 %p1, %t, 64;
              @%p1 bra consume;
            produce:
              and.b32 %r4, %r1, 1;
              shl.b32 %r5, %r4, 8;
              add.u32 %r5, %r3, %r5;
              add.u32 %r6, %r4, 3;
              bar.sync %r6, 128;
              mad.lo.u32 %r7, %r1, 1000, %t;
              st.shared.u32 [%r5], %r7;
              add.u32 %r6, %r4, 1;
              bar.arrive %r6, 128;
              add.u32 %r1, %r1, 1;
              setp.lt.u32 %p2, %r1, %n;
              @%p2 bra produce;
              bra done;
            consume:
              bar.arrive 3, 128;
              bar.arrive 4, 128;
            next:
              and.b32 %r4, %r1, 1;
              shl.b32 %r5, %r4, 8;
              add.u32 %r5, %r3, %r5;
              add.u32 %r6, %r4, 1;
              bar.sync %r6, 128;
              ld.shared.u32 %r7, [%r5];
              add.u32 %r0, %r0, %r7;
              add.u32 %r1, %r1, 1;
              add.u32 %r8, %r1, 1;
              setp.ge.u32 %p3, %r8, %n;
              add.u32 %r6, %r4, 3;
              @%p3 bra skip;
              bar.arrive %r6, 128;
            skip:
              setp.lt.u32 %p2, %r1, %n;
              @%p2 bra next;
            done:
            """,
            128, 6, seed);
    int rounds = IntStream.range(0, 6).map(i -> 1000 * i).sum();
    for (int i = 0; i < 64; i++) {
      assertThat(results[64 + i]).isEqualTo(rounds + 6 * i);
    }
  }

  private static final String READS_NEIGHBOUR =
      """
        mov.u32 %r1, %cluster_ctarank;
        mov.u32 %r2, %ctaid.x;
        mad.lo.u32 %r3, %r2, 100, %t;
        mov.u32 %r4, s;
        mad.lo.u32 %r4, %t, 4, %r4;
        st.shared.u32 [%r4], %r3;
        barrier.cluster.arrive.release;
        mov.u32 %r5, %cluster_nctarank;
        add.u32 %r6, %r1, 1;
        rem.u32 %r6, %r6, %r5;
        mapa.shared::cluster.u32 %r7, %r4, %r6;
        barrier.cluster.wait.acquire;
        ld.shared::cluster.u32 %r0, [%r7];
        barrier.cluster.arrive.relaxed.aligned;
        barrier.cluster.wait.aligned;
      """;

  @ParameterizedTest
  @ValueSource(longs = {-1, 1, 2, 3})
  void blocksOfAClusterMeetAtItsBarrier(long seed) {
    int[] results =
        run(storing(".reqnctapercluster 4, 1, 1\n", READS_NEIGHBOUR), SimLaunch.of(8, 40), 0, seed);
    for (int block = 0; block < 8; block++) {
      int neighbour = block / 4 * 4 + (block + 1) % 4;
      for (int i = 0; i < 40; i++) {
        assertThat(results[40 * block + i]).isEqualTo(100 * neighbour + i);
      }
    }
  }

  @Test
  void waitingForAClusterWithoutAnArrivalIsAFault() {
    String text =
        storing(
            ".reqnctapercluster 2, 1, 1\n",
            """
              barrier.cluster.wait;
            """);
    assertThatThrownBy(() -> run(text, SimLaunch.of(2, 32), 0, -1))
        .hasMessageContaining("barrier.cluster");
  }

  @Test
  void blocksThatExitAreNotWaitedForAtAClustersBarrier() {
    String text =
        storing(
            ".reqnctapercluster 2, 1, 1\n",
            """
              mov.u32 %r1, %ctaid.x;
              setp.eq.u32 %p1, %r1, 1;
              @%p1 exit;
              barrier.cluster.arrive;
              barrier.cluster.wait;
              mov.u32 %r0, 7;
            """);
    int[] results = run(text, SimLaunch.of(2, 32), 0, -1);
    assertThat(IntStream.range(0, 32).map(i -> results[i]).toArray()).containsOnly(7);
  }
}
