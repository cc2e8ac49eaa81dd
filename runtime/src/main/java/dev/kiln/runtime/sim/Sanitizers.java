package dev.kiln.runtime.sim;

import dev.kiln.runtime.sim.memory.AddressSpace;
import dev.kiln.runtime.sim.monitor.Findings;
import dev.kiln.runtime.sim.monitor.LaunchObserver;
import dev.kiln.runtime.sim.monitor.Monitor;
import dev.kiln.runtime.sim.monitor.MonitorChain;
import dev.kiln.runtime.sim.monitor.Sanitizer;
import dev.kiln.runtime.sim.monitor.memory.HeapLeaks;
import dev.kiln.runtime.sim.monitor.memory.InitSanitizer;
import dev.kiln.runtime.sim.monitor.race.RaceSanitizer;
import dev.kiln.runtime.sim.monitor.sync.SyncSanitizer;
import dev.kiln.runtime.sim.program.Program;
import java.util.Set;
import java.util.stream.Collectors;

/** The sanitizers of a device: makes listeners for its launches. */
final class Sanitizers {
  private final Set<Sanitizer> wanted;
  private final HeapLeaks leaks;

  Sanitizers(Set<Sanitizer> wanted, AddressSpace space) {
    this.wanted = wanted;
    this.leaks = new HeapLeaks(space);
  }

  /** An observer of one launch, who adds to the findings of its report. */
  LaunchObserver watch(SimReport report) {
    return (program, grid) -> new Watch(program, report.findings());
  }

  private final class Watch implements LaunchObserver.Session {
    private final Program program;
    private final Findings findings;

    Watch(Program program, Findings findings) {
      this.program = program;
      this.findings = findings;
    }

    @Override
    public Monitor monitor(int thread) {
      return MonitorChain.of(wanted.stream().map(this::listener).collect(Collectors.toList()));
    }

    /** Something new for each host thread; {@code null} for what needs to hear nothing. */
    private Monitor listener(Sanitizer sanitizer) {
      return switch (sanitizer) {
        // Faults of memory are found anyway, and gaps between variables need no listener.
        case MEMORY -> null;
        case INIT -> new InitSanitizer(findings);
        // Of a launch with this sanitizer there is one host thread: the listener sees everything.
        case RACE -> new RaceSanitizer(findings);
        case SYNC -> SyncSanitizer.of(program, findings);
      };
    }

    @Override
    public void ends(SimReport report) {
      if (wanted.contains(Sanitizer.MEMORY) && !report.stopped()) {
        leaks.report(findings);
      }
    }
  }
}
