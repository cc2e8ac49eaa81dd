package dev.kiln.runtime.cuda;

import static dev.kiln.runtime.cuda.driver.CudaHeader.cuDevicePrimaryCtxRelease_v2;

import java.util.List;

/** The end of a device: everything is given back, what uses something before that. */
final class DeviceRelease {
  /** How long a driver may take to give up the context of a lost device. */
  private static final long PATIENCE_MILLIS = 2_000;

  private final CudaDevice device;
  private final ReleaseSteps steps;

  DeviceRelease(CudaDevice device) {
    this.device = device;
    this.steps = new ReleaseSteps(device);
  }

  /** Throws the first failure, or a loss that nobody has been told of. */
  void run() {
    steps.step(device::awaitStreams).step(device.activities()::drain);
    closeAll(CudaGraph.class);
    closeAll(CudaBuffer.class);
    device.memory().closeBuffers(steps);
    steps.step(device::awaitStreams);
    device.copies().close();
    closeAll(PinnedMemory.class);
    closeAll(CudaModule.class);
    closeAll(CudaEvent.class);
    device.activities().close(steps);
    device.orderEvents().close(steps);
    device.streams().forEach(stream -> steps.step(stream::destroy));
    device.memory().close(steps);
    releaseContext();
    steps.end();
    device.faults().requireTold();
  }

  private void closeAll(Class<? extends AutoCloseable> kind) {
    List<AutoCloseable> things =
        device.owned().stream().filter(kind::isInstance).map(AutoCloseable.class::cast).toList();
    things.forEach(thing -> steps.step(() -> close(thing)));
  }

  private static void close(AutoCloseable thing) {
    switch (thing) {
      case CudaGraph graph -> graph.close();
      case PinnedMemory pinned -> pinned.close();
      case CudaModule module -> module.close();
      case CudaEvent event -> event.close();
      case CudaBuffer lent -> lent.close();
      default -> throw new IllegalStateException("not the device's: " + thing);
    }
  }

  /** A lost device may not answer, so nobody waits for it for long. */
  private void releaseContext() {
    int ordinal = device.properties().ordinal();
    if (!device.faults().isLost()) {
      steps.step(
          () -> device.check(cuDevicePrimaryCtxRelease_v2(ordinal), "cuDevicePrimaryCtxRelease"));
      return;
    }
    Thread release =
        Thread.ofPlatform()
            .daemon()
            .name("kiln-cuda-release")
            .start(() -> cuDevicePrimaryCtxRelease_v2(ordinal));
    try {
      release.join(PATIENCE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
