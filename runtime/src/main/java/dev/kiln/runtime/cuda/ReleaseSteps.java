package dev.kiln.runtime.cuda;

/**
 * Gives things back, one after the other: a step that fails does not keep the others from being
 * made. On a device that is closed or lost nothing is left to do, and a loss that shows now is told
 * by the next call, at the latest by the one that closes the device.
 */
final class ReleaseSteps {
  private final CudaDevice device;
  private final boolean wasLost;
  private RuntimeException first;

  ReleaseSteps(CudaDevice device) {
    this.device = device;
    this.wasLost = device.faults().isLost();
  }

  ReleaseSteps step(Runnable release) {
    if (device.isClosed() || device.faults().isLost()) {
      return this;
    }
    // In the context of another device, the step would fail as if this one were lost.
    if (attempt(device::makeCurrent) || attempt(device::makeCurrent)) {
      attempt(release);
    }
    return this;
  }

  private boolean attempt(Runnable action) {
    try {
      action.run();
      return true;
    } catch (RuntimeException e) {
      first = first == null ? e : first;
      return false;
    }
  }

  /** Throws the first failure, unless the device is lost. */
  void end() {
    if (first == null || wasLost) {
      return;
    }
    if (!device.faults().isLost()) {
      throw first;
    }
    device.faults().keepUntold();
  }
}
