package dev.kiln.cli;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Diagnostic;
import dev.kiln.compiler.python.KernelDeclaration;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.signature.SpecializationGuess;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code kiln check}: reads files and says what is wrong with their kernels. */
@Command(
    name = "check",
    description = {
      "Parses and checks every kernel of the files.",
      "A kernel that is launched with arguments is type-checked with what its text suggests:"
          + " pointers to fp32, i32 numbers, the constants of its first configuration. A fault that"
          + " another specialisation might not have is a note, not an error."
    },
    mixinStandardHelpOptions = true)
final class CheckCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", arity = "1..*", description = "Kernel files.")
  private List<Path> files;

  @Option(names = "--json", description = "Prints one JSON document.")
  private boolean json;

  @Option(
      names = {"-v", "--verbose"},
      description = "Also tells what was skipped, and each kernel's notes.")
  private boolean verbose;

  @Spec private CommandSpec spec;

  private final List<Map<String, Object>> document = new ArrayList<>();
  private int faults;

  @Override
  public Integer call() {
    files.forEach(this::check);
    if (json) {
      spec.commandLine().getOut().println(JsonOutput.of(document));
    }
    return faults == 0 ? 0 : 1;
  }

  private void check(Path file) {
    KernelModule module;
    try {
      module = KernelModule.load(file).warningsTo(warning -> {}).outputTo(line -> {});
    } catch (CompilationException | KilnException e) {
      faults++;
      report(file, "", "error", e.getMessage());
      return;
    }
    if (verbose) {
      module.file().skipped().forEach(note -> spec.commandLine().getErr().println(note.render()));
    }
    List<KernelDeclaration> kernels = module.declarations().kernels();
    if (kernels.isEmpty()) {
      report(file, "", "note", "holds no @triton.jit function");
    }
    for (KernelDeclaration kernel : kernels) {
      check(file, module, kernel);
    }
  }

  private void check(Path file, KernelModule module, KernelDeclaration kernel) {
    if (verbose) {
      kernel.notes().forEach(note -> report(file, kernel.name(), "note", note));
    }
    SpecializationGuess guess = SpecializationGuess.of(module.kernel(kernel.name()));
    if (guess.isHelper()) {
      report(file, kernel.name(), "ok", "a helper; checked where it is called");
      return;
    }
    try {
      guess.compile();
      report(file, kernel.name(), "ok", "checked as (" + guess.signature() + ")");
    } catch (CompilationException e) {
      Diagnostic cause = e.diagnostics().getFirst();
      boolean certain = guess.isCertain(cause);
      faults += certain ? 1 : 0;
      report(
          file,
          kernel.name(),
          certain ? "error" : "note",
          (certain ? "" : "as (" + guess.signature() + "): ") + e.getMessage());
    } catch (KilnException e) {
      report(file, kernel.name(), "note", e.getMessage());
    }
  }

  private void report(Path file, String kernel, String verdict, String message) {
    if (json) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("file", file.toString());
      entry.put("kernel", kernel);
      entry.put("verdict", verdict);
      entry.put("message", message);
      document.add(entry);
      return;
    }
    boolean fault = verdict.equals("error");
    PrintWriter to = fault ? spec.commandLine().getErr() : spec.commandLine().getOut();
    if (fault) {
      to.println(message);
    } else {
      to.println(
          "%s%s: %s: %s".formatted(file, kernel.isEmpty() ? "" : ":" + kernel, verdict, message));
    }
  }
}
