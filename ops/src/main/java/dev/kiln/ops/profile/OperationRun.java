package dev.kiln.ops.profile;

import java.util.Map;

/** Kiln's call of a case on a device, with arrays of its own. */
public interface OperationRun extends AutoCloseable {
  /** Makes the call once; on a GPU it may return before it has finished. */
  void run();

  /** Puts back what the call has changed, so that the next one is like the first. */
  void reset();

  /** What lies in the outputs now, by name. */
  Map<String, double[]> outputs();

  @Override
  void close();
}
