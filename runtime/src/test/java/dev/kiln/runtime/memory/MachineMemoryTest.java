package dev.kiln.runtime.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineMemoryTest {
  @TempDir Path folder;

  @Test
  void isWhatTheManagementInterfaceSays() {
    var system =
        (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    assertThat(MachineMemory.bytes())
        .isCloseTo(system.getTotalMemorySize(), Percentage.withPercentage(1));
  }

  @Test
  void limitsAreNumbersOrNone() throws IOException {
    Path file = folder.resolve("limit");
    assertThat(MachineMemory.firstNumber(file)).isEmpty();
    Files.writeString(file, "max\n");
    assertThat(MachineMemory.firstNumber(file)).isEmpty();
    Files.writeString(file, "MemTotal:       24684648 kB\nMemFree: 1 kB\n");
    assertThat(MachineMemory.firstNumber(file)).hasValue(24_684_648);
    Files.writeString(file, "9223372036854771712\n");
    assertThat(MachineMemory.firstNumber(file)).isEmpty();
  }
}
