package dev.kiln.ops.tensor;

/** What the tensors of a context hold: storages and bytes, now and at most. */
public final class MemoryCount {
  private long storages;
  private long bytes;
  private long peak;

  void made(Storage storage) {
    storages++;
    bytes += storage.bytes();
    peak = Math.max(peak, bytes);
  }

  void freed(Storage storage) {
    storages--;
    bytes -= storage.bytes();
  }

  /** Pieces of memory in use; views share one. */
  public long storages() {
    return storages;
  }

  /** Bytes in use. */
  public long bytes() {
    return bytes;
  }

  /** The most bytes in use since the context was made, or since {@link #resetPeak}. */
  public long peak() {
    return peak;
  }

  public void resetPeak() {
    peak = bytes;
  }
}
