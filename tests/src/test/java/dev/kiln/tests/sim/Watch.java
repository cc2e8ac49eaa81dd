package dev.kiln.tests.sim;

import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.SimReport;
import dev.kiln.runtime.sim.exec.GridRun;
import dev.kiln.runtime.sim.monitor.Findings;
import dev.kiln.runtime.sim.monitor.LaunchObserver;
import dev.kiln.runtime.sim.monitor.Monitor;
import dev.kiln.runtime.sim.monitor.memory.InitSanitizer;
import dev.kiln.runtime.sim.program.Program;

/** Puts all sanitizers on a device; the findings of a launch are a part of its report. */
final class Watch implements LaunchObserver {
  private Watch() {}

  static SimOptions over(SimOptions options) {
    return options.withTrackedWrites().watchedBy(new Watch());
  }

  @Override
  public Session begins(Program program, GridRun grid) {
    var findings = new Findings();
    return new Session() {
      @Override
      public Monitor monitor(int thread) {
        return new InitSanitizer(findings);
      }

      @Override
      public void ends(SimReport report) {
        report.put(Findings.class, findings);
      }
    };
  }
}
