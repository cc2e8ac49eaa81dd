package dev.kiln.runtime.sim;

import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.exec.Site;
import java.util.Optional;

/**
 * A launch stopped. The message says what happened, the PTX line, the source line where it is
 * known, block, warp and lane, and for an address what lies nearby.
 */
public final class SimFault extends KilnException {
  private static final long serialVersionUID = 1L;

  private final LaneFault.Kind kind;
  private final transient Optional<Place> place;
  private transient Optional<SimReport> report = Optional.empty();

  public SimFault(LaneFault.Kind kind, String message) {
    this(kind, message, Optional.empty());
  }

  public SimFault(LaneFault.Kind kind, String message, Optional<Place> place) {
    super(message);
    this.kind = kind;
    this.place = place;
  }

  public LaneFault.Kind kind() {
    return kind;
  }

  /** Where it stopped; empty where no single warp is at fault. */
  public Optional<Place> place() {
    return place;
  }

  /** What is known about the launch up to the fault, findings included. */
  public Optional<SimReport> report() {
    return report;
  }

  void stopped(SimReport launch) {
    report = Optional.of(launch);
  }

  /**
   * A place in a launch.
   *
   * @param site the instruction; empty for an operation that no instruction began
   * @param x of the block; y and z likewise
   * @param warp number in its block
   * @param lane -1 if it is none's in particular
   */
  public record Place(Optional<Site> site, int x, int y, int z, int warp, int lane) {}
}
