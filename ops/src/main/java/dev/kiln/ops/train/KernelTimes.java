package dev.kiln.ops.train;

import dev.kiln.runtime.Grid;
import dev.kiln.runtime.LaunchListener;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Adds up the time of a device's launches by kernel. */
public final class KernelTimes implements LaunchListener {
  private final Map<String, Sum> sums = new HashMap<>();

  private static final class Sum {
    long launches;
    long nanos;
  }

  /** Time spent in a kernel. */
  public record KernelTime(String kernel, long launches, long nanos) {}

  @Override
  public synchronized void launched(String kernel, Grid grid, long nanos) {
    Sum sum = sums.get(kernel);
    if (sum == null) {
      sum = new Sum();
      sums.put(kernel, sum);
    }
    sum.launches++;
    sum.nanos += nanos;
  }

  /** All kernels, the one that took longest first. */
  public synchronized List<KernelTime> sorted() {
    return sums.entrySet().stream()
        .map(e -> new KernelTime(e.getKey(), e.getValue().launches, e.getValue().nanos))
        .sorted(
            Comparator.comparingLong(KernelTime::nanos)
                .reversed()
                .thenComparing(KernelTime::kernel))
        .toList();
  }
}
