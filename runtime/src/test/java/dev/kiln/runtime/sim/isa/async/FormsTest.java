package dev.kiln.runtime.sim.isa.async;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.PtxModule;
import dev.kiln.runtime.sim.ptx.PtxException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which forms are legal, as ptxas of CUDA 13.0 judges them. */
class FormsTest {
  private static void load(String instruction) {
    String text = Launch.module(".param .align 64 .b8 m[128]", instruction);
    PtxModule module = PtxModule.parse("forms.ptx", text);
    assertThat(module.unsupported()).isEmpty();
    module.program("kernel", variable -> 0, 0);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mbarrier.arrive.release.cluster.shared::cluster.b64 _, [%r1], 2;",
        "mbarrier.arrive.shared.b64 _, [%r1];",
        "mbarrier.arrive.shared::cta.b64 %rd4, [bar];",
        "mbarrier.arrive.b64 %rd4, [%rd3];",
        "mbarrier.arrive.noComplete.shared.b64 %rd4, [%r1], 1;",
        "mbarrier.arrive.relaxed.cluster.shared::cta.b64 %rd4, [%r1];",
        "mbarrier.arrive_drop.expect_tx.relaxed.cta.shared::cta.b64 %rd4, [%r1], 16;",
        "mbarrier.try_wait.parity.relaxed.cluster.shared::cta.b64 %p1, [%r1], 0, 100;",
        "mbarrier.try_wait.shared.b64 %p1, [%rd3], %rd2, 100;",
        "mbarrier.expect_tx.relaxed.cluster.shared::cluster.b64 [%r1], 16;",
        "mbarrier.pending_count.b64 %r4, %rd2;",
        "cp.async.ca.shared.global [%r2], [%rd3], 16, %p1;",
        "cp.async.ca.shared.global [%r2], [%rd3], 16, !%p1;",
        "cp.async.ca.shared.global.L2::cache_hint [%r2], [%rd3], 16, %rd2;",
        "cp.async.ca.shared.global.L2::cache_hint [%r2], [%rd3], 16, %r3, %rd2;",
        "cp.async.ca.shared.global.L2::cache_hint.L2::128B [%r2], [%rd3], 16, %p1, %rd2;",
        "cp.async.cg.shared.global [smem], [%rd3+16], 16;",
        "cp.async.mbarrier.arrive.b64 [%rd3];",
        "cp.async.mbarrier.arrive.noinc.shared::cta.b64 [%r1];",
        "cp.async.bulk.shared::cta.global.mbarrier::complete_tx::bytes [%r2], [%rd3], 16, [%r1];",
        "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.L2::cache_hint"
            + " [%r2], [%rd3], %r3, [%r1], %rd2;",
        "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes.multicast::cluster"
            + ".L2::cache_hint [%r2], [%rd3], %r3, [%r1], %h1, %rd2;",
        "cp.async.bulk.global.shared::cta.bulk_group.L2::cache_hint [%rd3], [%r2], 16, %rd2;",
        "cp.async.bulk.prefetch.L2.global.L2::cache_hint [%rd3], 16, %rd2;",
        "cp.reduce.async.bulk.global.shared::cta.bulk_group.add.noftz.bf16 [%rd3], [%r2], 16;",
        "cp.reduce.async.bulk.global.shared::cta.bulk_group.L2::cache_hint.min.s64"
            + " [%rd3], [%r2], 16, %rd2;",
        "cp.reduce.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes.add.u64"
            + " [%r2], [%r2], 16, [%r1];",
        "cp.async.bulk.tensor.1d.shared::cluster.global.mbarrier::complete_tx::bytes"
            + " [%r2], [%rd1, {1}], [%r1];",
        "cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes"
            + ".multicast::cluster.L2::cache_hint [%r2], [%rd1, {%r3, 0}], [%r1], %h1, %rd2;",
        "cp.async.bulk.tensor.2d.tile.global.shared::cta.bulk_group [%rd1, {%r3, 0}], [%r2];",
        "cp.reduce.async.bulk.tensor.2d.global.shared::cta.add.tile.bulk_group.L2::cache_hint"
            + " [%rd1, {%r3, 0}], [%r2], %rd2;",
        "cp.async.bulk.prefetch.tensor.2d.L2.global.tile.L2::cache_hint [%rd1, {%r3, %r3}], %rd2;",
        "mapa.u64 %rd4, %rd3, %r3;",
        "mapa.shared::cluster.u32 %r4, smem, %r3;",
        "mapa.shared::cluster.u32 %r4, smem+8, 1;",
        "mapa.u32 %r4, %r2, %r3;",
        "getctarank.u64 %r4, %rd3;",
        "tensormap.replace.tile.swizzle_mode.shared::cta.b1024.b32 [%r2], 3;",
        "tensormap.replace.tile.rank.b1024.b32 [%rd3], %r3;",
        "tensormap.replace.tile.box_dim.global.b1024.b32 [%rd3], 1, %r3;"
      })
  void legalFormsAreDecoded(String instruction) {
    load(instruction);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mbarrier.arrive.shared::cluster.b64 [%r1];",
        "cp.async.ca.shared.global [%r2], [%rd3], 16, 8, %rd2;",
        "cp.async.ca.shared::cluster.global [%r2], [%rd3], 16;",
        "cp.async.wait_group %r3;",
        "cp.async.bulk.wait_group.read %r3;",
        "cp.reduce.async.bulk.global.shared::cta.bulk_group.add.f16 [%rd3], [%r2], 16;",
        "cp.reduce.async.bulk.global.shared::cta.bulk_group.add.s64 [%rd3], [%r2], 16;",
        "cp.reduce.async.bulk.shared::cluster.shared::cta.mbarrier::complete_tx::bytes.min.u64"
            + " [%r2], [%r2], 16, [%r1];",
        "cp.async.bulk.tensor.6d.shared::cluster.global.mbarrier::complete_tx::bytes"
            + " [%r2], [%rd1, {1}], [%r1];",
        "mapa.shared::cluster.s32 %r4, %r2, %r3;"
      })
  void otherFormsAreRefused(String instruction) {
    assertThatThrownBy(() -> load(instruction))
        .isInstanceOfAny(PtxException.class, AssertionError.class);
  }
}
