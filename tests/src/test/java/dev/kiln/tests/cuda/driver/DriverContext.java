package dev.kiln.tests.cuda.driver;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A GPU's primary context while somebody holds it: its streams, and the fault that ended it. */
final class DriverContext {
  private final SimulatedGpu gpu;
  private final StreamQueue legacy;
  private final List<StreamQueue> streams = new ArrayList<>();
  private final Map<Thread, StreamQueue> ofThreads = new HashMap<>();
  private final Set<DriverContext> peers = new HashSet<>();
  private int status;
  private int made;

  DriverContext(SimulatedGpu gpu) {
    this.gpu = gpu;
    this.legacy = new StreamQueue(this, "the legacy default stream", false);
    streams.add(legacy);
  }

  SimulatedGpu gpu() {
    return gpu;
  }

  StreamQueue legacy() {
    return legacy;
  }

  /** All with the legacy default stream; destroyed ones as long as they have work. */
  List<StreamQueue> streams() {
    return streams;
  }

  /** The default stream of the calling thread. */
  StreamQueue ofThread() {
    return ofThreads.computeIfAbsent(Thread.currentThread(), _ -> newStream(true));
  }

  StreamQueue newStream(boolean blocking) {
    streams.removeIf(stream -> stream != legacy && stream.isIdle() && stream.isDestroyed());
    StreamQueue stream = new StreamQueue(this, "stream " + ++made, blocking);
    streams.add(stream);
    return stream;
  }

  /** Contexts whose memory may be used here. */
  Set<DriverContext> peers() {
    return peers;
  }

  boolean isLost() {
    return status != 0;
  }

  /** The fault that every call returns from then on; 0 for none. */
  int status() {
    return status;
  }

  void lose(int newStatus) {
    if (status == 0) {
      status = newStatus;
    }
  }
}
