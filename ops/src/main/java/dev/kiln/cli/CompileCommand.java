package dev.kiln.cli;

import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.Specialization;
import dev.kiln.compiler.Target;
import dev.kiln.runtime.AtomicFile;
import dev.kiln.runtime.Kernel;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.KilnException;
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
      description = "Only 'cpu' for now.",
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
      names = "--emit",
      required = true,
      paramLabel = "KIND",
      description =
          "ast, tir, loops, class, or all (a folder); gir, ptx and cubin are not supported yet.")
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
    if (Target.parse(target).isEmpty()) {
      throw new UsageException("there is no target '" + target + "'");
    }
    if (!target.equals("cpu") || kind.equals("gir") || kind.equals("ptx") || kind.equals("cubin")) {
      throw new KilnException(
          "not supported yet: code for " + (target.equals("cpu") ? kind : target));
    }
    UsageException.requireLaunchOptions(numWarps, numStages);
    long start = System.nanoTime();
    Kernel kernel = KernelModule.load(named.file()).kernel(named.kernel());
    CompileOptions options = CompileOptions.DEFAULT.withNumWarps(numWarps).withNumStages(numStages);
    Specialization specialization =
        new Specialization(SignatureText.parse(signature, kernel.parameters()), options);
    CompiledKernel compiled = kernel.compile(specialization, Target.CPU);
    Stages stages = new Stages(kernel, compiled);
    write(stages);
    if (stats) {
      spec.commandLine().getErr().println(stages.statistics((System.nanoTime() - start) / 1e6));
    }
    return 0;
  }

  private void write(Stages stages) {
    switch (kind) {
      case "ast", "tir", "loops" -> text(stages.text(kind));
      case "class" -> {
        if (output == null) {
          text(stages.text("class"));
        } else {
          file(output, stages.classFile());
        }
      }
      case "all" -> {
        if (output == null) {
          throw new UsageException("--emit all needs a folder: -o PATH");
        }
        for (String stage : new String[] {"ast", "tir", "loops"}) {
          file(
              output.resolve(stages.name() + "." + stage),
              stages.text(stage).getBytes(StandardCharsets.UTF_8));
        }
        file(output.resolve(stages.name() + ".class"), stages.classFile());
      }
      default ->
          throw new UsageException(
              "there is no stage '" + kind + "'; there are ast, tir, loops, class, all");
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
