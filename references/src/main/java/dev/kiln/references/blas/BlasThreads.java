package dev.kiln.references.blas;

import org.bytedeco.openblas.global.openblas;

/**
 * OpenBLAS's threads, of the whole process. They are changed only where a call wants others than
 * the last one had: a change takes as long as a small product.
 */
public final class BlasThreads {
  private static final String VARIABLE = "OPENBLAS_NUM_THREADS";

  private BlasThreads() {}

  /**
   * As many as the environment asks for, else as there are processors: what OpenBLAS begins with.
   */
  public static int usual() {
    String asked = System.getenv(VARIABLE);
    return asked != null && asked.matches("[1-9]\\d{0,3}")
        ? Integer.parseInt(asked)
        : Runtime.getRuntime().availableProcessors();
  }

  /** Lets calls from now on take so many threads. */
  public static void require(int count) {
    if (openblas.blas_get_num_threads() != count) {
      openblas.blas_set_num_threads(count);
    }
  }
}
