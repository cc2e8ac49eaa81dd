package dev.kiln.ops.profile;

import java.util.Map;

/** A call of a library, ready to be made any number of times. */
public interface ReferenceRun extends AutoCloseable {
  /** Makes the call once; may return before it has finished. */
  void run();

  /** Waits until all calls have finished. */
  void synchronize();

  /**
   * How long calls take, made one after the other.
   *
   * @return nanoseconds of all of them together
   */
  default long time(int calls) {
    synchronize();
    long start = System.nanoTime();
    for (int i = 0; i < calls; i++) {
      run();
    }
    synchronize();
    return System.nanoTime() - start;
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
