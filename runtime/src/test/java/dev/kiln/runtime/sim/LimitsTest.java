package dev.kiln.runtime.sim;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.kiln.runtime.DeviceMemoryException;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.LaunchException;
import dev.kiln.runtime.sim.exec.ExecutorOptions;
import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.ptx.PtxException;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Kernels that want more than there is. */
class LimitsTest {
  private static final long TERABYTE = 1L << 40;
  private static final SimOptions SMALL =
      SimOptions.standard()
          .withMemory(4 << 20)
          .withExecutor(ExecutorOptions.standard().withThreads(1));

  /** Declarations of the module, and the body of its only entry. */
  private static SimFault fault(SimOptions options, String module, String body, SimLaunch launch) {
    return catchThrowableOfType(SimFault.class, () -> run(options, module, body, launch));
  }

  private static void run(SimOptions options, String module, String body, SimLaunch launch) {
    try (SimDevice device = new SimDevice(options)) {
      load(device, module, body).launch(launch);
    }
  }

  private static PtxKernel load(SimDevice device, String module, String body) {
    return device.load(PtxModule.parse("limits.ptx", text(module, body))).kernel("kernel");
  }

  private static String text(String module, String body) {
    return """
    .version 8.0
    .target sm_80
    .address_size 64
    %s
    .visible .entry kernel() {
    .reg .pred %%p<4>; .reg .b32 %%r<9>; .reg .b64 %%rd<9>;
    %s
    }
    """
        .formatted(module, body);
  }

  private static SimOptions limited(long steps, long milliseconds) {
    return SMALL.withExecutor(
        ExecutorOptions.standard()
            .withThreads(2)
            .withLimits(steps, TimeUnit.MILLISECONDS.toNanos(milliseconds)));
  }

  @ParameterizedTest
  @ValueSource(longs = {8L << 20, TERABYTE})
  void variablesThatDoNotFitAreRefused(long bytes) {
    try (SimDevice device = new SimDevice(SMALL)) {
      String module = ".global .b8 small[1024];\n.global .align 4 .b8 large[%d];".formatted(bytes);
      assertThatThrownBy(() -> load(device, module, "ret;"))
          .isInstanceOf(DeviceMemoryException.class)
          .hasMessageStartingWith("out of memory: ");
      assertThat(device.memoryUse().current()).isZero();
    }
  }

  @Test
  void aTerabyteIsRefusedWithoutALimitToo() {
    assertThatThrownBy(
            () ->
                run(
                    SimOptions.standard(),
                    ".global .b8 large[%d];".formatted(TERABYTE),
                    "ret;",
                    SimLaunch.of(1, 1)))
        .isInstanceOf(DeviceMemoryException.class);
  }

  @Test
  void sharedAndLocalMemoryHaveTheLimitsOfHardware() {
    assertThatThrownBy(
            () ->
                run(
                    SMALL,
                    ".shared .b8 large[%d];".formatted(TERABYTE),
                    "mov.b32 %r1, large; ret;",
                    SimLaunch.of(1, 1)))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("1,099,511,627,776 bytes of static shared memory");
    assertThatThrownBy(
            () ->
                run(
                    SMALL,
                    "",
                    ".local .b8 large[%d]; mov.b64 %%rd1, large; ret;".formatted(TERABYTE),
                    SimLaunch.of(1, 1)))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("bytes of local memory for each thread; at most 524,288");
  }

  @Test
  void localMemoryOfAllThreadsCountsAgainstTheLimit() {
    String body =
        ".local .b8 large[100000]; mov.b64 %rd1, large; st.local.u8 [%rd1], 1; bar.sync 0;";
    SimFault fault = fault(SMALL, "", body, SimLaunch.of(1, 64));
    assertThat(fault.kind()).isEqualTo(LaneFault.Kind.OUT_OF_MEMORY);
    assertThat(fault).hasMessageContaining("bytes wanted").hasMessageContaining("of 4,194,304");
    run(SMALL, "", body, SimLaunch.of(10, 32)); // one warp at a time fits
  }

  @Test
  void anExhaustedHeapGivesNoAddress() {
    String module =
        """
        .extern .func (.param .b64 r) malloc(.param .b64 a);
        .global .u32 failures;
        """;
    String body =
        """
        { .param .b64 a; .param .b64 r;
        st.param.b64 [a], 64;
        call.uni (r), malloc, (a);
        ld.param.b64 %rd1, [r]; }
        setp.eq.s64 %p1, %rd1, 0;
        @%p1 red.global.add.u32 [failures], 1;
        @!%p1 st.global.u64 [%rd1], %rd1;
        """;
    try (SimDevice device = new SimDevice(SMALL.withHeap(64 * 1000));
        SimModule loaded = device.load(PtxModule.parse("limits.ptx", text(module, body)))) {
      loaded.kernel("kernel").launch(SimLaunch.of(20, 64));
      int failures = loaded.variable("failures").segment().get(ValueLayout.JAVA_INT_UNALIGNED, 0);
      assertThat(failures).isEqualTo(20 * 64 - 1000);
    }
  }

  @Test
  void aFloodOfPrintsStopsAtTheLimit() {
    AtomicLong characters = new AtomicLong();
    String module =
        """
        .extern .func (.param .b32 r) vprintf(.param .b64 f, .param .b64 a);
        .global .b8 text[9] = {37, 52, 48, 57, 54, 100, 37, 100, 0};
        """;
    String body =
        """
        AGAIN:
        { .param .b64 f; .param .b64 a; .param .b32 r; .local .align 8 .b8 n[8];
        mov.b64 %rd1, n; cvta.local.u64 %rd1, %rd1;
        mov.b64 %rd2, text; cvta.global.u64 %rd2, %rd2;
        st.local.b64 [n], 7;
        st.param.b64 [f], %rd2; st.param.b64 [a], %rd1;
        call.uni (r), vprintf, (f, a); }
        bra AGAIN;
        """;
    SimOptions options = limited(10_000, 0).withOutput(text -> characters.addAndGet(text.length()));
    SimFault fault = fault(options, module, body, SimLaunch.of(1, 1));
    assertThat(fault.kind()).isEqualTo(LaneFault.Kind.LIMIT);
    assertThat(characters).hasPositiveValue();
  }

  @Test
  void endlessRecursionIsAStackOverflow() {
    String module =
        """
        .func again(.param .b32 n) {
        .reg .b32 %r<3>;
        ld.param.b32 %r1, [n];
        { .param .b32 m; st.param.b32 [m], %r1; call.uni again, (m); }
        ret; }
        """;
    String body = "{ .param .b32 m; st.param.b32 [m], 1; call.uni again, (m); }";
    SimFault fault = fault(SMALL, module, body, SimLaunch.of(2, 64));
    assertThat(fault.kind()).isEqualTo(LaneFault.Kind.STACK_OVERFLOW);
  }

  @Test
  void theLargestGridStopsAtTheLimitOfInstructions() {
    SimLaunch launch = SimLaunch.of(Grid.of(Integer.MAX_VALUE), Grid.of(32));
    SimFault fault = fault(limited(10_000, 0), "", "ret;", launch);
    assertThat(fault.kind()).isEqualTo(LaneFault.Kind.LIMIT);
    assertThat(fault).hasMessageContaining("more than 10,000 warp instructions");
  }

  @ParameterizedTest
  @ValueSource(strings = {"ret;", "AGAIN: bra AGAIN;", "AGAIN: nanosleep.u32 100; bra AGAIN;"})
  void timeEnds(String body) {
    SimLaunch launch = SimLaunch.of(Grid.of(Integer.MAX_VALUE), Grid.of(1024));
    SimFault fault = fault(limited(0, 50), "", body, launch);
    assertThat(fault.kind()).isEqualTo(LaneFault.Kind.LIMIT);
    assertThat(fault).hasMessageContaining("more than 50 ms");
  }

  @Test
  void branchesByLongListsAreCounted() {
    int count = 1200;
    String labels = IntStream.range(0, count).mapToObj(i -> "L" + i).collect(joining(", "));
    String branches =
        IntStream.range(0, count)
            .mapToObj(i -> "L%d: @%%p1 brx.idx %%r1, all;\n".formatted(i))
            .collect(joining());
    String body = "all: .branchtargets " + labels + ";\n" + branches;
    assertThatThrownBy(() -> run(SMALL, "", body, SimLaunch.of(1, 1)))
        .isInstanceOf(PtxException.class)
        .hasMessageContaining("the branches of 'kernel' have more than 1,048,576 targets");
  }

  @Test
  void anInterruptedThreadLaunchesNothingForLong() {
    Thread.currentThread().interrupt();
    try {
      SimFault fault = fault(limited(0, 0), "", "AGAIN: bra AGAIN;", SimLaunch.of(1000, 1024));
      assertThat(fault.kind()).isEqualTo(LaneFault.Kind.LIMIT);
      assertThat(fault).hasMessageContaining("cancelled");
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }
}
