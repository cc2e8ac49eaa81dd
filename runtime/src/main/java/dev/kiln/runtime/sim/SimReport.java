package dev.kiln.runtime.sim;

import dev.kiln.runtime.sim.exec.LaunchShape;
import dev.kiln.runtime.sim.monitor.Findings;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What is known about a launch that has ended: its size, and a part for each {@link
 * dev.kiln.runtime.sim.monitor.LaunchObserver} of the device.
 */
public final class SimReport {
  private final String kernel;
  private final LaunchShape shape;
  private final Map<Class<?>, Object> parts = new LinkedHashMap<>();
  private final Findings findings = new Findings();
  private long warpInstructions;
  private long nanos;
  private boolean stopped;

  SimReport(String kernel, LaunchShape shape) {
    this.kernel = kernel;
    this.shape = shape;
    put(Findings.class, findings);
  }

  /** Name of the entry. */
  public String kernel() {
    return kernel;
  }

  public LaunchShape shape() {
    return shape;
  }

  /** Warp instructions run; 0 if the launch stopped with a fault. */
  public long warpInstructions() {
    return warpInstructions;
  }

  /** Whether a fault stopped the launch before its end. */
  public boolean stopped() {
    return stopped;
  }

  void stop() {
    stopped = true;
  }

  /** Wall time of the launch. */
  public long nanos() {
    return nanos;
  }

  /** What an observer found out, by the class that tells it. */
  public <T> Optional<T> part(Class<T> type) {
    return Optional.ofNullable(type.cast(parts.get(type)));
  }

  /** What the device's sanitizers found. */
  public Findings findings() {
    return findings;
  }

  /** Adds a part; for observers. */
  public <T> void put(Class<T> type, T part) {
    parts.put(type, part);
  }

  void ended(long instructions, long time) {
    warpInstructions = instructions;
    nanos = time;
  }
}
