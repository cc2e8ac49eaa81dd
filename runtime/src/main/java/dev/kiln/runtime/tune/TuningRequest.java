package dev.kiln.runtime.tune;

import dev.kiln.compiler.python.TritonConfig;
import dev.kiln.runtime.Device;
import java.util.List;

/** A launch that wants to know its configuration. */
public interface TuningRequest {
  /** The kernel's name. */
  String kernel();

  /** The launch's device. */
  Device device();

  /** All configurations, in the order in which they were declared; at least one. */
  List<TritonConfig> configurations();

  /** What the choice is for. */
  TuningKey key();

  /**
   * The configurations that {@code prune_configs_by} leaves, the order kept or the most promising
   * first; all if nothing prunes.
   *
   * @throws dev.kiln.runtime.LaunchException if a function of the decorator fails or leaves nothing
   */
  List<TritonConfig> pruned();

  /** Whether configurations may be tried: only when a kernel is about to be launched. */
  boolean mayTry();

  /** Trials on the launch's own device and arguments, which are as before when these are closed. */
  Trials trials();

  /** Trials on another device, on copies of the arguments. */
  Trials trialsOn(Device other);
}
