package dev.kiln.compiler.eval;

/**
 * A range of global memory that a kernel may access.
 *
 * @param name the argument that points to it, or what else a person calls it
 * @param address of its first byte
 * @param size in bytes
 * @param initialised whether all of it has been written already
 */
public record Allocation(String name, long address, long size, boolean initialised) {
  public Allocation {
    if (size < 0) {
      throw new IllegalArgumentException("size of '" + name + "' is negative: " + size);
    }
  }

  public long end() {
    return address + size;
  }

  public boolean contains(long start, long bytes) {
    return start >= address && start - address <= size - bytes;
  }

  /** Bytes between this range and an address outside it; 0 inside. */
  long distance(long to) {
    return to < address ? address - to : Math.max(0, to - end());
  }

  /** Where an access of some bytes lies that is not contained: {@code 8 bytes after the end of}. */
  String relation(long start, int bytes) {
    String where;
    if (start >= end()) {
      where =
          start == end() ? "just after the end of" : plural(start - end()) + " after the end of";
    } else if (start + bytes <= address) {
      where = plural(address - start) + " before the start of";
    } else {
      where = start < address ? "across the start of" : "across the end of";
    }
    return where + " " + describe();
  }

  String describe() {
    return "argument '" + name + "' of " + plural(size);
  }

  private static String plural(long bytes) {
    return bytes + (bytes == 1 ? " byte" : " bytes");
  }
}
