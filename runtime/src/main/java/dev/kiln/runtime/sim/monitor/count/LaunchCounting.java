package dev.kiln.runtime.sim.monitor.count;

import dev.kiln.runtime.sim.SimReport;
import dev.kiln.runtime.sim.exec.GridRun;
import dev.kiln.runtime.sim.monitor.LaunchObserver;
import dev.kiln.runtime.sim.monitor.Monitor;
import dev.kiln.runtime.sim.program.Program;
import java.util.ArrayList;
import java.util.List;

/**
 * Counts what launches do and puts {@link Counters} into their reports:
 *
 * <pre>{@code
 * SimDevice device = new SimDevice(SimOptions.standard().watchedBy(new LaunchCounting()));
 * ...
 * Counters counters = report.part(Counters.class).orElseThrow();
 * }</pre>
 */
public final class LaunchCounting implements LaunchObserver {
  @Override
  public Session begins(Program program, GridRun grid) {
    StepFacts facts = new StepFacts(program);
    List<CountingMonitor> monitors = new ArrayList<>();
    return new Session() {
      @Override
      public Monitor monitor(int thread) {
        CountingMonitor monitor = new CountingMonitor(facts);
        synchronized (monitors) {
          monitors.add(monitor);
        }
        return monitor;
      }

      @Override
      public void ends(SimReport report) {
        report.put(Counters.class, new CountersSum(program, grid.shape, monitors).counters());
      }
    };
  }
}
