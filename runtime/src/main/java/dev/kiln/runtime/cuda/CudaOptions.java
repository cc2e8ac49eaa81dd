package dev.kiln.runtime.cuda;

/**
 * How a CUDA device works.
 *
 * @param blocking whether each launch is waited for, so that a fault is told by the very launch
 *     that made it; slow
 */
public record CudaOptions(boolean blocking) {
  /** The environment variable that makes every device {@link #blocking}, if it is 1. */
  public static final String BLOCKING_VARIABLE = "KILN_CUDA_BLOCKING";

  /** What the environment asks for. */
  public static CudaOptions fromEnvironment() {
    return new CudaOptions("1".equals(System.getenv(BLOCKING_VARIABLE)));
  }

  /** The same, with each launch waited for or not. */
  public CudaOptions withBlocking(boolean newBlocking) {
    return new CudaOptions(newBlocking);
  }
}
