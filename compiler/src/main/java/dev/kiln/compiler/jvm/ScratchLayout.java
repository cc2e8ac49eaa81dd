package dev.kiln.compiler.jvm;

/**
 * Scratch memory behind the kernel's own: buffers that a statement needs while it runs (one place,
 * shared by all statements), a frame for values that do not fit a call, and tiles that the emitter
 * adds.
 */
final class ScratchLayout {
  private static final long ALIGNMENT = 64;

  private final long transientStart;
  private final long transientBytes;
  private long end;

  /**
   * @param kernelBytes the kernel's own scratch memory
   * @param transientBytes room for statements' buffers
   */
  ScratchLayout(long kernelBytes, long transientBytes) {
    this.transientStart = align(kernelBytes);
    this.transientBytes = transientBytes;
    this.end = transientStart + align(transientBytes);
  }

  /** Room that only one statement uses, while it runs; the same place for all. */
  long transientArea(long bytes) {
    if (bytes > transientBytes) {
      throw new IllegalStateException(bytes + " bytes wanted, " + transientBytes + " reserved");
    }
    return transientStart;
  }

  /** Room of its own. */
  long allocate(long bytes) {
    long at = end;
    end += align(bytes);
    return at;
  }

  long size() {
    return end;
  }

  static long align(long bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }
}
