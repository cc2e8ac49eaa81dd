package dev.kiln.ops.profile;

import dev.kiln.runtime.DeviceTimer;
import dev.kiln.runtime.HostTimer;
import java.util.Map;

/** A call of a library, ready to be made any number of times. */
public interface ReferenceRun extends AutoCloseable {
  /** Makes the call once; may return before it has finished. */
  void run();

  /** Waits until all calls have finished. */
  void synchronize();

  /**
   * Times calls; by default with the host's clock and {@link #synchronize}. Where calls do not run
   * within {@link #run}, events of the library's own queue are more exact.
   */
  default DeviceTimer timer() {
    return new HostTimer(this::synchronize, System::nanoTime);
  }

  /**
   * What the last call computed, by the names of {@link ProfiledOperation#outputs}, row-major. May
   * lack some, not have others. Of a call that changes its inputs, what the first call made of
   * them: asked for after one call.
   */
  Map<String, double[]> outputs();

  @Override
  void close();
}
