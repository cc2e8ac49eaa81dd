package dev.kiln.tests.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.PtxKernel;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimFault;
import dev.kiln.runtime.sim.SimLaunch;
import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.monitor.Findings;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A kernel that prints and asserts, on a device whose output is kept. */
@ParameterizedClass
@EnumSource(Way.class)
class PrintsTest {
  private final List<String> output = Collections.synchronizedList(new ArrayList<>());
  private final SimDevice device;
  private final PtxKernel prints;

  PrintsTest(Way way) {
    device = new SimDevice(way.options().withOutput(output::add));
    prints = device.load(CudaKernels.text("threads")).kernel("prints");
  }

  @AfterEach
  void closeDevice() {
    device.close();
  }

  private void launch(int limit, int... x) {
    NdArray values = NdArray.of(device, x, x.length);
    prints
        .launch(SimLaunch.of(1, x.length), limit, values)
        .part(Findings.class)
        .ifPresent(findings -> assertThat(findings.all()).isEmpty());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 32, 100})
  void everyEighthThreadPrintsALine(int threads) {
    int[] x = Numbers.ints(1, threads, -100_000, 1000);
    launch(1000, x);
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < threads; i += 8) {
      expected.add(
          String.format(
              Locale.ROOT, "thread %d: %5d|7   |%08.3f|text|k|0xff\n", i, x[i], x[i] * 0.5));
    }
    assertThat(output).containsExactlyInAnyOrderElementsOf(expected);
  }

  @Test
  void aFailedAssertionStopsTheLaunchAndNamesTheCondition() {
    int[] x = new int[64];
    x[37] = 9;
    SimFault fault = catchThrowableOfType(SimFault.class, () -> launch(9, x));
    assertThat(fault.kind()).isEqualTo(LaneFault.Kind.ASSERT);
    assertThat(fault)
        .hasMessageContaining("assertion 'x[i] < limit' failed at threads.cu:161")
        .hasMessageContaining("void prints(int, const int *)")
        .hasMessageContaining("block (0, 0, 0), warp 1, lane 5");
    SimFault.Place place = fault.place().orElseThrow();
    assertThat(place.warp()).isEqualTo(1);
    assertThat(place.lane()).isEqualTo(5);
    assertThat(output).noneMatch(line -> line.startsWith("thread 32:"));
  }

  @Test
  void theDeviceLivesOnAfterAFailedAssertion() {
    catchThrowableOfType(SimFault.class, () -> launch(0, 1));
    output.clear();
    launch(1, 0);
    assertThat(output).containsExactly("thread 0:     0|7   |0000.000|text|k|0xff\n");
  }
}
