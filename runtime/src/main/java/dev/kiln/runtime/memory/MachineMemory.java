package dev.kiln.runtime.memory;

import java.io.FileInputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * How much memory there is: the machine's, or less in a container with a limit.
 *
 * <p>On Linux read from the kernel's files. The management interface knows it too, but takes tens
 * of milliseconds to load.
 */
final class MachineMemory {
  private static final Path TOTAL = Path.of("/proc/meminfo");

  /** The limit of a container by control groups of version 2, and of version 1. */
  private static final Path[] LIMITS = {
    Path.of("/sys/fs/cgroup/memory.max"), Path.of("/sys/fs/cgroup/memory/memory.limit_in_bytes")
  };

  private MachineMemory() {}

  static long bytes() {
    OptionalLong total = firstNumber(TOTAL);
    if (total.isEmpty()) {
      return ((com.sun.management.OperatingSystemMXBean)
              ManagementFactory.getOperatingSystemMXBean())
          .getTotalMemorySize();
    }
    long bytes = total.getAsLong() << 10;
    for (Path file : LIMITS) {
      OptionalLong limit = firstNumber(file);
      if (limit.isPresent() && limit.getAsLong() > 0) {
        bytes = Math.min(bytes, limit.getAsLong());
      }
    }
    return bytes;
  }

  /** The first run of digits in a file of the kernel's. */
  static OptionalLong firstNumber(Path file) {
    String text;
    // Not through a channel, which takes a new process two milliseconds.
    try (var in = new FileInputStream(file.toFile())) {
      text = new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return OptionalLong.empty();
    }
    int from = 0;
    while (from < text.length() && !isDigit(text.charAt(from))) {
      from++;
    }
    int to = from;
    while (to < text.length() && isDigit(text.charAt(to))) {
      to++;
    }
    // More digits than a long has are no limit.
    return from == to || to - from > 18
        ? OptionalLong.empty()
        : OptionalLong.of(Long.parseLong(text, from, to, 10));
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }
}
