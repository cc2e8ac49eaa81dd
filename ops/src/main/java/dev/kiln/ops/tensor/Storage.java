package dev.kiln.ops.tensor;

import dev.kiln.runtime.NdArray;

/**
 * The memory of one or more tensors, counted: handles, views and what the graph saved each hold a
 * reference, and the memory is given back with the last.
 */
final class Storage {
  private final Context context;
  private final NdArray root;
  private final boolean isOwned;
  private int references = 1;
  private int version;

  /**
   * @param isOwned whether the memory is given back with the last reference; else it is somebody's
   */
  Storage(Context context, NdArray root, boolean isOwned) {
    this.context = context;
    this.root = root;
    this.isOwned = isOwned;
    context.memory().made(this);
  }

  long bytes() {
    return root.size() * root.dtype().bytes();
  }

  void retain() {
    references++;
  }

  void release() {
    if (--references == 0) {
      context.memory().freed(this);
      if (isOwned) {
        root.close();
      }
    }
  }

  boolean isFree() {
    return references == 0;
  }

  /** Whether nobody but one holder can see this memory, so that it may be written in place. */
  boolean isExclusive() {
    return references == 1 && isOwned;
  }

  /** How often the content was changed in place. */
  int version() {
    return version;
  }

  void changed() {
    version++;
  }
}
