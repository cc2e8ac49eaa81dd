package dev.kiln.runtime.sim.exec;

import dev.kiln.runtime.DeviceMemoryException;
import dev.kiln.runtime.sim.SimFault;
import dev.kiln.runtime.sim.SimFault.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Makes faults of what steps throw: adds instruction, lines, block, warp and lane. */
final class Faults {
  private static final String NO_MEMORY = "the simulator has not enough memory";

  private Faults() {}

  /**
   * @param thrown by the step; a fault that has its place already stays as it is
   * @param lanes for which the step ran
   */
  static SimFault at(Throwable thrown, Step step, Warp warp, int lanes) {
    return switch (thrown) {
      case SimFault fault -> fault;
      case LaneFault fault -> located(fault.kind(), fault.lane(), fault.getMessage(), step, warp);
      case OutOfMemoryError e -> located(LaneFault.Kind.OUT_OF_MEMORY, -1, NO_MEMORY, step, warp);
      case DeviceMemoryException e ->
          located(LaneFault.Kind.OUT_OF_MEMORY, -1, withoutKind(e.getMessage()), step, warp);
      default -> internal(thrown, step, warp, lanes);
    };
  }

  private static String withoutKind(String message) {
    String kind = LaneFault.Kind.OUT_OF_MEMORY.text() + ": ";
    return message.startsWith(kind) ? message.substring(kind.length()) : message;
  }

  /** An error of the simulator itself. */
  private static SimFault internal(Throwable thrown, Step step, Warp warp, int lanes) {
    int lane = Integer.bitCount(lanes) == 1 ? Integer.numberOfTrailingZeros(lanes) : -1;
    SimFault fault =
        located(LaneFault.Kind.INTERNAL, lane, "an error of the simulator: " + thrown, step, warp);
    fault.initCause(thrown);
    return fault;
  }

  private static SimFault located(
      LaneFault.Kind kind, int lane, String message, Step step, Warp warp) {
    Site site = step.site();
    StringBuilder text = new StringBuilder(kind.text()).append(": ").append(message);
    if (site != null) {
      text.append("\n  at ").append(PlaceText.of(site));
      text.append("\n  in ").append(site.function()).append(", ");
    } else {
      text.append("\n  in ");
    }
    text.append(PlaceText.thread(warp, lane));
    return new SimFault(kind, text.toString(), place(site, lane, warp));
  }

  private static Optional<Place> place(Site site, int lane, Warp warp) {
    Block block = warp.block;
    return Optional.of(
        new Place(Optional.ofNullable(site), block.x, block.y, block.z, warp.index, lane));
  }

  /**
   * No thread can go on.
   *
   * @param what "no thread of the cluster can go on"
   */
  static SimFault deadlock(String what, List<WarpRun> warps) {
    List<String> lines = new ArrayList<>();
    for (WarpRun warp : warps) {
      warp.describe(lines);
    }
    StringBuilder text =
        new StringBuilder(LaneFault.Kind.DEADLOCK.text()).append(": ").append(what);
    int shown = Math.min(lines.size(), MAX_LINES);
    lines.subList(0, shown).forEach(line -> text.append("\n  ").append(line));
    if (shown < lines.size()) {
      text.append("\n  and ").append(lines.size() - shown).append(" more");
    }
    return new SimFault(LaneFault.Kind.DEADLOCK, text.toString(), Optional.empty());
  }

  /** So many lines tell what happens; a grid may have thousands of warps. */
  private static final int MAX_LINES = 40;

  /** Not enough memory of the host for the blocks that are to run. */
  static SimFault noMemory() {
    return new SimFault(
        LaneFault.Kind.OUT_OF_MEMORY,
        LaneFault.Kind.OUT_OF_MEMORY.text() + ": " + NO_MEMORY,
        Optional.empty());
  }

  static SimFault limit(String message) {
    return new SimFault(
        LaneFault.Kind.LIMIT,
        "%s: %s".formatted(LaneFault.Kind.LIMIT.text(), message),
        Optional.empty());
  }

  /** Lower case, words apart. */
  static String words(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
