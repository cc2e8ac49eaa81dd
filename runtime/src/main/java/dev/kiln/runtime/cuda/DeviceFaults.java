package dev.kiln.runtime.cuda;

import java.util.List;

/**
 * Turns what the driver returns into exceptions, and remembers the one after which the device is
 * lost: from then on every call fails at once with it, without asking the driver, which might not
 * answer.
 */
final class DeviceFaults {
  private static final int MOST_CANDIDATES = 8;

  private final String device;
  private final boolean blocking;
  private final RecentLaunches launches = new RecentLaunches();
  private volatile CudaException lost;
  private volatile boolean untold;

  DeviceFaults(String device, boolean blocking) {
    this.device = device;
    this.blocking = blocking;
  }

  RecentLaunches launches() {
    return launches;
  }

  boolean isLost() {
    return lost != null;
  }

  /** Fails if the device is lost. */
  void requireAlive() {
    CudaException first = lost;
    if (first != null) {
      untold = false;
      throw again(first);
    }
  }

  /** Notes that the loss showed where nobody was told of it. */
  void keepUntold() {
    untold = true;
  }

  /** Fails if the device is lost and nobody knows. */
  void requireTold() {
    if (untold) {
      requireAlive();
    }
  }

  /** Fails if a call did. */
  void check(int status, String call) {
    if (status != CudaStatus.SUCCESS) {
      throw failure(status, call, "");
    }
  }

  /**
   * The exception for a failed call; if the device is lost by it, that is noted.
   *
   * @param more sentences for the message, or nothing
   */
  CudaException failure(int number, String call, String more) {
    CudaStatus status = CudaStatus.of(number);
    if (!status.isLost()) {
      return CudaException.of(call, status, more);
    }
    synchronized (this) {
      if (lost != null) {
        return again(lost);
      }
      lost = CudaException.of(call, status, suspects() + more + lostText());
      return lost;
    }
  }

  /** A new exception each time: several threads may throw it. */
  private CudaException again(CudaException first) {
    return new CudaException(
        first.call(),
        new CudaStatus(first.number(), first.statusName(), ""),
        "the device '" + device + "' is lost since an earlier fault: " + first.getMessage(),
        first);
  }

  private String lostText() {
    return ". The device '%s' is lost with what its memory held: start the process anew, or close the device and open it again"
        .formatted(device);
  }

  private String suspects() {
    List<String> named = blocking ? launches.last() : launches.candidates();
    if (named.isEmpty()) {
      return "";
    }
    if (named.size() == 1) {
      return ". The launch: " + named.getFirst();
    }
    int left = Math.max(0, named.size() - MOST_CANDIDATES);
    StringBuilder text =
        new StringBuilder(
            ". One of these launches made it ("
                + CudaOptions.BLOCKING_VARIABLE
                + "=1 tells which):");
    if (left > 0) {
      text.append("\n  ").append(left).append(" earlier ones");
    }
    named.subList(left, named.size()).forEach(launch -> text.append("\n  ").append(launch));
    return text.append("\n ").toString();
  }
}
