package dev.kiln.runtime.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.sim.exec.ExecutorOptions;
import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.monitor.Findings;
import dev.kiln.runtime.sim.monitor.Sanitizer;
import java.lang.foreign.ValueLayout;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SanitizersTest {
  private static final String HEADER = ".version 8.0\n.target sm_80\n.address_size 64\n";

  private static SimOptions watching(Sanitizer first, Sanitizer... others) {
    return SimOptions.standard().withSanitizers(EnumSet.of(first, others));
  }

  private static List<String> sentences(SimReport report) {
    return report.findings().all().stream().map(counted -> counted.finding().what()).toList();
  }

  @Test
  void optionsChangeOneByOne() {
    SimOptions options =
        SimOptions.standard().withMemory(1000).withHeap(500).withStack(64).withTrackedWrites();
    assertThat(options.memoryBytes()).isEqualTo(1000);
    assertThat(options.heapBytes()).isEqualTo(500);
    assertThat(options.stackBytes()).isEqualTo(64);
    assertThat(options.tracksWrites()).isTrue();
    assertThat(options.withStack(65).memoryBytes()).isEqualTo(1000);
    assertThat(options.stackBytes()).isEqualTo(64);
    assertThat(SimOptions.standard().tracksWrites()).isFalse();
  }

  @Test
  void eachSanitizerTurnsOnWhatItNeeds() {
    SimOptions four = SimOptions.standard().withExecutor(ExecutorOptions.standard().withThreads(4));
    assertThat(four.withSanitizers(Set.of(Sanitizer.INIT)).tracksWrites()).isTrue();
    assertThat(four.withSanitizers(Set.of(Sanitizer.SYNC)).tracksWrites()).isFalse();
    assertThat(four.withSanitizers(Set.of(Sanitizer.INIT)).executor().threads()).isEqualTo(4);
    assertThat(four.withSanitizers(Set.of(Sanitizer.RACE)).executor().threads()).isEqualTo(1);
  }

  @Test
  void aFaultCarriesTheFindingsBeforeIt() {
    String text =
        HEADER
            + """
            .visible .entry k(.param .u64 data)
            {
              .reg .b64 %rd<2>;
              .reg .b32 %r<2>;
              ld.param.u64 %rd1, [data];
              ld.global.u32 %r1, [%rd1];
              ld.global.u32 %r1, [%rd1+16];
              ret;
            }
            """;
    try (SimDevice device = new SimDevice(watching(Sanitizer.INIT))) {
      Buffer data = device.allocate(16);
      PtxKernel kernel = device.load(PtxModule.parse("k.ptx", text)).kernel("k");
      SimFault fault =
          catchThrowableOfType(SimFault.class, () -> kernel.launch(SimLaunch.of(1, 1), data));
      assertThat(fault.kind()).isEqualTo(LaneFault.Kind.ILLEGAL_ADDRESS);
      SimReport report = fault.report().orElseThrow();
      assertThat(report).isSameAs(device.lastReport());
      assertThat(report.stopped()).isTrue();
      assertThat(report.part(Findings.class)).contains(report.findings());
      assertThat(sentences(report))
          .containsExactly(
              "reads 4 bytes at byte 0 of buffer 1 (0x%x), which nobody has written"
                  .formatted(data.address()));
    }
  }

  /** Static shared memory at its limit of 48 KiB still fits, gaps or not. */
  @Test
  void gapsDoNotCountForTheLimitsOfSharedMemory() {
    String text =
        HEADER
            + """
            .extern .shared .align 16 .b8 rest[];
            .visible .entry k(.param .u64 data)
            {
              .reg .b64 %rd<2>;
              .reg .b32 %r<6>;
              .shared .align 4 .b8 first[16384];
              .shared .align 4 .b8 second[32768];
              ld.param.u64 %rd1, [data];
              mov.u32 %r1, first;
              mov.u32 %r2, second;
              mov.u32 %r3, rest;
              mov.u32 %r4, %total_smem_size;
              st.global.v4.u32 [%rd1], {%r1, %r2, %r3, %r4};
              ret;
            }
            """;
    int all = 163 << 10;
    int[] plain = places(SimOptions.standard(), text, all - (48 << 10));
    assertThat(plain).containsExactly(0, 16384, 49152, all);
    int[] guarded = places(watching(Sanitizer.MEMORY), text, all - (48 << 10));
    assertThat(guarded).containsExactly(0, 16384 + 1024, 49152 + 2048, all);
  }

  private static int[] places(SimOptions options, String text, int dynamic) {
    try (SimDevice device = new SimDevice(options)) {
      Buffer data = device.allocate(16);
      device
          .load(PtxModule.parse("k.ptx", text))
          .kernel("k")
          .launch(SimLaunch.of(1, 1).withShared(dynamic), data);
      return data.segment().toArray(ValueLayout.JAVA_INT_UNALIGNED);
    }
  }

  private static final String LIST =
      HEADER
          + """
          .extern .func (.param .b64 result) malloc(.param .b64 size);
          .global .align 8 .u64 head;
          .visible .entry push(.param .u64 unused)
          {
            .reg .b64 %rd<4>;
            mov.u64 %rd1, 16;
            {
              .param .b64 size;
              st.param.b64 [size], %rd1;
              .param .b64 result;
              call.uni (result), malloc, (size);
              ld.param.b64 %rd2, [result];
            }
            ld.global.u64 %rd3, [head];
            st.u64 [%rd2], %rd3;
            add.s64 %rd2, %rd2, 8;
            st.global.u64 [head], %rd2;
            ret;
          }
          .visible .entry forget(.param .u64 unused)
          {
            .reg .b64 %rd<2>;
            mov.u64 %rd1, 0;
            st.global.u64 [head], %rd1;
            ret;
          }
          """;

  @Test
  void heapBlocksThatSomeAddressLeadsToAreNoLeak() {
    try (SimDevice device = new SimDevice(watching(Sanitizer.MEMORY))) {
      SimModule module = device.load(PtxModule.parse("list.ptx", LIST));
      SimLaunch one = SimLaunch.of(1, 1);
      assertThat(sentences(module.kernel("push").launch(one, 0L))).isEmpty();
      assertThat(sentences(module.kernel("push").launch(one, 0L))).isEmpty();
      List<String> lost = sentences(module.kernel("forget").launch(one, 0L));
      assertThat(lost).hasSize(1).first().asString().contains("allocates 16 bytes");
      assertThat(sentences(module.kernel("forget").launch(one, 0L))).isEmpty();
    }
  }
}
