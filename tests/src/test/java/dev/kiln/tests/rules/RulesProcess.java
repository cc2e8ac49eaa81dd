package dev.kiln.tests.rules;

import com.sun.management.ThreadMXBean;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.runtime.cpu.CpuOptions;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;

/**
 * What {@link ForkedRulesTest} runs in a JVM of its own. Prints one line for each kernel.
 *
 * <ul>
 *   <li>{@code bits}: a number that stands for the bits of the first launch's results.
 *   <li>{@code warm WIDTH THREADS}: launches each kernel until the JIT has compiled it, and prints
 *       {@code ok}, or which launch gave other bits.
 *   <li>{@code allocation WIDTH THREADS}: does so until launches allocate nothing, and prints
 *       {@code ok}, or how much they still allocate in the end.
 * </ul>
 *
 * Names of kernels after that leave out all others.
 */
final class RulesProcess {
  /** More than the invocations after which generated classes are compiled: see {@code kiln}. */
  private static final int LAUNCHES = 200;

  private static final int MOST_ROUNDS = 200;
  private static final int LAUNCHES_OF_A_ROUND = 50;
  private static final long MEMORY = 64L << 20;

  private RulesProcess() {}

  public static void main(String[] arguments) {
    List<String> names =
        Arrays.asList(arguments).subList(arguments[0].equals("bits") ? 1 : 3, arguments.length);
    List<KernelCase> cases =
        SameBitsTest.all().filter(c -> names.isEmpty() || names.contains(c.name())).toList();
    CpuOptions machine = CpuOptions.ofMachine().withMemoryBytes(MEMORY);
    switch (arguments[0]) {
      case "bits" -> {
        try (var device = new CpuDevice(machine)) {
          cases.forEach(c -> System.out.println(c.name() + " " + bits(c, device)));
        }
      }
      case "warm" -> {
        int width = Integer.parseInt(arguments[1]);
        int threads = Integer.parseInt(arguments[2]);
        try (var device = new CpuDevice(machine.withSimdBits(width).withThreads(threads))) {
          cases.forEach(c -> System.out.println(c.name() + " " + warm(c, device)));
        }
      }
      case "allocation" -> {
        int width = Integer.parseInt(arguments[1]);
        int threads = Integer.parseInt(arguments[2]);
        try (var device = new CpuDevice(machine.withSimdBits(width).withThreads(threads))) {
          cases.forEach(c -> System.out.println(c.name() + " " + allocation(c, device)));
        }
      }
      default -> throw new IllegalArgumentException(arguments[0]);
    }
  }

  private static String bits(KernelCase kernelCase, CpuDevice device) {
    try (Trial trial = kernelCase.on(device)) {
      int hash = 1;
      for (byte[] array : trial.run()) {
        hash = 31 * hash + Arrays.hashCode(array);
      }
      return "%08x".formatted(hash);
    }
  }

  private static String warm(KernelCase kernelCase, CpuDevice device) {
    try (Trial trial = kernelCase.on(device)) {
      List<byte[]> first = trial.run();
      for (int launch = 2; launch <= LAUNCHES; launch++) {
        List<byte[]> bits = trial.run();
        for (int i = 0; i < first.size(); i++) {
          int at = Arrays.mismatch(first.get(i), bits.get(i));
          if (at >= 0) {
            return "launch %d gave other bits in array %d at byte %d".formatted(launch, i, at);
          }
        }
      }
      return "ok";
    }
  }

  private static String allocation(KernelCase kernelCase, CpuDevice device) {
    try (Trial trial = kernelCase.on(device)) {
      long bytes = leastAllocation(trial);
      return bytes == 0
          ? "ok"
          : "%d launches allocate %d bytes".formatted(LAUNCHES_OF_A_ROUND, bytes);
    }
  }

  /**
   * Bytes that all threads allocate in a round of launches, once they allocate nothing or least.
   */
  private static long leastAllocation(Trial trial) {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long least = Long.MAX_VALUE;
    for (int round = 0; round < MOST_ROUNDS && least > 0; round++) {
      long before = threads.getTotalThreadAllocatedBytes();
      for (int i = 0; i < LAUNCHES_OF_A_ROUND; i++) {
        trial.launch();
      }
      least = Math.min(least, threads.getTotalThreadAllocatedBytes() - before);
    }
    return least;
  }
}
