package dev.kiln.runtime.cuda;

import dev.kiln.runtime.KilnException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The devices that are open in this process: those that everybody shares, and all, which are closed
 * when the process ends.
 */
public final class OpenDevices {
  /** A process that ends does not wait longer for a device that is busy. */
  private static final long PATIENCE_MILLIS = 2_000;

  private static final List<CudaDevice> OPEN = new CopyOnWriteArrayList<>();
  private static final Map<Integer, CudaDevice> SHARED = new HashMap<>();
  private static boolean hooked;

  private OpenDevices() {}

  /**
   * The device that the process shares for a GPU, opened if there is none, or it was closed.
   *
   * @throws KilnException if there is no driver or no such GPU
   */
  public static synchronized CudaDevice shared(int ordinal) {
    CudaDevice known = SHARED.get(ordinal);
    if (known == null || known.isClosed()) {
      known = CudaDriver.load().open(ordinal, CudaOptions.fromEnvironment());
      SHARED.put(ordinal, known);
    }
    return known;
  }

  static synchronized void add(CudaDevice device) {
    OPEN.add(device);
    if (!hooked) {
      hooked = true;
      Runtime.getRuntime().addShutdownHook(new Thread(OpenDevices::end, "kiln-cuda-end"));
    }
  }

  static void remove(CudaDevice device) {
    OPEN.remove(device);
  }

  private static void end() {
    Thread closing = Thread.ofPlatform().daemon().start(OpenDevices::closeAll);
    try {
      closing.join(PATIENCE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void closeAll() {
    for (CudaDevice device : OPEN) {
      try {
        device.close();
      } catch (KilnException e) {
        // Nobody is left who could hear of it; the driver cleans up after the process.
      }
    }
  }
}
