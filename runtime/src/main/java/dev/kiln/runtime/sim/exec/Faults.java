package dev.kiln.runtime.sim.exec;

import dev.kiln.runtime.sim.SimFault;
import dev.kiln.runtime.sim.SimFault.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Makes faults of what steps throw: adds instruction, lines, block, warp and lane. */
final class Faults {
  private Faults() {}

  /**
   * @param thrown by the step; a fault that has its place already stays as it is
   * @param lanes for which the step ran
   */
  static SimFault at(Throwable thrown, Step step, Warp warp, int lanes) {
    return switch (thrown) {
      case SimFault fault -> fault;
      case LaneFault fault -> located(fault.kind(), fault.lane(), fault.getMessage(), step, warp);
      case OutOfMemoryError e ->
          located(
              LaneFault.Kind.OUT_OF_MEMORY, -1, "the simulator has not enough memory", step, warp);
      default -> internal(thrown, step, warp, lanes);
    };
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
      text.append("\n  at ").append(describe(step));
      text.append("\n  in ").append(site.function()).append(", ");
    } else {
      text.append("\n  in ");
    }
    text.append(blockOf(warp)).append(", warp ").append(warp.index);
    if (lane >= 0) {
      text.append(", lane ").append(lane).append(", thread ").append(threadOf(warp, lane));
    }
    return new SimFault(kind, text.toString(), place(site, lane, warp));
  }

  private static Optional<Place> place(Site site, int lane, Warp warp) {
    Block block = warp.block;
    return Optional.of(
        new Place(Optional.ofNullable(site), block.x, block.y, block.z, warp.index, lane));
  }

  /** "add.s32 %r1, %r2, 1 (kernel.ptx:12, softmax.py:7)". */
  static String describe(Step step) {
    Site site = step.site();
    if (site == null) {
      return step.getClass().getSimpleName();
    }
    String source = site.source().map(place -> ", " + place).orElse("");
    return "%s (%s:%d%s)"
        .formatted(InstructionText.of(site.instruction()), site.file(), site.line(), source);
  }

  static String blockOf(Warp warp) {
    return "block (%d, %d, %d)".formatted(warp.block.x, warp.block.y, warp.block.z);
  }

  private static String threadOf(Warp warp, int lane) {
    LaunchShape shape = warp.block.grid.shape;
    int thread = warp.thread(lane);
    int x = thread % shape.blockX();
    int y = thread / shape.blockX() % shape.blockY();
    int z = thread / shape.blockX() / shape.blockY();
    return "(%d, %d, %d)".formatted(x, y, z);
  }

  /** "3" or "0-15, 17". */
  static String lanes(int mask) {
    List<String> ranges = new ArrayList<>();
    for (int lane = 0; lane < Warp.LANES; lane++) {
      if ((mask >>> lane & 1) == 0) {
        continue;
      }
      int last = lane;
      while (last + 1 < Warp.LANES && (mask >>> last + 1 & 1) != 0) {
        last++;
      }
      ranges.add(last == lane ? "" + lane : lane + "-" + last);
      lane = last;
    }
    return ranges.isEmpty() ? "none" : String.join(", ", ranges);
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
