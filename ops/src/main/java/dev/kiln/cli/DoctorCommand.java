package dev.kiln.cli;

import dev.kiln.runtime.cache.CompileCache;
import dev.kiln.runtime.cpu.VectorSupport;
import dev.kiln.runtime.gpu.Ptxas;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code kiln doctor}: what the machine offers, and how to get what it lacks. */
@Command(
    name = "doctor",
    description = "Says what this machine offers, and how to get what is missing.",
    mixinStandardHelpOptions = true)
final class DoctorCommand implements Callable<Integer> {
  @Option(names = "--json", description = "Prints one JSON document.")
  private boolean json;

  @Spec private CommandSpec spec;

  /** One line of the report. */
  private record Finding(String subject, boolean present, String state, String remedy) {}

  @Override
  public Integer call() {
    List<Finding> findings =
        List.of(
            jdk(),
            simd(),
            nativeAccess(),
            cpu(),
            evaluator(),
            simulator(),
            cuda(),
            ptxas(),
            cache());
    if (json) {
      List<Map<String, Object>> document = new ArrayList<>();
      for (Finding finding : findings) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("subject", finding.subject());
        entry.put("present", finding.present());
        entry.put("state", finding.state());
        entry.put("remedy", finding.remedy());
        document.add(entry);
      }
      spec.commandLine().getOut().println(JsonOutput.of(document));
    } else {
      for (Finding finding : findings) {
        String mark = finding.present() ? "yes" : "no ";
        spec.commandLine()
            .getOut()
            .println("%-14s %s  %s".formatted(finding.subject(), mark, finding.state()));
        if (!finding.remedy().isEmpty()) {
          spec.commandLine().getOut().println(" ".repeat(20) + finding.remedy());
        }
      }
    }
    return 0;
  }

  private static Finding jdk() {
    return new Finding(
        "JDK", true, Runtime.version() + ", " + System.getProperty("java.vendor"), "");
  }

  private static Finding simd() {
    if (VectorSupport.isAvailable()) {
      return new Finding("SIMD", true, VectorSupport.preferredBits() + "-bit vectors", "");
    }
    return new Finding(
        "SIMD",
        false,
        "kernels run on scalar loops, with the same results",
        "start the JVM with " + VectorSupport.flag());
  }

  private static Finding nativeAccess() {
    boolean enabled = VectorSupport.class.getModule().isNativeAccessEnabled();
    return new Finding(
        "native access",
        enabled,
        enabled
            ? "memory is reserved by the operating system"
            : "device memory is a mapped temporary file",
        enabled ? "" : "start the JVM with --enable-native-access=ALL-UNNAMED");
  }

  private static Finding cpu() {
    long mebibytes = Runtime.getRuntime().maxMemory() >> 20;
    return new Finding(
        "device cpu",
        true,
        Runtime.getRuntime().availableProcessors()
            + " threads; Java heap up to "
            + mebibytes
            + " MiB",
        "");
  }

  private static Finding evaluator() {
    return new Finding("device eval", true, "the evaluator of tile IR", "");
  }

  private static Finding simulator() {
    return new Finding(
        "device sim", true, "the simulator of PTX: kiln run --device sim, kiln sim", "");
  }

  private static Finding cuda() {
    boolean driver = Files.exists(Path.of("/dev/nvidiactl"));
    return new Finding(
        "device cuda", false, "not supported yet" + (driver ? "; a driver is there" : ""), "");
  }

  private static Finding ptxas() {
    Optional<Ptxas> found = Ptxas.find();
    return new Finding(
        "ptxas",
        found.isPresent(),
        found
            .map(ptxas -> ptxas.program() + ", version " + ptxas.version())
            .orElse("only needed to assemble PTX ahead of time: kiln compile --emit cubin"),
        found.isPresent()
            ? ""
            : "install the CUDA toolkit (package cuda-nvcc) and put its bin folder on PATH");
  }

  private static Finding cache() {
    CompileCache cache = CompileCache.shared();
    if (!cache.isOn()) {
      String remark = cache.settings().remark();
      return new Finding(
          "compile cache",
          false,
          "each process compiles its kernels anew: "
              + (remark.isEmpty() ? "the compiler is not run from jars or folders" : remark),
          "");
    }
    List<CompileCache.Listed> entries = cache.list();
    return new Finding(
        "compile cache",
        true,
        "%s: %d entries, %d of %d MiB"
            .formatted(
                cache.path().orElseThrow(),
                entries.size(),
                entries.stream().mapToLong(CompileCache.Listed::bytes).sum() >> 20,
                cache.settings().bytes() >> 20),
        "");
  }
}
