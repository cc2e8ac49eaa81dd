package dev.kiln.tests.cuda.driver;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;

import dev.kiln.runtime.sim.SimFault;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A driver whose GPUs are simulated. It checks calls as the real one does, queues work, and runs it
 * as late as it may, see {@link WorkScheduler}: only waiting makes work run; freeing, unloading and
 * destroying do not wait. Calls of several threads are answered one after the other.
 */
public final class SimulatedDriver implements AutoCloseable {
  private final DriverSettings settings;
  private final FaultInjection injection = new FaultInjection();
  private final Handles handles = new Handles();
  private final WorkScheduler scheduler = new WorkScheduler(this::failed);
  private final DriverMemory memory = new DriverMemory(scheduler::completeAll);
  private final ThreadLocal<DriverContext> current = new ThreadLocal<>();
  private final List<SimulatedGpu> gpus = new ArrayList<>();
  private final FunctionTable functions = new FunctionTable();
  private final List<String> faults = new ArrayList<>();
  private final List<String> refusals = new ArrayList<>();
  private final List<String> leaks = new ArrayList<>();
  private Throwable broken;
  private boolean initialised;
  private boolean inHostFunction;
  private boolean closed;

  public SimulatedDriver(DriverSettings settings) {
    this.settings = settings;
    settings
        .gpus()
        .forEach(t -> gpus.add(new SimulatedGpu(gpus.size(), t, settings.deviceBytes())));
    new DeviceCalls(this).addTo(functions);
    new MemoryCalls(this).addTo(functions);
    new PoolCalls(this).addTo(functions);
    new CopyCalls(this).addTo(functions);
    new StreamCalls(this).addTo(functions);
    new EventCalls(this).addTo(functions);
    new GraphCalls(this).addTo(functions);
    new ModuleCalls(this).addTo(functions);
    new LaunchCalls(this).addTo(functions);
    new TensorMapCalls().addTo(functions);
  }

  /** Calls up to now, and errors to be injected. */
  public FaultInjection injection() {
    return injection;
  }

  /** What work made contexts fail, the simulator's texts. */
  public synchronized List<String> faults() {
    return List.copyOf(faults);
  }

  /** Calls that returned an error, and why. */
  public synchronized List<String> refusals() {
    return List.copyOf(refusals);
  }

  /** What was not given back when contexts ended that had no fault; it is told once. */
  public synchronized List<String> takeLeaks() {
    List<String> taken = List.copyOf(leaks);
    leaks.clear();
    return taken;
  }

  /** How many hold the primary contexts, all GPUs together. */
  public synchronized int holders() {
    return gpus.stream().mapToInt(SimulatedGpu::holders).sum();
  }

  /** What all programs hold at this time. */
  public synchronized List<String> held() {
    List<String> result = new ArrayList<>();
    for (SimulatedGpu gpu : gpus) {
      if (gpu.context() != null) {
        result.addAll(held(gpu.context()));
      }
    }
    return result;
  }

  /** A mistake of the stand-in itself. */
  public synchronized Optional<Throwable> broken() {
    return Optional.ofNullable(broken);
  }

  /** Makes a GPU fail as if work that ran there had done so. */
  public synchronized void lose(int gpu, int status) {
    DriverContext context = gpus.get(gpu).context();
    if (context != null) {
      context.lose(status);
    }
  }

  /** Answers a call. */
  synchronized int call(String function, MemorySegment arguments) {
    try {
      return answer(function, new CallValues(arguments));
    } catch (DriverError e) {
      if (e.status() != CUDA_ERROR_NOT_READY()) {
        refusals.add(function + ": " + StatusTexts.label(e.status()) + ": " + e.getMessage());
      }
      return e.status();
    } catch (Throwable e) {
      broken = e;
      return CUDA_ERROR_UNKNOWN();
    }
  }

  private int answer(String function, CallValues values) {
    FunctionTable.Entry entry = functions.entry(function);
    int injected = injection.called(function);
    if (injected != 0) {
      if (FunctionTable.isRelease(function)) {
        giveBack(entry, values);
      }
      if (injection.loses()) {
        loseAll(injected);
      }
      throw new DriverError(injected, "injected");
    }
    if (inHostFunction && entry.need() != FunctionTable.Need.NOTHING) {
      throw new DriverError(CUDA_ERROR_NOT_PERMITTED(), "called in a host function");
    }
    if (entry.need() != FunctionTable.Need.NOTHING && !initialised) {
      throw new DriverError(CUDA_ERROR_NOT_INITIALIZED(), "before cuInit");
    }
    DriverContext context = null;
    if (entry.need() == FunctionTable.Need.CONTEXT) {
      context = requireCurrent();
      if (context.isLost()) {
        if (FunctionTable.isRelease(function)) {
          giveBack(entry, values);
        }
        throw new DriverError(context.status(), "the context has failed");
      }
    }
    entry.action().call(context, values);
    return CUDA_SUCCESS();
  }

  private void loseAll(int status) {
    for (SimulatedGpu gpu : gpus) {
      if (gpu.context() != null) {
        gpu.context().lose(status);
      }
    }
  }

  private void giveBack(FunctionTable.Entry entry, CallValues values) {
    try {
      entry.action().call(current.get(), values);
    } catch (DriverError e) {
      // The other error is reported.
    }
  }

  private DriverContext requireCurrent() {
    DriverContext context = current.get();
    if (context == null) {
      throw new DriverError(CUDA_ERROR_INVALID_CONTEXT(), "no context is current to the thread");
    }
    if (context.gpu().context() != context) {
      throw new DriverError(CUDA_ERROR_CONTEXT_IS_DESTROYED(), "the context was released");
    }
    return context;
  }

  /** Work has failed: its context is lost. */
  private void failed(Work work, RuntimeException e) {
    int status =
        switch (e) {
          case SimFault fault -> FaultStatus.of(fault.kind());
          case DriverError error -> error.status();
          default -> CUDA_ERROR_LAUNCH_FAILED();
        };
    work.stream().context().lose(status);
    faults.add(
        "%s in %s: %s"
            .formatted(work.what(), work.stream().name(), String.valueOf(e.getMessage())));
  }

  // What the functions use.

  DriverSettings settings() {
    return settings;
  }

  Handles handles() {
    return handles;
  }

  DriverMemory memory() {
    return memory;
  }

  List<SimulatedGpu> gpus() {
    return gpus;
  }

  SimulatedGpu gpu(int ordinal) {
    if (ordinal < 0 || ordinal >= gpus.size()) {
      throw new DriverError(CUDA_ERROR_INVALID_DEVICE(), "there is no GPU " + ordinal);
    }
    return gpus.get(ordinal);
  }

  void initialise() {
    if (gpus.isEmpty()) {
      throw new DriverError(CUDA_ERROR_NO_DEVICE(), "there is no GPU");
    }
    initialised = true;
  }

  DriverContext currentContext() {
    return current.get();
  }

  void makeCurrent(DriverContext context) {
    current.set(context);
  }

  /** A stream of the current context by its handle. */
  StreamQueue stream(DriverContext context, long handle) {
    if (handle == 0 || handle == CU_STREAM_LEGACY().address()) {
      return context.legacy();
    }
    if (handle == CU_STREAM_PER_THREAD().address()) {
      return context.ofThread();
    }
    StreamQueue stream = handles.get(handle, StreamQueue.class);
    if (stream.context() != context) {
      throw new DriverError(
          CUDA_ERROR_INVALID_HANDLE(), stream.name() + " is one of another context");
    }
    return stream;
  }

  /** Queues work, or records it. */
  void submit(StreamQueue stream, String what, Runnable action) {
    if (stream.capture() != null) {
      requireValid(stream.capture());
      stream.capture().add(stream, what, action);
      return;
    }
    requireNoImplicitCapture(stream);
    scheduler.submit(stream, what, action);
  }

  /** Queues or records what gives memory back. */
  void submitRelease(StreamQueue stream, String what, Runnable action) {
    if (stream.capture() != null) {
      submit(stream, what, action);
      return;
    }
    requireNoImplicitCapture(stream);
    scheduler.submitRelease(stream, what, action);
  }

  /** Queues what cannot be recorded. */
  Work enqueue(StreamQueue stream, String what, Runnable action) {
    requireNoImplicitCapture(stream);
    return scheduler.submit(stream, what, action);
  }

  static void requireValid(Capture capture) {
    if (capture.isInvalid()) {
      throw new DriverError(
          CUDA_ERROR_STREAM_CAPTURE_INVALIDATED(), "a call has made the capture invalid");
    }
  }

  /** Work in the legacy stream would make streams that are captured wait for it. */
  private void requireNoImplicitCapture(StreamQueue stream) {
    if (!stream.isLegacy()) {
      return;
    }
    for (StreamQueue other : stream.context().streams()) {
      if (other.isBlocking() && other.capture() != null) {
        other.capture().invalidate();
        throw new DriverError(
            CUDA_ERROR_STREAM_CAPTURE_IMPLICIT(),
            "the legacy stream would wait for %s, which is captured".formatted(other.name()));
      }
    }
  }

  /** Before what waits, allocates or loads: not while a capture forbids it. */
  void requireNoCapture(DriverContext context, String what) {
    for (StreamQueue stream : context.streams()) {
      Capture capture = stream.capture();
      if (capture != null && capture.forbidsUnsafeCalls()) {
        capture.invalidate();
        throw new DriverError(
            CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED(),
            what + " while " + stream.name() + " captures");
      }
    }
  }

  /** Runs work and what comes before it, and reports a fault. */
  void complete(DriverContext context, Work work) {
    if (work != null) {
      scheduler.complete(work);
    }
    context.gpu().pools().forEach(MemoryPool::settle);
    requireAlive(context);
  }

  void completeAll(DriverContext context) {
    scheduler.completeAll(context);
    context.gpu().pools().forEach(MemoryPool::settle);
    requireAlive(context);
  }

  private static void requireAlive(DriverContext context) {
    if (context.isLost()) {
      throw new DriverError(context.status(), "work has failed");
    }
  }

  /** Runs a task during which the program must not call the driver. */
  void asHostFunction(Runnable task) {
    inHostFunction = true;
    try {
      task.run();
    } finally {
      inHostFunction = false;
    }
  }

  private List<String> held(DriverContext context) {
    List<String> result = new ArrayList<>(memory.heldBy(context));
    handles.ownedBy(context).forEach(owned -> result.add(owned.describe()));
    return result;
  }

  /** The last holder of a context has released it. */
  void end(DriverContext context) {
    if (!context.isLost()) {
      leaks.addAll(held(context));
      for (StreamQueue stream : context.streams()) {
        stream.pending().forEach(work -> leaks.add(work.what() + ", which never ran"));
      }
    }
    context.lose(CUDA_ERROR_CONTEXT_IS_DESTROYED());
    context.streams().forEach(stream -> stream.pending().clear());
    for (Owned owned : handles.ownedBy(context)) {
      if (owned instanceof LoadedModule module) {
        module.module().close();
      }
    }
    memory.removeAll(context);
    context.gpu().pools().removeIf(pool -> pool.context() == context);
    context.gpu().defaultPool().trim(0);
    handles.removeAll(context);
    context.gpu().endContext();
  }

  /** Gives all memory back. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    gpus.forEach(gpu -> gpu.device().close());
    memory.close();
  }

  boolean knows(String function) {
    return functions.knows(function);
  }
}
