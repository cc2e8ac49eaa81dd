package dev.kiln.tests.cuda.driver;

/**
 * A memory pool: it counts what is allocated from it, and keeps what was freed up to a threshold,
 * so that nobody else can have it.
 */
final class MemoryPool extends Owned {
  private final SimulatedGpu gpu;
  private long threshold;
  private long used;
  private long usedHigh;
  private long reserved;
  private long reservedHigh;

  /**
   * @param context {@code null} for a GPU's own, which nobody gives back
   */
  MemoryPool(DriverContext context, SimulatedGpu gpu) {
    super(context);
    this.gpu = gpu;
    gpu.pools().add(this);
  }

  SimulatedGpu gpu() {
    return gpu;
  }

  void took(long bytes) {
    used += bytes;
    usedHigh = Math.max(usedHigh, used);
    reserved = Math.max(reserved, used);
    reservedHigh = Math.max(reservedHigh, reserved);
  }

  /** Memory was given back, and is kept for now. */
  void gave(long bytes) {
    used -= bytes;
  }

  /** Gives back what is not used, beyond a number of bytes, which is unsigned. */
  void trim(long keep) {
    long most = keep < 0 ? Long.MAX_VALUE : keep;
    reserved = Math.max(used, Math.min(reserved, most));
  }

  /** What waiting does: the pool gives back what exceeds its threshold. */
  void settle() {
    trim(threshold);
  }

  /** Bytes that it has and nobody uses. */
  long kept() {
    return reserved - used;
  }

  long used() {
    return used;
  }

  long usedHigh() {
    return usedHigh;
  }

  void resetUsedHigh() {
    usedHigh = used;
  }

  long reserved() {
    return reserved;
  }

  long reservedHigh() {
    return reservedHigh;
  }

  void resetReservedHigh() {
    reservedHigh = reserved;
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
