package dev.kiln.runtime.sim.monitor;

import dev.kiln.runtime.sim.SimReport;
import dev.kiln.runtime.sim.exec.GridRun;
import dev.kiln.runtime.sim.program.Program;

/** Watches the launches of a device: a sanitizer, counters, a trace. */
@FunctionalInterface
public interface LaunchObserver {
  /** A launch is about to begin. */
  Session begins(Program program, GridRun grid);

  /** One launch that is watched. */
  interface Session {
    /**
     * A new listener for the blocks that one host thread runs. Called once for each thread, before
     * it begins.
     */
    Monitor monitor(int thread);

    /** The launch has ended, perhaps with a fault: adds what was found out to the report. */
    default void ends(SimReport report) {}
  }
}
