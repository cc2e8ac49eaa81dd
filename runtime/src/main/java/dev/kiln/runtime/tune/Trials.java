package dev.kiln.runtime.tune;

import dev.kiln.compiler.python.TritonConfig;

/** Makes launches with one configuration after the other. */
public interface Trials extends AutoCloseable {
  /**
   * A launch with a configuration, compiled and ready.
   *
   * @throws dev.kiln.compiler.diagnostics.CompilationException if it cannot be compiled
   * @throws dev.kiln.runtime.KilnException if the device does not take it
   * @throws UntriedException if there is nothing to run, or the kernel may write to memory that
   *     cannot be brought back
   */
  Trial of(TritonConfig config);

  /** Brings back the content of every array as it was before the first trial. */
  @Override
  void close();
}
