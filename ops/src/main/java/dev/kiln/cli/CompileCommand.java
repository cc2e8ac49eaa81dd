package dev.kiln.cli;

import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.Specialization;
import dev.kiln.compiler.Target;
import dev.kiln.runtime.AtomicFile;
import dev.kiln.runtime.Kernel;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.gpu.Ptxas;
import dev.kiln.runtime.signature.SignatureText;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kiln compile}: one kernel, one specialisation, one stage's output. */
@Command(
    name = "compile",
    description = "Compiles a kernel and shows a stage's output.",
    mixinStandardHelpOptions = true)
final class CompileCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE:KERNEL", description = "The kernel.")
  private String reference;

  @Option(
      names = "--signature",
      required = true,
      paramLabel = "SIG",
      description =
          "One entry for each parameter: *fp32, *fp32:16, i32, i32:16, fp32, or a constant: 1024,"
              + " 0.5, True, None, \"relu\"; NAME=entry replaces a position.")
  private String signature;

  @Option(
      names = "--target",
      paramLabel = "T",
      description = "cpu, sm_80, sm_89, sm_90a, sm_100 or sm_120 (default: cpu).",
      defaultValue = "cpu")
  private String target;

  @Option(
      names = "--num-warps",
      paramLabel = "N",
      description = "As in Triton.",
      defaultValue = "4")
  private int numWarps;

  @Option(
      names = "--num-stages",
      paramLabel = "N",
      description = "As in Triton.",
      defaultValue = "3")
  private int numStages;

  @Option(
      names = "--versioned",
      description =
          "For a GPU: one kernel that chooses on entry whether what the signature leaves open"
              + " divides well enough for wide accesses.")
  private boolean versioned;

  @Option(
      names = "--emit",
      required = true,
      paramLabel = "KIND",
      description =
          "ast, tir, then for the CPU loops, class, for a GPU gir (tir with layouts and other"
              + " plans), ptx, abi (how to launch it, as JSON), cubin (by ptxas); or all (a"
              + " folder).")
  private String kind;

  @Option(
      names = "-o",
      paramLabel = "PATH",
      description = "Where to write; by default text goes to standard output.")
  private Path output;

  @Option(names = "--stats", description = "Also tells times and sizes, on standard error.")
  private boolean stats;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    KernelReference named = KernelReference.parse(reference);
    Target wanted =
        Target.parse(target)
            .orElseThrow(() -> new UsageException("there is no target '" + target + "'"));
    UsageException.requireLaunchOptions(numWarps, numStages);
    long start = System.nanoTime();
    Kernel kernel = KernelModule.load(named.file()).kernel(named.kernel());
    CompileOptions options =
        CompileOptions.DEFAULT
            .withNumWarps(numWarps)
            .withNumStages(numStages)
            .withVersioned(versioned);
    Specialization specialization =
        new Specialization(SignatureText.parse(signature, kernel.parameters()), options);
    CompiledKernel compiled = kernel.compile(specialization, wanted);
    Stages stages =
        wanted.isGpu() ? new GpuStages(kernel, compiled) : new CpuStages(kernel, compiled);
    write(stages, kernel.name());
    if (stats) {
      double milliseconds = (System.nanoTime() - start) / 1e6;
      spec.commandLine()
          .getErr()
          .println("%s: %.1f ms; %s".formatted(kernel.name(), milliseconds, stages.statistics()));
    }
    return 0;
  }

  private void write(Stages stages, String name) {
    if (stages.texts().contains(kind) || kind.equals(stages.binary()) && output == null) {
      text(stages.text(kind));
    } else if (kind.equals(stages.binary())) {
      file(output, stages.bytes());
    } else if (kind.equals("all")) {
      all(stages, name);
    } else {
      throw new UsageException(
          "for %s there is no stage '%s'; there are %s, %s, all"
              .formatted(target, kind, String.join(", ", stages.texts()), stages.binary()));
    }
  }

  private void all(Stages stages, String name) {
    if (output == null) {
      throw new UsageException("--emit all needs a folder: -o PATH");
    }
    for (String stage : stages.texts()) {
      file(output.resolve(name + "." + stage), stages.text(stage).getBytes(StandardCharsets.UTF_8));
    }
    if (stages.binary().equals("cubin") && Ptxas.find().isEmpty()) {
      spec.commandLine().getErr().println("kiln: no cubin is written: ptxas is not on the PATH");
    } else {
      file(output.resolve(name + "." + stages.binary()), stages.bytes());
    }
  }

  private void text(String text) {
    if (output == null) {
      spec.commandLine().getOut().print(text.endsWith("\n") ? text : text + "\n");
    } else {
      file(output, text.getBytes(StandardCharsets.UTF_8));
    }
  }

  private static void file(Path path, byte[] bytes) {
    AtomicFile.write(path, out -> out.write(bytes));
  }
}
