package dev.kiln.runtime.sim.isa.async;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.sim.TensorMap;
import dev.kiln.runtime.sim.TensorMap.DataType;
import dev.kiln.runtime.sim.TensorMap.Swizzle;
import dev.kiln.runtime.sim.exec.LaunchShape;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.async.Launch.Ints;
import dev.kiln.runtime.sim.memory.Access;
import dev.kiln.runtime.sim.monitor.Monitor;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole pipelines, in the plain order and under random ones. */
class PipelineTest {
  private static final int PLAIN = -1;

  private static Launch launch(int seed) {
    return seed == PLAIN ? new Launch() : new Launch().seed(seed);
  }

  /** Three stages of cp.async: 4 warps sum 16 tiles of 512 ints, each thread 4 of each. */
  private static final String THREE_STAGES =
      """
      ld.param.u64 %rd1, [in];
      ld.param.u64 %rd2, [out];
      mov.u32 %r1, %tid.x;
      mov.u32 %r2, smem;
      shl.b32 %r3, %r1, 4;
      add.u32 %r3, %r3, %r2;
      mul.wide.u32 %rd3, %r1, 16;
      add.u64 %rd3, %rd3, %rd1;
      cp.async.cg.shared.global [%r3], [%rd3], 16;
      cp.async.commit_group;
      cp.async.cg.shared.global [%r3+2048], [%rd3+2048], 16;
      cp.async.commit_group;
      mov.u32 %r4, 0;
      mov.u32 %r5, 0;
      // The thread reads what its neighbour in the next warp has copied.
      add.u32 %r6, %r1, 32;
      and.b32 %r6, %r6, 127;
      shl.b32 %r6, %r6, 4;
      add.u32 %r6, %r6, %r2;
      mov.u32 %r7, 0;
      mov.u32 %r8, 4096;
      LOOP:
      cp.async.wait_group 1;
      bar.sync 0;
      add.u32 %r9, %r4, 2;
      setp.ge.u32 %p1, %r9, 16;
      @%p1 bra NONE;
      mul.wide.u32 %rd4, %r9, 2048;
      add.u64 %rd4, %rd4, %rd3;
      add.u32 %r10, %r3, %r8;
      cp.async.cg.shared.global.L2::128B [%r10], [%rd4], 16;
      NONE:
      cp.async.commit_group;
      add.u32 %r11, %r6, %r7;
      ld.shared.v4.u32 {%r12, %r13, %r14, %r15}, [%r11];
      add.u32 %r5, %r5, %r12;
      mad.lo.u32 %r5, %r13, 3, %r5;
      mad.lo.u32 %r5, %r14, 5, %r5;
      mad.lo.u32 %r5, %r15, 7, %r5;
      add.u32 %r7, %r7, 2048;
      setp.eq.u32 %p2, %r7, 6144;
      selp.u32 %r7, 0, %r7, %p2;
      add.u32 %r8, %r8, 2048;
      setp.eq.u32 %p2, %r8, 6144;
      selp.u32 %r8, 0, %r8, %p2;
      add.u32 %r4, %r4, 1;
      setp.lt.u32 %p3, %r4, 16;
      @%p3 bra LOOP;
      mul.wide.u32 %rd5, %r1, 4;
      add.u64 %rd5, %rd5, %rd2;
      st.global.u32 [%rd5], %r5;
      """;

  @ParameterizedTest
  @ValueSource(ints = {PLAIN, 1, 2, 3, 4, 5, 6, 7, 8})
  void threeStagesOfCopies(int seed) {
    assertThat(threeStages(THREE_STAGES, seed)).isEqualTo(expectedSums());
  }

  @Test
  void aListenerChangesNothingAndHearsOfEachOperation() {
    Set<Long> pending = new HashSet<>();
    int[] heard = new int[3];
    Monitor monitor =
        new Monitor() {
          @Override
          public void asyncBegins(AsyncOperation operation) {
            heard[0]++;
            assertThat(operation.agent()).isEqualTo(Access.Agent.COPY);
            assertThat(pending.add(operation.number())).isTrue();
          }

          @Override
          public void accesses(Access access) {
            heard[1] += access.agent == Access.Agent.COPY ? Integer.bitCount(access.mask) : 0;
          }

          @Override
          public void asyncEnds(AsyncOperation operation) {
            assertThat(pending.remove(operation.number())).isTrue();
          }

          @Override
          public void asyncAwaited(AsyncOperation operation, Warp warp, Step step, int lanes) {
            assertThat(lanes).isEqualTo(Warp.FULL);
            heard[2]++;
          }
        };
    try (Launch launch = new Launch().monitor(monitor)) {
      Ints in = launch.ints(16 * 512, PipelineTest::value);
      Ints out = launch.ints(128, i -> -1);
      launch
          .shape(LaunchShape.of(1, 128))
          .run(Launch.module(".param .u64 in, .param .u64 out", THREE_STAGES), in, out);
      assertThat(out.read()).isEqualTo(expectedSums());
    }
    assertThat(pending).isEmpty();
    assertThat(heard).containsExactly(16 * 4, 16 * 128 * 2, 16 * 4);
  }

  @ParameterizedTest
  @ValueSource(ints = {PLAIN, 1})
  void aWaitThatLeavesOneGroupTooManyGivesWrongSums(int seed) {
    String wrong = THREE_STAGES.replace("wait_group 1", "wait_group 2");
    assertThat(threeStages(wrong, seed)).isNotEqualTo(expectedSums());
  }

  private static int value(int index) {
    return index * 0x9E3779B1 >>> 7;
  }

  private static int[] expectedSums() {
    int[] expected = new int[128];
    for (int thread = 0; thread < 128; thread++) {
      for (int tile = 0; tile < 16; tile++) {
        for (int i = 0; i < 4; i++) {
          int index = tile * 512 + (thread + 32) % 128 * 4 + i;
          expected[thread] += value(index) * (2 * i + 1);
        }
      }
    }
    return expected;
  }

  private static int[] threeStages(String body, int seed) {
    try (Launch launch = launch(seed)) {
      Ints in = launch.ints(16 * 512, PipelineTest::value);
      Ints out = launch.ints(128, i -> -1);
      launch
          .shape(LaunchShape.of(1, 128))
          .run(Launch.module(".param .u64 in, .param .u64 out", body), in, out);
      return out.read();
    }
  }

  /**
   * A producer warp loads tiles of 8 rows of 64 halves by TMA into a ring of 4; the other warps
   * copy them, unswizzled, to another ring of 2, from which the producer's partner stores them with
   * TMA to a second tensor.
   */
  private static final String PRODUCER =
      """
      mov.b64 %rd1, source;
      cvta.param.u64 %rd1, %rd1;
      mov.u32 %r1, %tid.x;
      shr.u32 %r2, %r1, 5;
      and.b32 %r3, %r1, 31;
      mov.u32 %r4, smem;
      mov.u32 %r5, bar;
      setp.ne.u32 %p1, %r1, 0;
      @%p1 bra READY;
      mov.u32 %r6, 0;
      INIT:
      shl.b32 %r7, %r6, 3;
      add.u32 %r7, %r7, %r5;
      mbarrier.init.shared::cta.b64 [%r7], 1;
      mbarrier.init.shared::cta.b64 [%r7+32], 32;
      add.u32 %r6, %r6, 1;
      setp.lt.u32 %p2, %r6, 4;
      @%p2 bra INIT;
      fence.mbarrier_init.release.cluster;
      READY:
      bar.sync 0;
      mov.u32 %r6, 0;
      setp.ne.u32 %p3, %r2, 0;
      @%p3 bra CONSUMER;

      setmaxnreg.dec.sync.aligned.u32 24;
      setp.ne.u32 %p4, %r3, 0;
      @%p4 bra END;
      PRODUCE:
      and.b32 %r7, %r6, 3;
      shl.b32 %r8, %r7, 3;
      add.u32 %r8, %r8, %r5;
      shr.u32 %r9, %r6, 2;
      and.b32 %r9, %r9, 1;
      xor.b32 %r9, %r9, 1;
      EMPTY:
      mbarrier.try_wait.parity.shared::cta.b64 %p5, [%r8+32], %r9;
      @!%p5 bra EMPTY;
      mbarrier.arrive.expect_tx.shared::cta.b64 _, [%r8], 1024;
      shl.b32 %r10, %r7, 10;
      add.u32 %r10, %r10, %r4;
      shl.b32 %r11, %r6, 3;
      cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes [%r10], [%rd1, {0, %r11}], [%r8];
      add.u32 %r6, %r6, 1;
      setp.lt.u32 %p6, %r6, 20;
      @%p6 bra PRODUCE;
      bra END;

      CONSUMER:
      mov.b64 %rd2, target;
      cvta.param.u64 %rd2, %rd2;
      CONSUME:
      and.b32 %r7, %r6, 3;
      shl.b32 %r8, %r7, 3;
      add.u32 %r8, %r8, %r5;
      shr.u32 %r9, %r6, 2;
      and.b32 %r9, %r9, 1;
      FULL:
      mbarrier.try_wait.parity.shared::cta.b64 %p5, [%r8], %r9;
      @!%p5 bra FULL;
      // Lane l moves chunks l and l + 32 of the tile: row = chunk / 8, column = chunk % 8.
      shl.b32 %r10, %r7, 10;
      add.u32 %r10, %r10, %r4;
      shr.u32 %r12, %r3, 3;
      and.b32 %r13, %r3, 7;
      xor.b32 %r14, %r13, %r12;
      shl.b32 %r15, %r12, 7;
      shl.b32 %r16, %r14, 4;
      add.u32 %r16, %r16, %r15;
      add.u32 %r16, %r16, %r10;
      ld.shared.v4.u32 {%r20, %r21, %r22, %r23}, [%r16];
      xor.b32 %r14, %r14, 4;
      shl.b32 %r16, %r14, 4;
      add.u32 %r16, %r16, %r15;
      add.u32 %r16, %r16, %r10;
      ld.shared.v4.u32 {%r24, %r25, %r26, %r27}, [%r16+512];
      mbarrier.arrive.shared::cta.b64 %rd9, [%r8+32];
      // At most one store may still read its half of the second ring.
      cp.async.bulk.wait_group.read 1;
      bar.warp.sync -1;
      and.b32 %r17, %r6, 1;
      shl.b32 %r17, %r17, 10;
      add.u32 %r17, %r17, %r4;
      shl.b32 %r18, %r3, 4;
      add.u32 %r18, %r18, %r17;
      st.shared.v4.u32 [%r18+4096], {%r20, %r21, %r22, %r23};
      st.shared.v4.u32 [%r18+4608], {%r24, %r25, %r26, %r27};
      fence.proxy.async.shared::cta;
      bar.warp.sync -1;
      add.u32 %r17, %r17, 4096;
      shl.b32 %r11, %r6, 3;
      setp.eq.u32 %p7, %r3, 0;
      @%p7 cp.async.bulk.tensor.2d.global.shared::cta.tile.bulk_group [%rd2, {0, %r11}], [%r17];
      @%p7 cp.async.bulk.commit_group;
      add.u32 %r6, %r6, 1;
      setp.lt.u32 %p6, %r6, 20;
      @%p6 bra CONSUME;
      @%p7 cp.async.bulk.wait_group 0;
      END:
      """;

  @ParameterizedTest
  @ValueSource(ints = {PLAIN, 1, 2, 3, 4, 5, 6, 7, 8})
  void aProducerFeedsAConsumerThroughARing(int seed) {
    Ring ring = ring(PRODUCER, seed);
    assertThat(ring.target).isEqualTo(ring.source);
  }

  @ParameterizedTest
  @ValueSource(ints = {PLAIN, 1, 2})
  void aStoreWhoseSourceIsOverwrittenShows(int seed) {
    Ring ring = ring(PRODUCER.replace("wait_group.read 1", "wait_group.read 3"), seed);
    assertThat(ring.target).isNotEqualTo(ring.source);
  }

  private record Ring(int[] source, int[] target) {}

  private static Ring ring(String body, int seed) {
    int rows = 160;
    try (Launch launch = launch(seed)) {
      Ints source = launch.ints(rows * 32, PipelineTest::value);
      Ints target = launch.ints(rows * 32, i -> -1);
      TensorMap.Builder from =
          TensorMap.tiled(DataType.FLOAT16, source.address(), 64, rows)
              .box(64, 8)
              .swizzle(Swizzle.BYTES_128);
      TensorMap.Builder to =
          TensorMap.tiled(DataType.FLOAT16, target.address(), 64, rows).box(64, 8);
      launch
          .shape(LaunchShape.of(1, 64))
          .run(
              Launch.module(
                  ".param .align 64 .b8 source[128], .param .align 64 .b8 target[128]", body),
              from.build(),
              to.build());
      return new Ring(source.read(), target.read());
    }
  }

  /**
   * Each of 4 blocks loads a quarter of each tile and multicasts it to all; all sum all tiles. An
   * empty barrier that all blocks arrive at keeps a fast block from overwriting a slow one's tile.
   */
  private static final String MULTICAST =
      """
      mov.b64 %rd1, source;
      cvta.param.u64 %rd1, %rd1;
      ld.param.u64 %rd2, [out];
      mov.u32 %r1, %tid.x;
      mov.u32 %r2, %cluster_ctarank;
      mov.u32 %r4, smem;
      mov.u32 %r5, bar;
      setp.eq.u32 %p1, %r1, 0;
      @%p1 mbarrier.init.shared::cta.b64 [%r5], 1;
      @%p1 mbarrier.init.shared::cta.b64 [%r5+8], 4;
      @%p1 fence.mbarrier_init.release.cluster;
      barrier.cluster.arrive.aligned;
      barrier.cluster.wait.aligned;
      mov.u32 %r6, 0;
      mov.u32 %r20, 0;
      mov.u16 %h1, 15;
      shl.b32 %r7, %r2, 7;
      add.u32 %r7, %r7, %r4;
      LOOP:
      and.b32 %r9, %r6, 1;
      xor.b32 %r10, %r9, 1;
      EMPTY:
      mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 %p2, [%r5+8], %r10;
      @!%p2 bra EMPTY;
      @%p1 mbarrier.arrive.expect_tx.shared::cta.b64 _, [%r5], 512;
      shl.b32 %r11, %r6, 2;
      add.u32 %r11, %r11, %r2;
      @%p1 cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes.multicast::cluster [%r7], [%rd1, {0, %r11}], [%r5], %h1;
      FULL:
      mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 %p2, [%r5], %r9;
      @!%p2 bra FULL;
      shl.b32 %r12, %r1, 4;
      add.u32 %r12, %r12, %r4;
      ld.shared.v4.u32 {%r13, %r14, %r15, %r16}, [%r12];
      mad.lo.u32 %r20, %r20, 31, %r13;
      mad.lo.u32 %r20, %r20, 31, %r14;
      mad.lo.u32 %r20, %r20, 31, %r15;
      mad.lo.u32 %r20, %r20, 31, %r16;
      bar.warp.sync -1;
      // Lanes 0 to 3 tell the four blocks that this one has read its tile.
      setp.lt.u32 %p3, %r1, 4;
      mapa.shared::cluster.u32 %r17, %r5, %r1;
      @%p3 mbarrier.arrive.release.cluster.shared::cluster.b64 _, [%r17+8];
      add.u32 %r6, %r6, 1;
      setp.lt.u32 %p4, %r6, 10;
      @%p4 bra LOOP;
      mul.wide.u32 %rd3, %r1, 4;
      add.u64 %rd3, %rd3, %rd2;
      mul.wide.u32 %rd4, %r2, 128;
      add.u64 %rd3, %rd3, %rd4;
      st.global.u32 [%rd3], %r20;
      barrier.cluster.arrive.aligned;
      barrier.cluster.wait.aligned;
      """;

  @ParameterizedTest
  @ValueSource(ints = {PLAIN, 1, 2, 3, 4, 5, 6, 7, 8})
  void aClusterSharesItsTiles(int seed) {
    int[] expected = new int[128];
    for (int i = 0; i < 128; i++) {
      for (int tile = 0; tile < 10; tile++) {
        for (int j = 0; j < 4; j++) {
          expected[i] = expected[i] * 31 + value(tile * 128 + i % 32 * 4 + j);
        }
      }
    }
    try (Launch launch = launch(seed).cluster(4)) {
      Ints source = launch.ints(40 * 32, PipelineTest::value);
      Ints out = launch.ints(128, i -> -1);
      TensorMap map = TensorMap.tiled(DataType.INT32, source.address(), 32, 40).box(32, 1).build();
      launch.run(
          Launch.module(".param .align 64 .b8 source[128], .param .u64 out", MULTICAST), map, out);
      assertThat(Arrays.copyOf(out.read(), 128)).isEqualTo(expected);
    }
  }
}
