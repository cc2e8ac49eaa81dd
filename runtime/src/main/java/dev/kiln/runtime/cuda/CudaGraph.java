package dev.kiln.runtime.cuda;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;

import dev.kiln.runtime.KilnException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Launches, copies and fills that were recorded once and run as often as wanted, by one call. What
 * was a number at the time of recording stays that number: arguments of launches, grids, and what
 * the host wrote into buffers. Memory that was allocated while recording belongs to the graph;
 * memory that the graph uses must stay until the graph is closed.
 */
public final class CudaGraph implements AutoCloseable {
  private final CudaDevice device;
  private final Capture capture;
  private final MemorySegment graph;
  private final MemorySegment executable;
  private final int nodes;
  private final String label;
  private final Set<CudaStream> replayed = new LinkedHashSet<>();

  /** What a graph is made of while it is recorded, and holds afterwards. */
  static final class Capture {
    private final CudaStream stream;
    private final List<PinnedMemory> pinned = new ArrayList<>();
    private final Set<CudaBuffer> left = new LinkedHashSet<>();
    private volatile boolean active = true;
    private volatile boolean closed;

    Capture(CudaStream stream) {
      this.stream = stream;
    }

    CudaStream stream() {
      return stream;
    }

    /** Whether recording goes on. */
    boolean isActive() {
      return active;
    }

    boolean isClosed() {
      return closed;
    }

    /** Host memory that replays read. */
    synchronized void keeps(PinnedMemory memory) {
      pinned.add(memory);
    }

    synchronized void allocated(CudaBuffer buffer) {
      left.add(buffer);
    }

    synchronized void freed(CudaBuffer buffer) {
      left.remove(buffer);
    }

    /** Whether another stream takes part. */
    boolean includes(CudaStream other) {
      MemorySegment out = CallMemory.take();
      return cuStreamIsCapturing(other.handle, out) == CudaStatus.SUCCESS
          && CallMemory.integer(out) == CU_STREAM_CAPTURE_STATUS_ACTIVE();
    }

    /** Gives everything back, behind the work of a stream; {@code null} if nothing ever ran. */
    void release(CudaDevice device, CudaStream after, ReleaseSteps steps) {
      closed = true;
      left.forEach(buffer -> steps.step(() -> device.memory().freeLeft(buffer, after)));
      left.clear();
      pinned.forEach(memory -> steps.step(memory::close));
      pinned.clear();
    }
  }

  private CudaGraph(
      CudaDevice device,
      Capture capture,
      MemorySegment graph,
      MemorySegment executable,
      int nodes) {
    this.device = device;
    this.capture = capture;
    this.graph = graph;
    this.executable = executable;
    this.nodes = nodes;
    this.label = "graph of " + nodes + " nodes";
    device.owned().add(this);
  }

  /**
   * Records what a task queues on this thread; nothing of it runs. Kernels should have been loaded
   * before, by running the task once: loading takes memory and time. Other threads go on as ever.
   *
   * @param work launches, copies and fills; must not read values to the host, nor wait
   * @throws KilnException if the work did what cannot be recorded; the device stays usable
   */
  public static CudaGraph capture(CudaDevice device, Runnable work) {
    if (device.enterStream().capture() != null) {
      throw new KilnException("a graph is being captured already: captures cannot be nested");
    }
    CudaStream stream = device.internalStream();
    Capture capture = new Capture(stream);
    CudaGraph graph;
    try {
      graph = instantiate(device, capture, record(device, stream, capture, work));
    } catch (RuntimeException | Error e) {
      capture.active = false;
      // What fails now fails because of that, or is not worth hiding it.
      ReleaseSteps steps = new ReleaseSteps(device);
      capture.release(device, null, steps);
      steps.step(stream::destroy);
      throw e;
    }
    device.releasing(stream::destroy);
    return graph;
  }

  private static MemorySegment record(
      CudaDevice device, CudaStream stream, Capture capture, Runnable work) {
    // Relaxed: Kiln sees to it that nothing waits, and kernels may still be loaded.
    device.check(
        cuStreamBeginCapture_v2(stream.handle, CU_STREAM_CAPTURE_MODE_RELAXED()),
        "cuStreamBeginCapture");
    device.memory().captureBegins();
    stream.capture(capture);
    boolean isDone = false;
    try {
      try (CudaDevice.StreamUse _ = device.use(stream)) {
        work.run();
      }
      isDone = true;
    } finally {
      capture.active = false;
      stream.capture(null);
      if (!isDone) {
        abandon(device, stream);
      }
      device.memory().captureEnds();
    }
    MemorySegment out = CallMemory.take();
    device.check(cuStreamEndCapture(stream.handle, out), "cuStreamEndCapture");
    return CallMemory.handle(out);
  }

  private static void abandon(CudaDevice device, CudaStream stream) {
    if (device.faults().isLost()) {
      return;
    }
    MemorySegment out = CallMemory.take();
    out.set(C_LONG_LONG, 0, 0);
    if (cuStreamEndCapture(stream.handle, out) == CudaStatus.SUCCESS) {
      cuGraphDestroy(CallMemory.handle(out));
    }
  }

  private static CudaGraph instantiate(CudaDevice device, Capture capture, MemorySegment graph) {
    try {
      MemorySegment out = CallMemory.take();
      device.check(cuGraphGetNodes(graph, MemorySegment.NULL, out), "cuGraphGetNodes");
      int nodes = Math.toIntExact(CallMemory.number(out));
      // Memory that a replay leaves allocated is freed by the next one.
      int flags = CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH();
      device.check(cuGraphInstantiateWithFlags(out, graph, flags), "cuGraphInstantiateWithFlags");
      return new CudaGraph(device, capture, graph, CallMemory.handle(out), nodes);
    } catch (RuntimeException e) {
      device.releasing(() -> device.check(cuGraphDestroy(graph), "cuGraphDestroy"));
      throw e;
    }
  }

  /** How many launches, copies, fills, allocations and releases it has. */
  public int nodes() {
    return nodes;
  }

  /** Runs all of it in the current stream, after the work that is there. Returns at once. */
  public synchronized void replay() {
    if (capture.closed) {
      throw new KilnException("the graph is closed");
    }
    CudaStream stream = device.enterStream();
    stream.requireNotCapturing("replaying a graph");
    ActivityLog activities = device.activities();
    MemorySegment begun = activities.begin(stream);
    int status = cuGraphLaunch(executable, stream.handle);
    replayed.add(stream);
    stream.worked();
    if (status != CudaStatus.SUCCESS) {
      activities.cancel(begun);
      device.check(status, "cuGraphLaunch");
    }
    activities.launched(begun, stream, label, 1, 1, 1);
    if (device.options().blocking()) {
      stream.synchronize();
    }
  }

  /** Waits for replays and gives the graph and its memory back. */
  @Override
  public synchronized void close() {
    if (capture.closed) {
      return;
    }
    device.owned().remove(this);
    ReleaseSteps steps = new ReleaseSteps(device);
    CudaStream last = replayed.isEmpty() ? null : device.ownStream();
    for (CudaStream stream : replayed) {
      if (!stream.isClosed()) {
        steps.step(stream::await);
        last = stream;
      }
    }
    capture.release(device, last, steps);
    if (last != null) {
      // The memory is freed before the graph that it came from ends.
      steps.step(last::await);
    }
    steps
        .step(() -> device.check(cuGraphExecDestroy(executable), "cuGraphExecDestroy"))
        .step(() -> device.check(cuGraphDestroy(graph), "cuGraphDestroy"))
        .end();
  }
}
