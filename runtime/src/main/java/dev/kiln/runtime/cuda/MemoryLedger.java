package dev.kiln.runtime.cuda;

import dev.kiln.runtime.Device;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Counts the memory that Kiln holds on a device, by what holds it, and knows the largest buffers.
 */
final class MemoryLedger {
  private static final int LARGEST = 4;
  private static final int KINDS = Kind.values().length;

  private final long[] bytes = new long[KINDS];
  private final int[] pieces = new int[KINDS];
  private final Set<CudaBuffer> buffers = ConcurrentHashMap.newKeySet();
  private long onDevice;
  private long peak;
  private int modules;

  /** What holds memory. */
  enum Kind {
    BUFFERS("buffers", true),
    SCRATCH("scratch memory of launches", true),
    GRAPHS("graphs", true),
    PINNED("pinned host memory", false);

    private final String label;
    private final boolean onDevice;

    Kind(String label, boolean onDevice) {
      this.label = label;
      this.onDevice = onDevice;
    }
  }

  synchronized void took(Kind kind, long size) {
    bytes[kind.ordinal()] += size;
    pieces[kind.ordinal()]++;
    if (kind.onDevice) {
      onDevice += size;
      peak = Math.max(peak, onDevice);
    }
  }

  synchronized void gave(Kind kind, long size) {
    bytes[kind.ordinal()] -= size;
    pieces[kind.ordinal()]--;
    if (kind.onDevice) {
      onDevice -= size;
    }
  }

  void add(CudaBuffer buffer) {
    buffers.add(buffer);
  }

  void remove(CudaBuffer buffer) {
    buffers.remove(buffer);
  }

  /** The buffers that have not been closed. */
  List<CudaBuffer> buffers() {
    return List.copyOf(buffers);
  }

  synchronized void modules(int change) {
    modules += change;
  }

  synchronized Device.MemoryUse use() {
    return new Device.MemoryUse(onDevice, peak);
  }

  synchronized long held(Kind kind) {
    return bytes[kind.ordinal()];
  }

  /** {@code buffers 1.2 GiB in 31 (largest: 512 MiB, ...), ... 12 modules}. */
  String describe() {
    StringBuilder text = new StringBuilder();
    for (Kind kind : Kind.values()) {
      describe(kind, text);
    }
    synchronized (this) {
      return text + count(modules, "module");
    }
  }

  private synchronized void describe(Kind kind, StringBuilder text) {
    int number = pieces[kind.ordinal()];
    if (number == 0 && kind != Kind.BUFFERS) {
      return;
    }
    text.append("%s %s in %d".formatted(kind.label, size(bytes[kind.ordinal()]), number));
    if (kind == Kind.BUFFERS && number > 0) {
      List<String> largest =
          buffers.stream()
              .sorted(Comparator.comparingLong(CudaBuffer::size).reversed())
              .limit(LARGEST)
              .map(buffer -> size(buffer.size()))
              .toList();
      text.append(" (largest: ").append(String.join(", ", largest)).append(')');
    }
    text.append(", ");
  }

  static String count(int number, String what) {
    return number + " " + what + (number == 1 ? "" : "s");
  }

  /** {@code 1.5 GiB}, {@code 12 bytes}. */
  static String size(long bytes) {
    if (bytes < 1 << 10) {
      return bytes + " bytes";
    }
    if (bytes < 1 << 20) {
      return String.format(Locale.ROOT, "%.1f KiB", bytes / 0x1p10);
    }
    return bytes < 1 << 30
        ? String.format(Locale.ROOT, "%.1f MiB", bytes / 0x1p20)
        : String.format(Locale.ROOT, "%.1f GiB", bytes / 0x1p30);
  }
}
