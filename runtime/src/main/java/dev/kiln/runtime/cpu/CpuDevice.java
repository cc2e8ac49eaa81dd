package dev.kiln.runtime.cpu;

import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.Target;
import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.KernelVersion;
import dev.kiln.runtime.LaunchListener;
import dev.kiln.runtime.memory.HostMemory;
import dev.kiln.runtime.memory.Slab;
import java.lang.foreign.MemorySegment;

/**
 * Kernels as generated classes, programs on all cores. A launch runs within the call; several
 * threads' launches run one after the other.
 *
 * <p>Determinism: the same launch gives the same bits for every number of threads and every SIMD
 * width.
 */
public final class CpuDevice implements Device {
  private final CpuOptions options;
  private final HostMemory memory;
  private final CpuLaunches launches;
  private volatile boolean closed;
  private volatile String model;

  public CpuDevice(CpuOptions options) {
    this.options = options;
    if (!VectorSupport.isAvailable()) {
      MissingFlag.warnOnce();
    }
    Slab slab =
        options.memoryBytes() == 0 ? Slab.ofDefaultSize() : Slab.ofSize(options.memoryBytes());
    this.memory = new HostMemory(this, slab);
    this.launches = new CpuLaunches(memory, options.threads());
  }

  /** All processors, the widest vectors of the machine. */
  public static CpuDevice ofMachine() {
    return new CpuDevice(CpuOptions.unasked());
  }

  public CpuOptions options() {
    return options.resolved();
  }

  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public String model() {
    if (model == null) {
      model = options.label() + ", " + options.threads() + " threads, " + ProcessorName.ofMachine();
    }
    return model;
  }

  @Override
  public Target target() {
    return Target.CPU;
  }

  @Override
  public Buffer allocate(long bytes) {
    HostMemory.requireOpen(closed, this);
    return memory.allocate(bytes);
  }

  @Override
  public Buffer wrap(MemorySegment segment) {
    HostMemory.requireOpen(closed, this);
    return memory.wrap(segment);
  }

  @Override
  public LoadedKernel load(CompiledKernel kernel) {
    HostMemory.requireOpen(closed, this);
    return CpuKernel.load(kernel, options, launches);
  }

  @Override
  public LoadedKernel load(KernelVersion version) {
    HostMemory.requireOpen(closed, this);
    return CpuKernel.load(version, options, launches);
  }

  @Override
  public boolean warmsUp() {
    return true;
  }

  /** Launches have finished when their call returns. */
  @Override
  public void synchronize() {}

  @Override
  public long cacheBytes() {
    return CpuCaches.largest();
  }

  @Override
  public void listen(LaunchListener listener) {
    launches.listen(listener);
  }

  @Override
  public LaunchListener listener() {
    return launches.listener();
  }

  @Override
  public MemoryUse memoryUse() {
    return memory.use();
  }

  @Override
  public void close() {
    closed = true;
    launches.close();
  }
}
