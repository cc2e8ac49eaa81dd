package dev.kiln.runtime;

import dev.kiln.runtime.tune.MemoryRange;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Copies of buffers on another device; those that overlap do so there, too. */
final class MirroredMemory implements AutoCloseable {
  /** Addresses there are as far from a multiple of this as they are here. */
  private static final long ALIGNMENT = 64;

  private final Map<MemoryRange, Buffer> mirrors = new LinkedHashMap<>();
  private final List<Buffer> allocated = new ArrayList<>();

  /** Copies buffers to a device. */
  MirroredMemory(Device device, Collection<Buffer> buffers) {
    List<MemoryRange> ranges = buffers.stream().map(MemoryRange::of).toList();
    for (MemoryRange range : MemoryRange.merged(ranges)) {
      long shift = Math.floorMod(range.start(), ALIGNMENT);
      Buffer memory = device.allocate(shift + range.size());
      allocated.add(memory);
      mirrors.put(range, memory.slice(shift, range.size()));
    }
    for (Buffer buffer : buffers) {
      of(buffer).copyFrom(buffer, 0);
    }
  }

  /** An array's copy. */
  NdArray of(NdArray array) {
    return array.inBuffer(of(array.buffer()));
  }

  private Buffer of(Buffer buffer) {
    MemoryRange wanted = MemoryRange.of(buffer);
    for (Map.Entry<MemoryRange, Buffer> mirror : mirrors.entrySet()) {
      if (mirror.getKey().contains(wanted)) {
        long offset = wanted.start() - mirror.getKey().start();
        return mirror.getValue().slice(offset, wanted.size());
      }
    }
    throw new IllegalStateException("no copy of " + buffer);
  }

  @Override
  public void close() {
    allocated.forEach(Buffer::close);
  }
}
