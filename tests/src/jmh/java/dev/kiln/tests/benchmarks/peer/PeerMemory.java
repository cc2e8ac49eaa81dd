package dev.kiln.tests.benchmarks.peer;

import dev.kiln.references.torch.Torch;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.runtime.cpu.CpuOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * The most memory that a row's work needs, its inputs and results included; a program for a JVM of
 * its own. Prints bytes of Kiln and bytes of libtorch.
 *
 * <p>Kiln's device counts its arrays. What libtorch needs beyond the tensors that it was given is
 * by how much the process's resident memory rises while the work is done a second time; the
 * environment must keep {@code malloc} from holding on to memory ({@link #ENVIRONMENT}).
 */
public final class PeerMemory {
  /** Makes {@code malloc} give blocks above 64 KB back to the system as soon as they are freed. */
  public static final Map<String, String> ENVIRONMENT = Map.of("MALLOC_MMAP_THRESHOLD_", "65536");

  private static final Path PROCESS = Path.of("/proc/self");
  private static final String RESET_PEAK = "5";
  private static final long MEMORY = 4L << 30;

  private PeerMemory() {}

  /** Argument: the name of a row. */
  public static void main(String[] arguments) throws IOException {
    PeerRow row = PeerRows.named(arguments[0]);
    try (var device =
        new CpuDevice(CpuOptions.ofMachine().withThreads(row.threads()).withMemoryBytes(MEMORY))) {
      Torch.threads(row.threads());
      Contest contest = row.contest().apply(device);
      long given = Torch.givenBytes();
      contest.requireAgreement();
      long kiln = device.memoryUse().peak();
      System.gc();
      Files.writeString(PROCESS.resolve("clear_refs"), RESET_PEAK);
      long before = status("VmRSS");
      contest.peer().run();
      System.out.println(kiln + " " + (given + status("VmHWM") - before));
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
