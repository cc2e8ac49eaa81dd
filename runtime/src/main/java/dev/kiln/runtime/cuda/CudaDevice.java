package dev.kiln.runtime.cuda;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;

import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.Specialization;
import dev.kiln.compiler.Target;
import dev.kiln.compiler.gpu.GpuCompiler;
import dev.kiln.compiler.gpu.GpuKernel;
import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.DeviceMemoryException;
import dev.kiln.runtime.DeviceTimer;
import dev.kiln.runtime.KernelVersion;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.LaunchException;
import dev.kiln.runtime.LaunchListener;
import dev.kiln.runtime.ResourceException;
import dev.kiln.runtime.cache.CompileCache;
import dev.kiln.runtime.gpu.GpuArtefact;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * An NVIDIA GPU. Launches, copies and fills are put into the current stream of the calling thread,
 * the device's own unless {@link #use} says otherwise, and run in that order after the call has
 * returned; reading a buffer and {@link #synchronize} wait. May be used by several threads.
 *
 * <p>A fault of a kernel is told by a later call, with the launches that may have made it. The
 * device is lost then: every call fails at once with the same fault, but for those that close.
 */
public final class CudaDevice implements Device {
  private final CudaDriver driver;
  private final CudaProperties properties;
  private final Target target;
  private final CudaOptions options;
  private final DeviceFaults faults;
  private final MemorySegment context;
  private final AtomicLong ticks = new AtomicLong();
  private final Set<AutoCloseable> owned = ConcurrentHashMap.newKeySet();
  private final List<CudaStream> streams = new CopyOnWriteArrayList<>();
  private final ThreadLocal<CudaStream> current = new ThreadLocal<>();
  private final Map<String, CudaModule> modules = new HashMap<>();
  private final CudaMemory memory;
  private final EventPool orderEvents;
  private final ActivityLog activities;
  private final HostCopies copies;
  private final CudaStream own;
  private int streamCount;
  private volatile boolean closed;

  /** Ends the use of a stream by a thread. */
  public interface StreamUse extends AutoCloseable {
    @Override
    void close();
  }

  CudaDevice(CudaDriver driver, CudaProperties properties, CudaOptions options) {
    this.driver = driver;
    this.properties = properties;
    this.target = properties.target();
    this.options = options;
    this.faults = new DeviceFaults(name(), options.blocking());
    MemorySegment out = CallMemory.take();
    check(cuDevicePrimaryCtxRetain(out, properties.ordinal()), "cuDevicePrimaryCtxRetain");
    this.context = CallMemory.handle(out);
    this.orderEvents = new EventPool(faults, false);
    this.activities = new ActivityLog(this);
    this.copies = new HostCopies(this);
    CudaMemory pool = null;
    try {
      makeCurrent();
      pool = new CudaMemory(this);
      this.own = new CudaStream(this, streamCount++, 0);
    } catch (RuntimeException e) {
      if (pool != null) {
        pool.close(new ReleaseSteps(this));
      }
      cuDevicePrimaryCtxRelease_v2(properties.ordinal());
      throw e;
    }
    this.memory = pool;
    streams.add(own);
    OpenDevices.add(this);
  }

  /** What the driver tells of the GPU. */
  public CudaProperties properties() {
    return properties;
  }

  /** The driver that this device is of. */
  public CudaDriver driver() {
    return driver;
  }

  public CudaOptions options() {
    return options;
  }

  /** {@code cuda} for the first GPU, {@code cuda:1} for the second. */
  @Override
  public String name() {
    return properties.ordinal() == 0 ? "cuda" : "cuda:" + properties.ordinal();
  }

  /** Another driver makes other code of the same PTX. */
  @Override
  public String model() {
    return properties.summary() + ", driver " + driver.versionText();
  }

  @Override
  public Target target() {
    return target;
  }

  @Override
  public Buffer allocate(long bytes) {
    enter();
    return memory.allocate(bytes);
  }

  /** Host memory that stays in its place, for copies that do not make the host wait. */
  public PinnedMemory pinned(long bytes) {
    enter();
    return new PinnedMemory(this, bytes);
  }

  /**
   * Host memory as a buffer: the GPU reaches it over the bus, which is slow for what it reads more
   * than once. The memory is registered with the driver until the buffer is closed, which waits for
   * the device.
   */
  @Override
  public Buffer wrap(MemorySegment segment) {
    return ForeignMemory.wrap(this, segment);
  }

  /**
   * Memory of this GPU that another library allocated, as a buffer, without a copy. It must outlive
   * the buffer, and the caller orders the other library's work and Kiln's: by {@link
   * CudaStream#address} or {@link #synchronize}.
   *
   * @throws KilnException if it is no memory of this GPU, or smaller
   */
  public CudaBuffer wrap(long deviceAddress, long bytes) {
    return ForeignMemory.wrap(this, deviceAddress, bytes);
  }

  @Override
  public LoadedKernel load(CompiledKernel kernel) {
    enter();
    if (!kernel.target().isGpu()) {
      throw new KilnException(
          "'%s' was compiled for %s, which '%s' is not"
              .formatted(kernel.name(), kernel.target(), name()));
    }
    Supplier<String> place = () -> kernel.tir().loc().toString();
    return load(kernel.name(), GpuCompiler.compile(kernel), kernel.specialization(), place);
  }

  @Override
  public LoadedKernel load(KernelVersion version) {
    enter();
    GpuKernel ptx = GpuArtefact.of(version, CompileCache.shared());
    Supplier<String> place = () -> version.kernel().declaration().function().loc().toString();
    return load(version.name(), ptx, version.specialization(), place);
  }

  private CudaKernel load(
      String name, GpuKernel ptx, Specialization specialization, Supplier<String> place) {
    return new CudaKernel(this, name, ptx, new LaunchText(name, ptx.abi(), specialization, place));
  }

  /** The module of a compiled kernel; the same for the same text. */
  CudaModule module(String name, String ptx) {
    synchronized (modules) {
      CudaModule known = modules.get(ptx);
      if (known == null) {
        known = CudaModule.load(this, name, ptx);
        modules.put(ptx, known);
      }
      return known;
    }
  }

  /**
   * Loads PTX from any compiler.
   *
   * @param name what messages call it
   */
  public CudaModule loadModule(String name, String ptx) {
    return CudaModule.load(this, name, ptx);
  }

  /** Loads a binary for this GPU, a fat binary, or the bytes of PTX. */
  public CudaModule loadModule(String name, byte[] image) {
    return CudaModule.load(this, name, image);
  }

  /** A new stream of the lowest priority. */
  public CudaStream newStream() {
    return newStream(0);
  }

  /**
   * A new stream.
   *
   * @param priority 0 for the lowest; negative numbers go first, down to what the GPU has
   */
  public CudaStream newStream(int priority) {
    enter();
    int number;
    synchronized (this) {
      number = streamCount++;
    }
    CudaStream stream = new CudaStream(this, number, priority);
    streams.add(stream);
    return stream;
  }

  /** A stream that nobody else sees. */
  CudaStream internalStream() {
    return new CudaStream(this, -1, 0);
  }

  /** A new event, not recorded yet. */
  public CudaEvent newEvent() {
    enter();
    return new CudaEvent(this);
  }

  /** The device's own stream. */
  public CudaStream ownStream() {
    return own;
  }

  /** The stream that the calling thread's work is put into. */
  public CudaStream stream() {
    CudaStream chosen = current.get();
    return chosen == null ? own : chosen;
  }

  /** Puts the calling thread's work into another stream, until the result is closed. */
  public StreamUse use(CudaStream stream) {
    stream.requireOf(this);
    CudaStream before = current.get();
    current.set(stream);
    return () -> {
      if (before == null) {
        current.remove();
      } else {
        current.set(before);
      }
    };
  }

  @Override
  public void synchronize() {
    enter();
    stream().requireNotCapturing("waiting for the device");
    awaitStreams();
    activities.drain();
  }

  /** Waits for all of Kiln's streams, but those of captures. */
  void awaitStreams() {
    for (CudaStream stream : streams) {
      if (!stream.isClosed()) {
        stream.await();
      }
    }
    memory.await();
  }

  /**
   * Reports launches, copies and fills from now on, at the next {@link #synchronize}, reading of a
   * buffer, or when some thousands wait; times are the GPU's.
   */
  @Override
  public void listen(LaunchListener listener) {
    enter();
    activities.listen(listener);
  }

  @Override
  public LaunchListener listener() {
    return activities.listener();
  }

  /** Whether the calling thread's work is recorded by {@link CudaGraph#capture}. */
  @Override
  public boolean isCapturing() {
    return stream().capture() != null;
  }

  /** Times the work of the calling thread's current stream by events. */
  @Override
  public DeviceTimer timer() {
    enter();
    return new CudaTimer(this);
  }

  /** The level-2 cache. */
  @Override
  public long cacheBytes() {
    return properties.l2Bytes();
  }

  /** Buffers, graphs' memory, and scratch memory of launches that are being queued. */
  @Override
  public MemoryUse memoryUse() {
    return memory.ledger().use();
  }

  /** What Kiln holds on this device, for people. */
  public String describeMemory() {
    return memory.ledger().describe();
  }

  /** Whether a fault has made it unusable. */
  public boolean isLost() {
    return faults.isLost();
  }

  /** Whether it was closed. */
  public boolean isClosed() {
    return closed;
  }

  /**
   * Waits for the device, and gives back everything that it has: graphs, pinned memory, modules,
   * events, streams, buffers. A device that is lost is given up without waiting.
   */
  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      try {
        new DeviceRelease(this).run();
      } finally {
        closed = true;
        OpenDevices.remove(this);
      }
    }
  }

  // What the parts of a device use.

  /** Before each call: fails if it is closed or lost; makes the context the thread's. */
  void enter() {
    if (closed) {
      throw new DeviceMemoryException("the device '" + name() + "' is closed");
    }
    faults.requireAlive();
    makeCurrent();
  }

  /** {@link #enter}, for work in the current stream. */
  CudaStream enterStream() {
    CudaStream stream = stream();
    stream.enter();
    return stream;
  }

  /** Each time: other libraries change the thread's context, too, and do not tell. */
  void makeCurrent() {
    check(cuCtxSetCurrent(context), "cuCtxSetCurrent");
  }

  void check(int status, String call) {
    faults.check(status, call);
  }

  /** Gives something back; see {@link ReleaseSteps}. */
  void releasing(Runnable release) {
    new ReleaseSteps(this).step(release).end();
  }

  /** With the option {@code blocking}, waits for a launch. */
  void afterLaunch(CudaStream stream) {
    if (options.blocking() && !memory.isCapturing()) {
      stream.synchronize();
    }
  }

  LaunchException launchFailure(String kernel, String launch, CudaException cause) {
    String message = cause.getMessage() + "\n  launching " + launch;
    return cause.number() == CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES()
        ? new ResourceException(kernel, message, cause)
        : new LaunchException(kernel, message, cause);
  }

  /** The time between two events that are passed. */
  long elapsedNanos(MemorySegment start, MemorySegment end) {
    MemorySegment out = CallMemory.take();
    check(driver.library().elapsedTime(out, start, end), "cuEventElapsedTime");
    return Math.round(CallMemory.single(out) * 1e6);
  }

  /** A new tick: work was queued. */
  long tick() {
    return ticks.incrementAndGet();
  }

  long now() {
    return ticks.get();
  }

  void forget(CudaStream stream) {
    if (current.get() == stream) {
      throw new KilnException("the stream is in use: close what CudaDevice.use returned first");
    }
    streams.remove(stream);
  }

  List<CudaStream> streams() {
    return streams;
  }

  Set<AutoCloseable> owned() {
    return owned;
  }

  DeviceFaults faults() {
    return faults;
  }

  CudaMemory memory() {
    return memory;
  }

  EventPool orderEvents() {
    return orderEvents;
  }

  ActivityLog activities() {
    return activities;
  }

  HostCopies copies() {
    return copies;
  }

  MemorySegment context() {
    return context;
  }

  @Override
  public String toString() {
    return name() + ", " + model();
  }
}
