package dev.kiln.runtime.cpu;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Which processor the machine has, since what is fast on one may be slow on another. */
final class ProcessorName {
  private static final Path LINUX = Path.of("/proc/cpuinfo");

  private static final class Machine {
    static final String NAME = of(LINUX);
  }

  private ProcessorName() {}

  /** As the system tells it; the architecture where it does not. */
  static String ofMachine() {
    return Machine.NAME;
  }

  /** The first line {@code model name : NAME} of a file. */
  static String of(Path file) {
    try (BufferedReader lines = Files.newBufferedReader(file)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("model name")) {
          return line.substring(line.indexOf(':') + 1).strip();
        }
      }
    } catch (IOException e) {
      // Another system.
    }
    String windows = System.getenv("PROCESSOR_IDENTIFIER");
    return windows != null ? windows : System.getProperty("os.arch");
  }
}
