package dev.kiln.tests.cuda.driver;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;
import static dev.kiln.tests.cuda.driver.DeviceCalls.require;

import dev.kiln.tests.cuda.driver.FunctionTable.Need;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Capture and graphs. */
final class GraphCalls {
  private final SimulatedDriver driver;

  /** Graphs that were destroyed, whose memory may be in use. */
  private final Set<Graph> destroyed = new LinkedHashSet<>();

  GraphCalls(SimulatedDriver driver) {
    this.driver = driver;
  }

  void addTo(FunctionTable table) {
    table.inContext("cuStreamBeginCapture_v2", this::begin);
    table.inContext("cuStreamEndCapture", this::end);
    table.add(
        Need.CONTEXT,
        "cuStreamIsCapturing",
        (c, v) -> {
          Capture capture = driver.stream(c, v.at(0)).capture();
          v.putInt(
              1,
              capture == null
                  ? CU_STREAM_CAPTURE_STATUS_NONE()
                  : capture.isInvalid()
                      ? CU_STREAM_CAPTURE_STATUS_INVALIDATED()
                      : CU_STREAM_CAPTURE_STATUS_ACTIVE());
        });
    table.inContext("cuGraphInstantiateWithFlags", this::instantiate);
    table.inContext(
        "cuGraphGetNodes",
        (c, v) -> {
          Graph graph = driver.handles().get(v.at(0), Graph.class);
          require(v.at(1) == 0, "the stand-in tells the number of nodes only");
          v.put(2, graph.nodes().size());
        });
    table.inContext("cuGraphLaunch", this::launch);
    table.inContext(
        "cuGraphExecDestroy",
        (c, v) -> destroy(driver.handles().remove(v.at(0), ExecutableGraph.class).graph()));
    table.inContext(
        "cuGraphDestroy", (c, v) -> destroy(driver.handles().remove(v.at(0), Graph.class)));
  }

  /** One of the handles that use a graph is gone. */
  private void destroy(Graph graph) {
    graph.use(-1);
    destroyed.add(graph);
    giveBackMemory();
  }

  /** Gives back the memory of graphs that are over. */
  private void giveBackMemory() {
    for (Graph graph : List.copyOf(destroyed)) {
      if (graph.isOver() || graph.context().isLost()) {
        destroyed.remove(graph);
        if (graph.isOver()) {
          graph.memory().forEach(driver.memory()::destroy);
        }
      }
    }
  }

  private void begin(DriverContext context, CallValues values) {
    StreamQueue stream = driver.stream(context, values.at(0));
    int mode = values.number(1);
    require(mode >= 0 && mode <= CU_STREAM_CAPTURE_MODE_RELAXED(), "mode " + mode);
    if (stream.isLegacy()) {
      throw new DriverError(
          CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED(), "the legacy stream cannot be captured");
    }
    if (stream.capture() != null) {
      throw new DriverError(CUDA_ERROR_ILLEGAL_STATE(), stream.name() + " is captured already");
    }
    giveBackMemory();
    stream.capture(new Capture(stream, mode));
  }

  private void end(DriverContext context, CallValues values) {
    StreamQueue stream = driver.stream(context, values.at(0));
    Capture capture = stream.capture();
    if (capture == null) {
      throw new DriverError(CUDA_ERROR_ILLEGAL_STATE(), stream.name() + " is not captured");
    }
    if (capture.origin() != stream) {
      capture.invalidate();
      throw new DriverError(
          CUDA_ERROR_STREAM_CAPTURE_UNMATCHED(), "another stream has begun the capture");
    }
    if (!capture.isOfThisThread()) {
      throw new DriverError(
          CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD(), "another thread has begun the capture");
    }
    try {
      Graph graph = capture.end();
      // Nothing of it is the program's before it ran.
      graph.memory().forEach(allocation -> allocation.hold(false));
      values.put(1, driver.handles().add(graph));
    } catch (DriverError e) {
      capture.memory().forEach(driver.memory()::destroy);
      throw e;
    }
  }

  private void instantiate(DriverContext context, CallValues values) {
    Graph graph = driver.handles().get(values.at(1), Graph.class);
    long flags = values.at(2);
    long freeing = CUDA_GRAPH_INSTANTIATE_FLAG_AUTO_FREE_ON_LAUNCH();
    require((flags & ~freeing) == 0, "flags that the stand-in does not know");
    values.requirePointer(0);
    values.put(0, driver.handles().add(new ExecutableGraph(graph, flags == freeing)));
    graph.use(1);
  }

  private void launch(DriverContext context, CallValues values) {
    ExecutableGraph executable = driver.handles().get(values.at(0), ExecutableGraph.class);
    StreamQueue stream = driver.stream(context, values.at(1));
    Graph graph = executable.graph();
    boolean leaves = graph.memory().stream().anyMatch(Allocation::isHeld);
    if (leaves && !executable.freesAtLaunch()) {
      throw new DriverError(
          CUDA_ERROR_INVALID_VALUE(), "memory that the launch before has left is not freed");
    }
    if (stream.capture() != null) {
      throw new DriverError(
          CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED(), "the stand-in captures no graphs in graphs");
    }
    Work work = driver.enqueue(stream, "a graph", () -> run(graph));
    work.waitFor(executable.last());
    executable.last(work);
    graph.launched(work);
    graph.memory().forEach(allocation -> allocation.hold(graph.leaves(allocation)));
  }

  private static void run(Graph graph) {
    graph.memory().stream().filter(Allocation::isPresent).forEach(a -> a.present(false));
    graph.run();
  }
}
