package dev.kiln.runtime.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.Device;
import dev.kiln.runtime.DeviceTimer;
import dev.kiln.runtime.HostTimer;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.eval.EvalDevice;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class DoBenchTest {
  private static final long MILLI = 1_000_000;

  private final Device device = new EvalDevice();
  private final List<String> events = new ArrayList<>();
  private long now;

  /** The host's clock stands still but for what the work takes. */
  private DoBench bench() {
    return DoBench.on(device).timer(() -> new HostTimer(() -> {}, () -> now));
  }

  private Runnable taking(long nanos) {
    return () -> {
      now += nanos;
      events.add("run");
    };
  }

  @Test
  void runsForTheTimesThatAreAskedFor() {
    Timing timing = bench().warmup(25).repetitions(100).run(taking(2 * MILLI));
    assertThat(timing.runs()).isEqualTo(50);
    assertThat(timing.median()).isEqualTo(2 * MILLI);
    // The first, five to estimate by, 12 to warm up.
    assertThat(events).hasSize(1 + 5 + 12 + 50);
  }

  @Test
  void whatTakesLongRunsFewTimes() {
    Timing timing = bench().run(taking(1000 * MILLI));
    assertThat(timing.runs()).isEqualTo(1);
    assertThat(events).hasSize(1 + 1 + 1 + 1);
  }

  @Test
  void whatTakesNoTimeEnds() {
    assertThat(bench().warmup(0).repetitions(1000).run(taking(0)).runs()).isEqualTo(10_000);
  }

  @Test
  void runsAsOftenAsSaid() {
    assertThat(bench().runs(2, 3).run(taking(5)).all()).containsExactly(5, 5, 5);
    assertThat(events).hasSize(5);
  }

  @Test
  void whatIsDoneBeforeAndAfterIsNotTimed() {
    Timing timing =
        bench()
            .runs(1, 1)
            .before(
                () -> {
                  now += 7;
                  events.add("before");
                })
            .after(
                () -> {
                  now += 7;
                  events.add("after");
                })
            .run(taking(5));
    assertThat(timing.all()).containsExactly(5);
    assertThat(events).containsExactly("before", "run", "after", "before", "run", "after");
  }

  @Test
  void whatIsDoneAfterIsDoneWhenARunThrows() {
    DoBench bench = bench().after(() -> events.add("after"));
    assertThatThrownBy(
            () ->
                bench.run(
                    () -> {
                      throw new KilnException("broken");
                    }))
        .hasMessage("broken");
    assertThat(events).containsExactly("after");
  }

  @Test
  void cachesAreWrittenOverAndTheMemoryGoesBack() {
    long before = device.memoryUse().current();
    var flushed = new ArrayList<Long>();
    Device cached = new CachedDevice(device, 1 << 16);
    DoBench.on(cached)
        .timer(() -> new HostTimer(() -> {}, () -> now))
        .runs(0, 2)
        .run(() -> flushed.add(device.memoryUse().current() - before));
    assertThat(flushed).hasSize(2).allMatch(bytes -> bytes >= 1 << 16);
    assertThat(device.memoryUse().current()).isEqualTo(before);
    flushed.clear();
    DoBench.on(cached)
        .flush(false)
        .runs(0, 1)
        .run(() -> flushed.add(device.memoryUse().current() - before));
    assertThat(flushed).containsExactly(0L);
  }

  @Test
  void anExactTimerNeedsOneRun() {
    DeviceTimer exact =
        new DeviceTimer() {
          @Override
          public void begin() {}

          @Override
          public void end() {}

          @Override
          public double[] read() {
            return new double[] {42};
          }

          @Override
          public boolean isExact() {
            return true;
          }
        };
    Timing timing = DoBench.on(device).timer(() -> exact).run(taking(1));
    assertThat(timing.all()).containsExactly(42);
    assertThat(events).containsExactly("run");
  }

  @Test
  void refusesTimesAndNumbersThatAreNone() {
    DoBench bench = bench();
    assertThatThrownBy(() -> bench.warmup(-1))
        .hasMessage("a measurement takes at least 0 ms, not -1.0");
    assertThatThrownBy(() -> bench.runs(0, 0))
        .hasMessage(
            "a measurement takes at least 0 runs to warm up and one to be timed, not 0 and 0");
  }

  @Test
  void everyDeviceHasATimer() {
    Timing timing = DoBench.on(device).runs(0, 4).run(() -> {});
    assertThat(timing.runs()).isEqualTo(4);
    assertThat(timing.min()).isNotNegative();
  }
}
