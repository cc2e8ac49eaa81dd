package dev.kiln.runtime.cuda;

/**
 * Gives things back, one after the other: a step that fails does not keep the others from being
 * made. On a device that is closed or lost nothing is left to do, and a loss that shows now is told
 * by the next call.
 */
final class ReleaseSteps {
  private final CudaDevice device;
  private RuntimeException first;

  ReleaseSteps(CudaDevice device) {
    this.device = device;
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
    if (first != null && !device.faults().isLost()) {
      throw first;
    }
  }
}
