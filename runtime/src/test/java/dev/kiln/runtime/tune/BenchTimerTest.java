package dev.kiln.runtime.tune;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.python.TritonConfig;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.DeviceTimer;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.eval.EvalDevice;
import dev.kiln.runtime.memory.Slab;
import java.lang.reflect.Proxy;
import java.util.OptionalLong;
import java.util.function.IntToDoubleFunction;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

class BenchTimerTest {
  private int measurements;

  /** A trial on a device that says what measurements give. */
  private double measure(boolean warmsUp, IntToDoubleFunction nanos) {
    var timer =
        new DeviceTimer() {
          @Override
          public void begin() {}

          @Override
          public void end() {}

          @Override
          public double[] read() {
            return new double[] {nanos.applyAsDouble(measurements)};
          }

          @Override
          public boolean isExact() {
            return true;
          }
        };
    return new BenchTimer().nanos(new CountedTrial(device(warmsUp, timer)));
  }

  private static Device device(boolean warmsUp, DeviceTimer timer) {
    EvalDevice eval = new EvalDevice(Slab.ofDefaultSize(), UnaryOperator.identity());
    return (Device)
        Proxy.newProxyInstance(
            Device.class.getClassLoader(),
            new Class<?>[] {Device.class},
            (proxy, method, args) ->
                switch (method.getName()) {
                  case "warmsUp" -> warmsUp;
                  case "timer" -> timer;
                  default -> method.invoke(eval, args);
                });
  }

  private final class CountedTrial implements Trial {
    private final Device device;

    CountedTrial(Device device) {
      this.device = device;
    }

    @Override
    public TritonConfig configuration() {
      return TritonConfig.EMPTY;
    }

    @Override
    public Device device() {
      return device;
    }

    @Override
    public OptionalLong warmup() {
      return OptionalLong.of(1);
    }

    @Override
    public OptionalLong repetitions() {
      return OptionalLong.empty();
    }

    @Override
    public void before() {}

    @Override
    public void run() {
      measurements++;
    }

    @Override
    public void after() {}

    @Override
    public Grid grid() {
      return Grid.of(1);
    }

    @Override
    public boolean runsInParts() {
      return true;
    }

    @Override
    public void run(Grid part) {
      run();
    }

    @Override
    public long reachableBytes() {
      return 0;
    }
  }

  @Test
  void oneMeasurementDoesWhereCodeStaysAsItIs() {
    assertThat(measure(false, run -> 100.0 / Math.max(1, run))).isEqualTo(100);
    assertThat(measurements).isEqualTo(1);
  }

  @Test
  void measuresUntilCodeIsNoFasterAnyMore() {
    assertThat(measure(true, run -> run < 6 ? 100 - 10 * run : 44)).isEqualTo(44);
    assertThat(measurements).isEqualTo(6 + 3);
  }

  @Test
  void measurementsEndThoughCodeBecomesFasterForEver() {
    measure(true, run -> Math.pow(0.9, run));
    assertThat(measurements).isEqualTo(40);
  }
}
