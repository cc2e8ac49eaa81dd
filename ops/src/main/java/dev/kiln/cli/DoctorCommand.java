package dev.kiln.cli;

import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.cache.CompileCache;
import dev.kiln.runtime.cpu.VectorSupport;
import dev.kiln.runtime.cuda.CudaDriver;
import dev.kiln.runtime.cuda.CudaProperties;
import dev.kiln.runtime.gpu.Ptxas;
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
    try {
      CudaDriver driver = CudaDriver.load();
      List<CudaProperties> gpus = driver.devices();
      String state = "driver of CUDA " + driver.versionText() + " (" + driver.file() + "), ";
      List<String> unsuited = gpus.stream().flatMap(gpu -> refusal(gpu).stream()).toList();
      return new Finding(
          "device cuda",
          unsuited.size() < gpus.size(),
          state + (gpus.isEmpty() ? "no GPU" : String.join("; ", names(gpus))),
          gpus.isEmpty()
              ? "nvidia-smi shows what is there; CUDA_VISIBLE_DEVICES hides GPUs; a container must"
                  + " be started with access to them"
              : String.join("; ", unsuited));
    } catch (KilnException e) {
      String[] parts = e.getMessage().split("(?<=[.;]) ", 2);
      return new Finding(
          "device cuda",
          false,
          parts[0].replaceFirst("[.;]$", ""),
          parts.length > 1 ? parts[1] : "");
    }
  }

  /** {@code cuda NVIDIA H100 (compute capability 9.0, ...)}. */
  private static List<String> names(List<CudaProperties> gpus) {
    return gpus.stream()
        .map(gpu -> (gpu.ordinal() == 0 ? "cuda " : "cuda:" + gpu.ordinal() + " ") + gpu.summary())
        .toList();
  }

  /** Why Kiln makes no code for a GPU. */
  private static Optional<String> refusal(CudaProperties gpu) {
    try {
      gpu.target();
      return Optional.empty();
    } catch (KilnException e) {
      return Optional.of(e.getMessage());
    }
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
