package dev.kiln.runtime.cuda;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;

import dev.kiln.runtime.KilnException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The CUDA driver of this machine, initialised: its version, and the GPUs that this process may
 * use, numbered as {@code CUDA_VISIBLE_DEVICES} leaves them.
 */
public final class CudaDriver {
  private final DriverLibrary library;
  private final int version;

  private CudaDriver(DriverLibrary library, int version) {
    this.library = library;
    this.version = version;
  }

  /**
   * Loads and initialises the driver; after the first time that costs nothing.
   *
   * @throws KilnException if there is none, or it cannot be used; the message says what to do
   */
  public static CudaDriver load() {
    DriverLibrary library = DriverLibrary.load();
    int status = cuInit(0);
    if (status != CudaStatus.SUCCESS) {
      throw CudaException.of("cuInit", CudaStatus.of(status), visible());
    }
    MemorySegment out = CallMemory.take();
    require(cuDriverGetVersion(out), "cuDriverGetVersion");
    return new CudaDriver(library, CallMemory.integer(out));
  }

  /** The newest CUDA version that the driver knows: 13000 for 13.0. */
  public int version() {
    return version;
  }

  /** {@code 13.0}. */
  public String versionText() {
    return version / 1000 + "." + version % 1000 / 10;
  }

  /** The library's file. */
  public Path file() {
    return library.file();
  }

  /** How many GPUs this process may use; may be 0. */
  public int deviceCount() {
    MemorySegment out = CallMemory.take();
    require(cuDeviceGetCount(out), "cuDeviceGetCount");
    return CallMemory.integer(out);
  }

  /** The GPUs that this process may use. */
  public List<CudaProperties> devices() {
    return IntStream.range(0, deviceCount()).mapToObj(CudaProperties::of).toList();
  }

  /**
   * A new device on a GPU, with memory and streams of its own. It is to be closed, or ends with the
   * process.
   *
   * @throws KilnException if there is no such GPU, or Kiln makes no code for it
   */
  public CudaDevice open(int ordinal, CudaOptions options) {
    int count = deviceCount();
    if (count == 0) {
      throw new KilnException(
          "the CUDA driver (%s, CUDA %s) shows no GPU to this process%s"
              .formatted(file(), versionText(), visible()));
    }
    if (ordinal < 0 || ordinal >= count) {
      throw new KilnException(
          "there is no GPU %d: this process sees %s%s"
              .formatted(
                  ordinal,
                  count == 1 ? "one, number 0" : count + ", numbers 0 to " + (count - 1),
                  visible()));
    }
    return new CudaDevice(this, CudaProperties.of(ordinal), options);
  }

  DriverLibrary library() {
    return library;
  }

  /** Fails if a call that concerns no device did. */
  static void require(int status, String call) {
    if (status != CudaStatus.SUCCESS) {
      throw CudaException.of(call, CudaStatus.of(status));
    }
  }

  /** What the environment hides, since that is the usual cause. */
  private static String visible() {
    String visible = System.getenv("CUDA_VISIBLE_DEVICES");
    return visible == null ? "" : ". CUDA_VISIBLE_DEVICES is '" + visible + "'";
  }
}
