package dev.kiln.runtime.sim.monitor.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.sim.PtxModule;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimLaunch;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.monitor.Findings;
import java.util.List;
import org.junit.jupiter.api.Test;

class InitSanitizerTest {
  private static final String KERNEL =
      """
      .version 8.0
      .target sm_80
      .address_size 64
      .visible .entry copy(.param .u64 source, .param .u64 target)
      {
        .reg .b64 %rd<4>;
        .reg .b32 %r<4>;
        .shared .align 4 .b8 tile[128];
        .local .align 4 .b8 frame[8];
        ld.param.u64 %rd1, [source];
        ld.param.u64 %rd2, [target];
        mov.u32 %r1, %tid.x;
        mul.wide.u32 %rd3, %r1, 4;
        add.s64 %rd1, %rd1, %rd3;
        add.s64 %rd2, %rd2, %rd3;
        ld.global.u32 %r2, [%rd1];
        st.global.u32 [%rd2], %r2;
        BODY
        ret;
      }
      """;

  private static List<String> findings(String body, int written) {
    Findings findings = new Findings();
    SimOptions options =
        SimOptions.standard()
            .withTrackedWrites()
            .watchedBy((program, grid) -> thread -> new InitSanitizer(findings));
    try (SimDevice device = new SimDevice(options)) {
      Buffer source = device.allocate(128);
      Buffer target = device.allocate(128);
      source.slice(0, written).fill((byte) 1);
      device
          .load(PtxModule.parse("copy.ptx", KERNEL.replace("BODY", body)))
          .kernel("copy")
          .launch(SimLaunch.of(Grid.of(1), Grid.of(32)), source, target);
    }
    return findings.all().stream()
        .map(f -> f.finding().where().thread() + " " + f.finding().what())
        .toList();
  }

  @Test
  void readingWhatWasWrittenIsNoFinding() {
    assertThat(
            findings(
                "st.shared.u32 [tile], %r2; ld.shared.u16 %r3, [tile+2];"
                    + "st.local.u32 [frame+4], %r2; ld.local.u32 %r3, [frame+4];"
                    + "ld.global.u32 %r3, [%rd2];",
                128))
        .isEmpty();
  }

  @Test
  void unwrittenGlobalMemoryIsFoundWithTheFirstLane() {
    assertThat(findings("", 116))
        .hasSize(1)
        .first()
        .asString()
        .startsWith(
            "block (0, 0, 0), warp 0, lane 29, thread (29, 0, 0) reads 4 bytes at byte 116 of"
                + " buffer 1 (0x")
        .endsWith("which nobody has written (in 3 lanes of the warp)");
  }

  @Test
  void unwrittenSharedAndLocalMemoryIsFound() {
    assertThat(findings("ld.shared.u32 %r3, [tile+4];", 128))
        .containsExactly(
            "block (0, 0, 0), warp 0, lane 0, thread (0, 0, 0) reads 4 bytes at address 0x4 of"
                + " shared memory, which nobody has written (in 32 lanes of the warp)");
    assertThat(findings("st.local.u32 [frame], %r2; ld.local.u8 %r3, [frame+4];", 128))
        .containsExactly(
            "block (0, 0, 0), warp 0, lane 0, thread (0, 0, 0) reads 1 byte at address 0x4 of local"
                + " memory, which nobody has written (in 32 lanes of the warp)");
  }

  @Test
  void atomicOperationsReadTheOldValue() {
    assertThat(findings("red.shared.add.u32 [tile], %r2; ld.shared.u32 %r3, [tile];", 128))
        .hasSize(1);
  }
}
