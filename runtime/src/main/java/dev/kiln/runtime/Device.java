package dev.kiln.runtime;

import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.Target;
import java.lang.foreign.MemorySegment;

/**
 * Something that runs kernels, with memory of its own. Launches of one device run one after the
 * other, in the order in which they were made; methods may be called from any thread.
 */
public interface Device extends AutoCloseable {
  /** {@code cpu}, {@code eval}, {@code sim}, {@code cuda}. */
  String name();

  /** The device with all that makes one faster than another: what tuning depends on. */
  default String model() {
    return name();
  }

  /** What the compiler has to make code for. */
  Target target();

  /**
   * Memory with undefined content.
   *
   * @param bytes at least 0
   * @throws DeviceMemoryException if there is not enough
   */
  Buffer allocate(long bytes);

  /**
   * Foreign host memory as a buffer, without a copy; it must outlive the buffer.
   *
   * @throws KilnException if the segment is on the Java heap, or the device cannot see host memory
   */
  Buffer wrap(MemorySegment segment);

  /** Makes a compiled kernel ready to run. The result may be launched any number of times. */
  LoadedKernel load(CompiledKernel kernel);

  /**
   * Makes a kernel ready to run: compiles it, or takes what was made of it before.
   *
   * @throws dev.kiln.compiler.diagnostics.CompilationException if it is not well formed
   */
  default LoadedKernel load(KernelVersion version) {
    return load(version.compiled());
  }

  /** Waits until every launch has finished, and reports the first fault among them. */
  void synchronize();

  /**
   * Whether kernels become faster while they run, because the JVM compiles their code meanwhile.
   */
  default boolean warmsUp() {
    return false;
  }

  /** Whether launches are recorded into a graph instead of being run. */
  default boolean isCapturing() {
    return false;
  }

  /** A new timer of this device's work; by default the host's clock, with waiting. */
  default DeviceTimer timer() {
    return new HostTimer(this);
  }

  /**
   * The size of the largest cache between kernels and memory, which measurements write over to
   * begin with cold caches; 0 if there is none, or it is not known.
   */
  default long cacheBytes() {
    return 0;
  }

  /**
   * Reports every launch from now on to the listener, and to no other; {@code null} ends that.
   *
   * @see #listenBeside
   */
  void listen(LaunchListener listener);

  /** Who hears of launches; {@code null} if nobody does, or the device never tells. */
  default LaunchListener listener() {
    return null;
  }

  /**
   * Reports every launch from now on to one more listener, besides those that listen already, until
   * the result is closed.
   */
  default Listening listenBeside(LaunchListener added) {
    synchronized (this) {
      listen(ListenerList.with(listener(), added));
    }
    return () -> {
      synchronized (this) {
        listen(ListenerList.without(listener(), added));
      }
    };
  }

  /**
   * Bytes of memory now in use, and the most that were in use at a time since the device was made.
   */
  MemoryUse memoryUse();

  @Override
  void close();

  /** Ends with {@link #close}. */
  interface Listening extends AutoCloseable {
    @Override
    void close();
  }

  /** Bytes in use. */
  record MemoryUse(long current, long peak) {}

  /** A kernel on a device. */
  interface LoadedKernel {
    /**
     * Starts a launch.
     *
     * @param arguments 8 bytes for each run-time argument in the order of the kernel's parameters:
     *     an address, a sign-extended integer, or the raw bits of a float in the low bytes. Read
     *     before this method returns.
     */
    void launch(int gridX, int gridY, int gridZ, MemorySegment arguments);
  }
}
