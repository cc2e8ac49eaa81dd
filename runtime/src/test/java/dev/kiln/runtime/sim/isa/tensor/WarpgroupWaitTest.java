package dev.kiln.runtime.sim.isa.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.PtxModule;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimLaunch;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.exec.ExecutorOptions;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WarpgroupWaitTest {
  /** Ones times ones; each warp in its turn clears the matrices once it has waited. */
  private static final String TEXT =
      """
      .version 8.7
      .target sm_90a
      .address_size 64
      .visible .entry kernel(.param .u64 p0, .param .u32 p1) {
        .reg .pred %p<4>;
        .reg .b32 %r<8>, %t, %mine;
        .reg .f32 %f<4>;
        .reg .b64 %d<4>;
        .shared .align 128 .b8 smem[2048];
        mov.u32 %t, %tid.x;
        mov.u32 %r0, smem;
        shl.b32 %r1, %t, 2;
        add.u32 %mine, %r0, %r1;
        st.shared.u32 [%mine], 0x3c003c00;
        st.shared.u32 [%mine+512], 0x3c003c00;
        st.shared.u32 [%mine+1024], 0x3c003c00;
        st.shared.u32 [%mine+1536], 0x3c003c00;
        fence.proxy.async;
        bar.sync 0;
        shr.u32 %r3, %r0, 4;
        cvt.u64.u32 %d1, %r3;
        or.b64 %d1, %d1, 0x0000000800080000;
        wgmma.fence.sync.aligned;
        wgmma.mma_async.sync.aligned.m64n8k16.f32.f16.f16
            {%f0, %f1, %f2, %f3}, %d1, %d1, 0, 1, 1, 0, 0;
        wgmma.commit_group.sync.aligned;
        wgmma.wait_group.sync.aligned 0;
        ld.param.u32 %r4, [p1];
        shr.u32 %r5, %t, 5;
        setp.ne.u32 %p1, %r4, %r5;
        @%p1 bra STORE;
        and.b32 %r6, %t, 31;
        shl.b32 %r6, %r6, 2;
        add.u32 %r6, %r6, %r0;
        mov.u32 %r7, 0;
      CLEAR:
        st.shared.u32 [%r6], 0;
        add.u32 %r6, %r6, 128;
        add.u32 %r7, %r7, 1;
        setp.lt.u32 %p2, %r7, 16;
        @%p2 bra CLEAR;
      STORE:
        ld.param.u64 %d2, [p0];
        cvta.to.global.u64 %d2, %d2;
        mul.wide.u32 %d3, %t, 4;
        add.u64 %d2, %d2, %d3;
        st.global.f32 [%d2], %f0;
        ret;
      }
      """;

  @ParameterizedTest
  @ValueSource(ints = {-1, 1, 2, 3})
  void aWarpThatHasWaitedMayOverwriteWhatTheOthersRead(int seed) {
    double[] expected = new double[128];
    Arrays.fill(expected, 16);
    var order = ExecutorOptions.standard().withThreads(1);
    var options = SimOptions.standard().withExecutor(seed < 0 ? order : order.withSeed(seed));
    try (var device = new SimDevice(options);
        var module = device.load(PtxModule.parse("wait.ptx", TEXT))) {
      for (int warp = 0; warp < 4; warp++) {
        try (NdArray out = NdArray.empty(device, DType.FP32, 128)) {
          module.kernel("kernel").launch(SimLaunch.of(1, 128), out, warp);
          assertThat(out.toDoubles()).as("cleared by warp %d", warp).isEqualTo(expected);
        }
      }
    }
  }
}
