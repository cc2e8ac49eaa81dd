package dev.kiln.references.blas;

import org.bytedeco.openblas.global.openblas;

/**
 * OpenBLAS's threads. Its own function does not tell them before they have been set; until then
 * they are what the environment asks for, else as many as there are processors.
 */
public final class BlasThreads {
  private static final String VARIABLE = "OPENBLAS_NUM_THREADS";

  private BlasThreads() {}

  /** How many threads a call takes. */
  public static int count() {
    int known = openblas.blas_get_num_threads();
    if (known > 0) {
      return known;
    }
    String asked = System.getenv(VARIABLE);
    return asked != null && asked.matches("[1-9]\\d{0,3}")
        ? Integer.parseInt(asked)
        : Runtime.getRuntime().availableProcessors();
  }

  /** Sets how many threads calls take from now on, in the whole process. */
  public static void set(int count) {
    openblas.blas_set_num_threads(count);
  }
}
