package dev.kiln.runtime.sim.roofline;

import dev.kiln.runtime.DeviceTimer;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.SimReport;
import dev.kiln.runtime.sim.exec.GridRun;
import dev.kiln.runtime.sim.monitor.LaunchObserver;
import dev.kiln.runtime.sim.monitor.Monitor;
import dev.kiln.runtime.sim.monitor.count.Counters;
import dev.kiln.runtime.sim.monitor.count.LaunchCounting;
import dev.kiln.runtime.sim.program.Program;
import java.util.ArrayList;
import java.util.List;

/**
 * The time that a GPU would take at least for the launches of a simulated device: counts them and
 * adds up their {@link RooflineEstimate}s. The same launches always take the same time; copies take
 * none.
 *
 * <pre>{@code
 * RooflineClock clock = new RooflineClock(GpuModel.find("h100").orElseThrow());
 * SimDevice device = new SimDevice(clock.in(SimOptions.standard().withTarget(Target.SM_90A)));
 * Timing timing = DoBench.on(device).run(() -> launch.launch());
 * }</pre>
 */
public final class RooflineClock implements LaunchObserver {
  private final GpuModel gpu;
  private final LaunchCounting counting = new LaunchCounting();
  private double nanos;
  private Counters last;

  public RooflineClock(GpuModel gpu) {
    this.gpu = gpu;
  }

  /** Options of a device whose launches this clock counts, and which times by it. */
  public SimOptions in(SimOptions options) {
    return options.watchedBy(this).withTimer(this::timer);
  }

  /** Nanoseconds of all launches until now; infinite once one's blocks did not fit into an SM. */
  public synchronized double nanos() {
    return nanos;
  }

  /** The counters of the last launch; {@code null} before any. */
  public synchronized Counters last() {
    return last;
  }

  @Override
  public Session begins(Program program, GridRun grid) {
    Session session = counting.begins(program, grid);
    return new Session() {
      @Override
      public Monitor monitor(int thread) {
        return session.monitor(thread);
      }

      @Override
      public void ends(SimReport report) {
        session.ends(report);
        report.part(Counters.class).ifPresent(RooflineClock.this::add);
      }
    };
  }

  private synchronized void add(Counters counters) {
    RooflineEstimate estimate = RooflineEstimate.of(counters, gpu);
    nanos += estimate.fits() ? 1e9 * estimate.seconds() : Double.POSITIVE_INFINITY;
    last = counters;
  }

  private DeviceTimer timer() {
    return new DeviceTimer() {
      private final List<Double> pieces = new ArrayList<>();
      private double start;

      @Override
      public void begin() {
        start = nanos();
      }

      @Override
      public void end() {
        double now = nanos();
        pieces.add(Double.isInfinite(now) ? now : now - start);
      }

      @Override
      public double[] read() {
        double[] read = pieces.stream().mapToDouble(Double::doubleValue).toArray();
        pieces.clear();
        return read;
      }

      @Override
      public boolean isExact() {
        return true;
      }
    };
  }
}
