package dev.kiln.runtime.tune;

import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.DeviceMemoryException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The content of buffers as it was, to be brought back any number of times. Buffers may overlap:
 * what is restored last was copied at the same time as the others.
 */
public final class ArgumentBackup implements AutoCloseable {
  private final Map<MemoryRange, Copy> copies = new LinkedHashMap<>();

  /** A buffer, and its bytes in memory of the device, or of the host if that is full. */
  private record Copy(Buffer original, Buffer onDevice, Arena arena, MemorySegment onHost) {
    static Copy of(Buffer original) {
      Buffer kept;
      try {
        kept = original.device().allocate(original.size());
      } catch (DeviceMemoryException e) {
        Arena arena = Arena.ofShared();
        MemorySegment host = arena.allocate(original.size());
        original.copyTo(host, 0);
        return new Copy(original, null, arena, host);
      }
      kept.copyFrom(original, 0);
      return new Copy(original, kept, null, null);
    }

    void restore() {
      if (onDevice != null) {
        original.copyFrom(onDevice, 0);
      } else {
        original.copyFrom(onHost, 0);
      }
    }

    void free() {
      if (onDevice != null) {
        onDevice.close();
      } else {
        arena.close();
      }
    }
  }

  /** Copies a buffer, unless that has been done. Nobody must have changed it since the first. */
  public void cover(Buffer buffer) {
    if (buffer.size() > 0) {
      copies.computeIfAbsent(MemoryRange.of(buffer), range -> Copy.of(buffer));
    }
  }

  /** Brings back the buffers in some ranges. */
  public void restore(Predicate<MemoryRange> wanted) {
    copies.forEach(
        (range, copy) -> {
          if (wanted.test(range)) {
            copy.restore();
          }
        });
  }

  /** Frees the copies, without bringing back anything. */
  @Override
  public void close() {
    copies.values().forEach(Copy::free);
    copies.clear();
  }
}
