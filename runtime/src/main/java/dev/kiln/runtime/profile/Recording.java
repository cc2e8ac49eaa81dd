package dev.kiln.runtime.profile;

import dev.kiln.runtime.DeviceActivity;
import dev.kiln.runtime.sim.monitor.count.TextTable;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a {@link Profiler} has recorded. Times are on the clock of {@link System#nanoTime}.
 *
 * @param device its name
 * @param model the device with all that makes one faster than another
 * @param start when the recording began
 * @param activities launches and copies, in the order in which the device told of them
 * @param spans of the program, in the order in which they ended
 * @param memory bytes of the device's memory that were in use, where that changed
 */
public record Recording(
    String device,
    String model,
    long start,
    List<Activity> activities,
    List<HostSpan> spans,
    List<MemorySample> memory) {
  /** The thread that made a launch, where the device does not tell. */
  public static final long UNKNOWN_THREAD = 0;

  public Recording {
    activities = List.copyOf(activities);
    spans = List.copyOf(spans);
    memory = List.copyOf(memory);
  }

  /**
   * Something that the device did.
   *
   * @param caller the thread that asked for it, or {@link #UNKNOWN_THREAD}
   */
  public record Activity(DeviceActivity what, long caller) {
    /** The kernel's name, or what was copied where. */
    public String name() {
      return switch (what) {
        case DeviceActivity.KernelRun run -> run.kernel();
        case DeviceActivity.Copy copy ->
            switch (copy.direction()) {
              case HOST_TO_DEVICE -> "copy to device";
              case DEVICE_TO_HOST -> "copy to host";
              case DEVICE_TO_DEVICE -> "copy on device";
              case FILL -> "fill";
            };
      };
    }
  }

  /** A stretch of the program's work. */
  public record HostSpan(String name, long thread, String threadName, long start, long nanos) {}

  /** Bytes in use from then on. */
  public record MemorySample(long time, long bytes) {}

  /**
   * Activities of one name together.
   *
   * @param bytes that were copied; 0 for kernels
   */
  public record Total(String name, long count, long nanos, long bytes) {
    private Total plus(Total other) {
      return new Total(name, count + other.count, nanos + other.nanos, bytes + other.bytes);
    }
  }

  /** Kernels and copies by name, what took longest first. */
  public List<Total> totals() {
    Map<String, Total> totals = new LinkedHashMap<>();
    for (Activity activity : activities) {
      long bytes = activity.what() instanceof DeviceActivity.Copy copy ? copy.bytes() : 0;
      totals.merge(
          activity.name(),
          new Total(activity.name(), 1, activity.what().nanos(), bytes),
          Total::plus);
    }
    return totals.values().stream()
        .sorted(Comparator.comparingLong(Total::nanos).reversed().thenComparing(Total::name))
        .toList();
  }

  /** {@link #totals} as a table of text, with shares of the time of all of them. */
  public String summary() {
    List<Total> totals = totals();
    double all = totals.stream().mapToLong(Total::nanos).sum();
    TextTable table = new TextTable().row("", "count", "total", "mean", "share", "bytes");
    for (Total total : totals) {
      table.row(
          total.name(),
          total.count(),
          Nanos.text(total.nanos()),
          Nanos.text((double) total.nanos() / total.count()),
          String.format(Locale.ROOT, "%.1f %%", all == 0 ? 0 : 100 * total.nanos() / all),
          total.bytes() == 0 ? "" : total.bytes());
    }
    return String.join("\n", table.lines()) + "\n";
  }
}
