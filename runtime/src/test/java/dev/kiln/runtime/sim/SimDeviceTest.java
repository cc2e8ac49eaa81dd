package dev.kiln.runtime.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.DeviceMemoryException;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.LaunchException;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.exec.Block;
import dev.kiln.runtime.sim.exec.ExecutorOptions;
import dev.kiln.runtime.sim.exec.GridRun;
import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.monitor.LaunchObserver;
import dev.kiln.runtime.sim.monitor.Monitor;
import dev.kiln.runtime.sim.monitor.MonitorChain;
import dev.kiln.runtime.sim.program.Program;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SimDeviceTest {
  private static final ExecutorOptions EXECUTOR = ExecutorOptions.standard().withThreads(2);
  private SimDevice device = new SimDevice(SimOptions.standard().withExecutor(EXECUTOR));
  private SimModule module;

  @AfterEach
  void closeDevice() {
    device.close();
  }

  private void open(SimOptions options) {
    device.close();
    device = new SimDevice(options);
    module = null;
  }

  private PtxKernel kernel(String entry) {
    if (module == null) {
      module = device.load(basics());
    }
    return module.kernel(entry);
  }

  private static PtxModule basics() {
    try (var in = SimDeviceTest.class.getResourceAsStream("basics.ptx")) {
      return PtxModule.parse(
          "basics.ptx", new String(in.readAllBytes(), StandardCharsets.US_ASCII));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private NdArray ints(int... values) {
    return NdArray.of(device, values, values.length);
  }

  @Test
  void addsVectors() {
    int n = 1000;
    float[] x = new float[n];
    float[] y = new float[n];
    for (int i = 0; i < n; i++) {
      x[i] = i;
      y[i] = 0.5f * i;
    }
    NdArray result = NdArray.of(device, new float[n]);
    SimReport report =
        kernel("add")
            .launch(SimLaunch.of(4, 256), NdArray.of(device, x), NdArray.of(device, y), result, n);
    for (int i = 0; i < n; i++) {
      assertThat(result.toFloats()[i]).isEqualTo(1.5f * i);
    }
    assertThat(report.warpInstructions()).isGreaterThan(32 * 10);
    assertThat(device.lastReport()).isSameAs(report);
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 0, 1, 2, 3})
  void sumsUpInSharedMemoryUnderAnySchedule(long seed) {
    open(SimOptions.standard().withExecutor(seed < 0 ? EXECUTOR : EXECUTOR.withSeed(seed)));
    float[] x = new float[5000];
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      x[i] = i % 7;
      sum += x[i];
    }
    NdArray result = NdArray.of(device, new float[3]);
    kernel("total").launch(SimLaunch.of(3, 256), NdArray.of(device, x), result, x.length);
    float[] parts = result.toFloats();
    assertThat((double) parts[0] + parts[1] + parts[2]).isEqualTo(sum);
  }

  @Test
  void variablesOfAModuleKeepTheirValuesBetweenLaunches() {
    int[] x = new int[64];
    Arrays.setAll(x, i -> i);
    NdArray result = ints(0, 0);
    kernel("sums").launch(SimLaunch.of(1, 64), NdArray.of(device, x), result);
    kernel("sums").launch(SimLaunch.of(1, 64), NdArray.of(device, x), result);
    assertThat(result.toLongs()).containsExactly(1280, 3840);
    MemorySegment warps = Arena.ofAuto().allocate(4);
    module.variable("warps").copyTo(warps, 0);
    assertThat(warps.get(ValueLayout.JAVA_INT, 0)).isEqualTo(5 + 4);
    assertThatThrownBy(() -> module.variable("none")).hasMessageContaining("no variable 'none'");
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 1, 2})
  void aSpinLockBetweenAllThreadsMakesProgress(long seed) {
    open(SimOptions.standard().withExecutor(seed < 0 ? EXECUTOR : EXECUTOR.withSeed(seed)));
    NdArray count = ints(0);
    kernel("locked").launch(SimLaunch.of(2, 40), count);
    assertThat(count.toLongs()).containsExactly(80);
  }

  @Test
  void blocksMayWaitForAllOthers() {
    NdArray result = ints(0);
    kernel("everybody").launch(SimLaunch.of(40, 32), ints(0), result, 40);
    assertThat(result.toLongs()).containsExactly(40 * 40);
  }

  @Test
  void anAccessOutsideOfABufferSaysWhereItIs() {
    kernel("outside");
    NdArray buffer = NdArray.of(device, new int[64], 64);
    assertThatThrownBy(() -> kernel("outside").launch(SimLaunch.of(2, 64), buffer))
        .isInstanceOfSatisfying(
            SimFault.class,
            fault -> {
              assertThat(fault.kind()).isEqualTo(LaneFault.Kind.ILLEGAL_ADDRESS);
              assertThat(fault)
                  .hasMessageContaining("399,744 bytes after buffer 1 of 256 bytes")
                  .hasMessageContaining("st.global")
                  .hasMessageContaining("basics.ptx:")
                  .hasMessageContaining("block (0, 0, 0), warp 1, lane 5, thread (37, 0, 0)");
            });
  }

  @Test
  void aDeadlockSaysWhatEachWarpWaitsFor() {
    open(SimOptions.standard().withExecutor(EXECUTOR.withMaxIdlePolls(2000)));
    assertThatThrownBy(() -> kernel("stuck").launch(SimLaunch.of(1, 64), ints(0)))
        .isInstanceOf(SimFault.class)
        .hasMessageContaining("warp 0 waits for barrier 0 (1 of 2 warps have arrived)")
        .hasMessageContaining("warp 1");
  }

  @Test
  void dynamicSharedMemoryIsAsLargeAsTheLaunchSays() {
    NdArray result = NdArray.of(device, new int[64], 64);
    kernel("reverse").launch(SimLaunch.of(1, 64).withShared(256), result);
    assertThat(result.toLongs()[0]).isEqualTo(63);
    assertThatThrownBy(() -> kernel("reverse").launch(SimLaunch.of(1, 64).withShared(252), result))
        .hasMessageContaining("shared");
  }

  @Test
  void argumentsOfEveryKindArrive() {
    NdArray result = NdArray.zeros(device, dev.kiln.compiler.ir.DType.FP64, 7);
    byte[] pair = new byte[16];
    MemorySegment.ofArray(pair).set(ValueLayout.JAVA_SHORT_UNALIGNED, 0, (short) -7);
    MemorySegment.ofArray(pair).set(ValueLayout.JAVA_DOUBLE_UNALIGNED, 8, 2.25);
    kernel("scalars")
        .launch(SimLaunch.of(1, 1), result, pair, 1.5f, -(1L << 40), (byte) -3, true, 1e100);
    assertThat(result.toDoubles())
        .containsExactly(-7, 2.25, 1.5, -(double) (1L << 40), -3, 1, 1e100);
  }

  @Test
  void argumentsThatDoNotFitAreRefused() {
    PtxKernel add = kernel("add");
    SimLaunch shape = SimLaunch.of(1, 32);
    NdArray x = NdArray.of(device, new float[32]);
    assertThatThrownBy(() -> add.launch(shape, x, x, x))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining("takes 4 arguments, not 3");
    assertThatThrownBy(() -> add.launch(shape, x, x, x, 1L << 33))
        .hasMessageContaining("argument 3 ('add_param_3', .u32) cannot be the integer 8589934592");
    assertThatThrownBy(() -> add.launch(shape, x, x, x, 1.5f))
        .hasMessageContaining("cannot be the float 1.5");
    assertThatThrownBy(() -> add.launch(shape, x, x, x, x))
        .hasMessageContaining("cannot be an address");
    assertThatThrownBy(() -> add.launch(shape, x, x, new byte[3], 1))
        .hasMessageContaining("cannot be 3 bytes");
    try (SimDevice other = new SimDevice()) {
      NdArray far = NdArray.of(other, new float[32]);
      assertThatThrownBy(() -> add.launch(shape, x, x, far, 1))
          .hasMessageContaining("a buffer of another device");
    }
  }

  @Test
  void shapesThatNoDriverTakesAreRefused() {
    PtxKernel reverse = kernel("reverse");
    NdArray x = ints(new int[64]);
    refused(reverse, SimLaunch.of(0, 32), x, "has an extent of 0");
    refused(reverse, SimLaunch.of(1, 0), x, "has an extent of 0");
    refused(reverse, SimLaunch.of(1, 65), x, ".maxntid allows (64, 1, 1)");
    refused(reverse, SimLaunch.of(1, 1025), x, "at most 1024 in all");
    refused(reverse, SimLaunch.of(Grid.of(1), Grid.of(1, 1, 65)), x, "64 along z are possible");
    refused(reverse, SimLaunch.of(1, 32).withShared(164 << 10), x, "sm_80 has at most 166,912");
    refused(reverse, SimLaunch.of(2, 32).withCluster(Grid.of(2)), x, "sm_80 has no clusters");
  }

  private static void refused(PtxKernel kernel, SimLaunch shape, NdArray array, String message) {
    assertThatThrownBy(() -> kernel.launch(shape, array))
        .isInstanceOf(LaunchException.class)
        .hasMessageContaining(message);
  }

  @Test
  void unknownEntriesAndClosedModulesAreErrors() {
    kernel("add");
    assertThatThrownBy(() -> module.kernel("none"))
        .isInstanceOf(KilnException.class)
        .hasMessageContaining("there is no entry 'none' in basics.ptx; there are add, total");
    PtxKernel add = kernel("add");
    module.close();
    assertThatThrownBy(() -> add.launch(SimLaunch.of(1, 32), 0L, 0L, 0L, 0))
        .hasMessageContaining("is closed");
  }

  @Test
  void aClosedDeviceDoesNothing() {
    device.close();
    assertThatThrownBy(() -> device.allocate(1)).isInstanceOf(DeviceMemoryException.class);
    assertThatThrownBy(() -> kernel("add")).isInstanceOf(DeviceMemoryException.class);
  }

  @Test
  void listenersAndObserversHearOfLaunches() {
    List<String> events = new ArrayList<>();
    AtomicInteger blocks = new AtomicInteger();
    open(SimOptions.standard().withExecutor(EXECUTOR).watchedBy(new BlockCounter(blocks)));
    device.listen((kernel, grid, nanos) -> events.add(kernel + grid));
    NdArray result = NdArray.of(device, new int[64], 64);
    SimReport report = kernel("reverse").launch(SimLaunch.of(3, 64).withShared(256), result);
    assertThat(events).containsExactly("reverse(3, 1, 1)");
    assertThat(blocks).hasValue(3);
    assertThat(report.part(String.class)).hasValue("counted");
  }

  private record BlockCounter(AtomicInteger blocks) implements LaunchObserver {
    @Override
    public Session begins(Program program, GridRun grid) {
      return new Session() {
        @Override
        public Monitor monitor(int thread) {
          return new Monitor() {
            @Override
            public void blockEnds(Block block) {
              blocks.incrementAndGet();
            }
          };
        }

        @Override
        public void ends(SimReport report) {
          report.put(String.class, "counted");
        }
      };
    }
  }

  @Test
  void aChainOfMonitorsPassesEveryEventOn() throws NoSuchMethodException {
    for (Method event : Monitor.class.getDeclaredMethods()) {
      if (!event.isSynthetic()) {
        Method passed = MonitorChain.class.getMethod(event.getName(), event.getParameterTypes());
        assertThat(passed.getDeclaringClass()).as(event.getName()).isEqualTo(MonitorChain.class);
      }
    }
  }

  @Test
  void launchesOfSeveralThreadsDoNotDisturbEachOther() throws InterruptedException {
    PtxKernel add = kernel("add");
    List<Thread> threads = new ArrayList<>();
    List<NdArray> results = new ArrayList<>();
    for (int t = 0; t < 4; t++) {
      float[] x = new float[256];
      Arrays.fill(x, t);
      NdArray in = NdArray.of(device, x);
      NdArray out = NdArray.of(device, new float[256]);
      results.add(out);
      threads.add(
          Thread.ofPlatform().start(() -> add.launch(SimLaunch.of(8, 32), in, in, out, 256)));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    for (int t = 0; t < 4; t++) {
      assertThat(results.get(t).toFloats()).containsOnly(2f * t);
    }
  }
}
