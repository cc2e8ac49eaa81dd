package dev.kiln.runtime.sim;

import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.Target;
import dev.kiln.compiler.gpu.GpuCompiler;
import dev.kiln.compiler.gpu.GpuKernel;
import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.DeviceActivity;
import dev.kiln.runtime.DeviceTimer;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.HostTimer;
import dev.kiln.runtime.KernelVersion;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.LaunchListener;
import dev.kiln.runtime.cache.CompileCache;
import dev.kiln.runtime.gpu.GpuArtefact;
import dev.kiln.runtime.memory.HostMemory;
import dev.kiln.runtime.sim.exec.Code;
import dev.kiln.runtime.sim.exec.Executor;
import dev.kiln.runtime.sim.exec.GridRun;
import dev.kiln.runtime.sim.exec.LaunchShape;
import dev.kiln.runtime.sim.memory.AddressSpace;
import dev.kiln.runtime.sim.memory.Region;
import dev.kiln.runtime.sim.memory.SimMemory;
import dev.kiln.runtime.sim.monitor.LaunchObserver;
import dev.kiln.runtime.sim.monitor.Monitor;
import dev.kiln.runtime.sim.monitor.MonitorChain;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A GPU that is simulated: runs PTX, on the host's threads, with its own addresses. A launch runs
 * within the call; several threads' launches run one after the other.
 */
public final class SimDevice implements Device {
  private final SimOptions options;
  private final Optional<Function<CompiledKernel, GpuKernel>> generator;
  private final SimMemory memory;
  private final Sanitizers sanitizers;
  private volatile LaunchListener listener;
  private volatile SimReport lastReport;
  private volatile boolean closed;

  /** A device of the standard options. */
  public SimDevice() {
    this(SimOptions.standard());
  }

  /** A device whose kernels the compiler makes PTX of. */
  public SimDevice(SimOptions options) {
    this(options, Optional.empty());
  }

  /**
   * A device with PTX of the caller's.
   *
   * @param generator makes PTX of a kernel, in the place of the compiler
   */
  public SimDevice(SimOptions options, Function<CompiledKernel, GpuKernel> generator) {
    this(options, Optional.of(generator));
  }

  private SimDevice(SimOptions options, Optional<Function<CompiledKernel, GpuKernel>> generator) {
    this.options = options;
    this.generator = generator;
    this.memory =
        new SimMemory(
            this,
            new AddressSpace(options.memoryBytes(), options.heapBytes(), options.tracksWrites()));
    this.sanitizers = new Sanitizers(options.sanitizers(), memory.space());
  }

  public SimOptions options() {
    return options;
  }

  @Override
  public String name() {
    return "sim";
  }

  @Override
  public String model() {
    return "sim " + target();
  }

  @Override
  public Target target() {
    return options.target();
  }

  @Override
  public Buffer allocate(long bytes) {
    requireOpen();
    return memory.allocate(bytes);
  }

  @Override
  public Buffer wrap(MemorySegment segment) {
    requireOpen();
    return memory.wrap(segment);
  }

  /**
   * Gives a module's variables memory and makes its entries ready to be launched.
   *
   * @throws dev.kiln.runtime.DeviceMemoryException if there is not enough memory
   */
  public SimModule load(PtxModule module) {
    requireOpen();
    return new SimModule(this, module, memory);
  }

  @Override
  public LoadedKernel load(CompiledKernel kernel) {
    requireOpen();
    GpuKernel ptx = generator.isPresent() ? generator.get().apply(kernel) : compile(kernel);
    return new CompiledPtx(this, kernel.name(), ptx, () -> kernel);
  }

  private static GpuKernel compile(CompiledKernel kernel) {
    if (!kernel.target().isGpu()) {
      throw new KilnException(
          "'%s' was compiled for %s, which the simulator is not"
              .formatted(kernel.name(), kernel.target()));
    }
    return GpuCompiler.compile(kernel);
  }

  @Override
  public LoadedKernel load(KernelVersion version) {
    if (generator.isPresent()) {
      return load(version.compiled());
    }
    requireOpen();
    GpuKernel ptx = GpuArtefact.of(version, CompileCache.shared());
    return new CompiledPtx(this, version.name(), ptx, version::compiled);
  }

  /** The name under which messages know the PTX of a compiled kernel. */
  public static String fileName(String kernel) {
    return kernel + ".ptx";
  }

  /** Launches have finished when their call returns. */
  @Override
  public void synchronize() {}

  /** By the host's clock it does, as the simulator's code is compiled. */
  @Override
  public boolean warmsUp() {
    return options.timer().isEmpty();
  }

  @Override
  public DeviceTimer timer() {
    return options.timer().map(Supplier::get).orElseGet(() -> new HostTimer(this));
  }

  @Override
  public void listen(LaunchListener newListener) {
    listener = newListener;
  }

  @Override
  public LaunchListener listener() {
    return listener;
  }

  /** What is known about the last launch, one that stopped included; {@code null} before any. */
  public SimReport lastReport() {
    return lastReport;
  }

  @Override
  public MemoryUse memoryUse() {
    return memory.use();
  }

  @Override
  public void close() {
    synchronized (this) {
      if (!closed) {
        closed = true;
        memory.close();
      }
    }
  }

  void requireOpen() {
    HostMemory.requireOpen(closed, this);
  }

  /** Runs a launch that has been checked. */
  SimReport run(Code code, LaunchShape shape, MemorySegment parameters) {
    SimReport report;
    synchronized (this) {
      requireOpen();
      report = runAlone(code, shape, parameters);
    }
    LaunchListener hears = listener;
    if (hears != null) {
      Grid grid = Grid.of(shape.gridX(), shape.gridY(), shape.gridZ());
      long start = System.nanoTime() - report.nanos();
      hears.heard(new DeviceActivity.KernelRun(report.kernel(), grid, 0, start, report.nanos()));
    }
    return report;
  }

  private SimReport runAlone(Code code, LaunchShape shape, MemorySegment parameters) {
    SimReport report = new SimReport(code.program().name(), shape);
    Region block = memory.space().parameters(parameters);
    GridRun grid = new GridRun(memory.space(), block, shape);
    grid.tensorMode = options.tensorMode();
    grid.output = options.output();
    List<LaunchObserver.Session> sessions =
        Stream.concat(Stream.of(sanitizers.watch(report)), options.observers().stream())
            .map(observer -> observer.begins(code.program(), grid))
            .toList();
    long start = System.nanoTime();
    long steps = 0;
    try {
      steps = new Executor(code, grid, options.executor()).run(thread -> monitor(sessions, thread));
    } catch (SimFault fault) {
      report.stop();
      fault.stopped(report);
      throw fault;
    } finally {
      report.ended(steps, System.nanoTime() - start);
      lastReport = report;
      memory.space().release(block);
      sessions.forEach(session -> session.ends(report));
    }
    return report;
  }

  private static Monitor monitor(List<LaunchObserver.Session> sessions, int thread) {
    return MonitorChain.of(sessions.stream().map(session -> session.monitor(thread)).toList());
  }
}
