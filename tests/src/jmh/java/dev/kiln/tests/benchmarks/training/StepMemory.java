package dev.kiln.tests.benchmarks.training;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The most memory that a model, its optimizer and its steps need: by how much the resident memory
 * of the process has been above what it was at the start. For comparisons the process should do
 * nothing else; {@code MALLOC_MMAP_THRESHOLD_=65536} in its environment makes {@code malloc} give
 * freed blocks back.
 */
public final class StepMemory {
  private static final Path PROCESS = Path.of("/proc/self");
  private static final String RESET_PEAK = "5";
  private static final double MB = 1e6;

  private final long before;

  private StepMemory(long before) {
    this.before = before;
  }

  /** From now on; collects garbage first. */
  public static StepMemory start() throws IOException {
    System.gc();
    Files.writeString(PROCESS.resolve("clear_refs"), RESET_PEAK);
    return new StepMemory(status("VmRSS"));
  }

  /** Bytes until now, at the most. */
  public long peakBytes() throws IOException {
    return status("VmHWM") - before;
  }

  @Override
  public String toString() {
    try {
      return "memory %.0f MB".formatted(peakBytes() / MB);
    } catch (IOException e) {
      return "memory unknown: " + e.getMessage();
    }
  }

  /** A size of this process, in bytes. */
  private static long status(String name) throws IOException {
    try (var lines = Files.lines(PROCESS.resolve("status"))) {
      String line = lines.filter(each -> each.startsWith(name + ":")).findFirst().orElseThrow();
      return Long.parseLong(line.replaceAll("\\D", "")) << 10;
    }
  }
}
