package dev.kiln.tests.cuda.driver;

/** A memory pool: it counts. */
final class MemoryPool extends Owned {
  private final SimulatedGpu gpu;
  private long threshold;
  private long used;
  private long usedHigh;
  private long reserved;

  /**
   * @param context {@code null} for a GPU's own, which nobody gives back
   */
  MemoryPool(DriverContext context, SimulatedGpu gpu) {
    super(context);
    this.gpu = gpu;
  }

  SimulatedGpu gpu() {
    return gpu;
  }

  void took(long bytes) {
    used += bytes;
    usedHigh = Math.max(usedHigh, used);
    reserved = Math.max(reserved, used);
  }

  void gave(long bytes) {
    used -= bytes;
  }

  /** Gives back what is not used, beyond a number of bytes. */
  void trim(long keep) {
    reserved = Math.max(used, Math.min(reserved, keep));
  }

  long used() {
    return used;
  }

  long usedHigh() {
    return usedHigh;
  }

  void resetHigh() {
    usedHigh = used;
  }

  long reserved() {
    return reserved;
  }

  long threshold() {
    return threshold;
  }

  void threshold(long bytes) {
    threshold = bytes;
  }

  @Override
  String describe() {
    return "a memory pool";
  }
}
