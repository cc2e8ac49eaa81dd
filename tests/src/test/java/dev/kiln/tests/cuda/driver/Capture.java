package dev.kiln.tests.cuda.driver;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What streams record while a graph is captured. */
final class Capture {
  private final StreamQueue origin;
  private final int mode;
  private final Thread thread;
  private final List<GraphNode> nodes = new ArrayList<>();
  private final Map<StreamQueue, Set<GraphNode>> ends = new LinkedHashMap<>();
  private final List<Allocation> memory = new ArrayList<>();
  private boolean invalid;

  Capture(StreamQueue origin, int mode) {
    this.origin = origin;
    this.mode = mode;
    this.thread = Thread.currentThread();
    join(origin, Set.of());
  }

  StreamQueue origin() {
    return origin;
  }

  boolean isInvalid() {
    return invalid;
  }

  /** Makes it fail at its end. */
  void invalidate() {
    invalid = true;
  }

  /** Whether a call that may disturb it is forbidden to the calling thread. */
  boolean forbidsUnsafeCalls() {
    return mode == CU_STREAM_CAPTURE_MODE_GLOBAL()
        || mode == CU_STREAM_CAPTURE_MODE_THREAD_LOCAL() && thread == Thread.currentThread();
  }

  boolean isOfThisThread() {
    return mode == CU_STREAM_CAPTURE_MODE_RELAXED() || thread == Thread.currentThread();
  }

  /** Lets a stream take part, or its next work wait for more. */
  void join(StreamQueue stream, Set<GraphNode> after) {
    stream.capture(this);
    ends.computeIfAbsent(stream, s -> new LinkedHashSet<>()).addAll(after);
  }

  /** The work that the next of a stream comes after. */
  Set<GraphNode> ends(StreamQueue stream) {
    return Set.copyOf(ends.get(stream));
  }

  void add(StreamQueue stream, String what, Runnable action) {
    Set<GraphNode> end = ends.get(stream);
    GraphNode node = new GraphNode(nodes.size(), what, action, List.copyOf(end));
    nodes.add(node);
    end.clear();
    end.add(node);
  }

  /** Memory that a node allocates. */
  List<Allocation> memory() {
    return memory;
  }

  /** Ends the recording. */
  Graph end() {
    ends.keySet().forEach(stream -> stream.capture(null));
    if (invalid) {
      throw new DriverError(
          CUDA_ERROR_STREAM_CAPTURE_INVALIDATED(), "a call has made the capture invalid");
    }
    Set<GraphNode> joined = before(ends.get(origin));
    for (Map.Entry<StreamQueue, Set<GraphNode>> entry : ends.entrySet()) {
      if (!joined.containsAll(entry.getValue())) {
        throw new DriverError(
            CUDA_ERROR_STREAM_CAPTURE_UNJOINED(),
            entry.getKey().name() + " was not joined with the stream that began the capture");
      }
    }
    return new Graph(origin.context(), List.copyOf(nodes), List.copyOf(memory));
  }

  private static Set<GraphNode> before(Set<GraphNode> last) {
    Set<GraphNode> result = new HashSet<>(last);
    List<GraphNode> path = new ArrayList<>(last);
    while (!path.isEmpty()) {
      for (GraphNode node : path.removeLast().after()) {
        if (result.add(node)) {
          path.add(node);
        }
      }
    }
    return result;
  }
}
