package dev.kiln.runtime.tune;

import dev.kiln.compiler.python.TritonConfig;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import java.util.OptionalLong;

/** A launch with one configuration that can be made any number of times. */
public interface Trial {
  TritonConfig configuration();

  Device device();

  /** Milliseconds to warm up, if the kernel's decorator says it. */
  OptionalLong warmup();

  /** Milliseconds to measure, if the kernel's decorator says it. */
  OptionalLong repetitions();

  /**
   * What must be done before each run: brings back what a run before has changed and this reads.
   */
  void before();

  /** Launches, without waiting. */
  void run();

  /** What must be done after each run. */
  void after();

  /** The programs of the launch. */
  Grid grid();

  /** Whether programs do not ask how many there are, so that some can be run without the others. */
  boolean runsInParts();

  /** Launches a part of the programs. */
  void run(Grid part);

  /** Bytes of all memory that the launch can reach. */
  long reachableBytes();
}
