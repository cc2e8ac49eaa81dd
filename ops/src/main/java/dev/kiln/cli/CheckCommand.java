package dev.kiln.cli;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Diagnostic;
import dev.kiln.compiler.python.KernelDeclaration;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.signature.FileFunctions;
import dev.kiln.runtime.signature.SpecializationGuess;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
          + " pointers to fp32, to integers where they are used as indices, i32 numbers, the"
          + " constants of its first configuration. A fault that another specialisation might not"
          + " have is a note, not an error. What other functions call is checked with them."
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

  private final Map<Path, KernelModule> loaded = new HashMap<>();
  private final Map<Path, String> failures = new HashMap<>();
  private final Set<String> called = new HashSet<>();
  private final List<Map<String, Object>> document = new ArrayList<>();
  private int faults;

  @Override
  public Integer call() {
    files.forEach(this::load);
    loaded.values().forEach(this::noteCallees);
    files.forEach(this::check);
    if (json) {
      spec.commandLine().getOut().println(JsonOutput.of(document));
    }
    return faults == 0 ? 0 : 1;
  }

  private void load(Path file) {
    try {
      loaded.put(file, KernelModule.load(file).warningsTo(warning -> {}).outputTo(line -> {}));
    } catch (CompilationException | KilnException e) {
      failures.put(file, e.getMessage());
    }
  }

  /** What the file's kernels call is checked with them. */
  private void noteCallees(KernelModule module) {
    FileFunctions functions = FileFunctions.of(module.file(), module.imports());
    for (KernelDeclaration kernel : module.declarations().kernels()) {
      String self = place(module.name(), kernel.name());
      functions.calledBy(kernel.function()).stream()
          .map(callee -> place(callee.file(), callee.function()))
          .filter(callee -> !callee.equals(self))
          .forEach(called::add);
    }
  }

  private static String place(String file, String function) {
    return Path.of(file).toAbsolutePath().normalize() + ":" + function;
  }

  private void check(Path file) {
    KernelModule module = loaded.get(file);
    if (module == null) {
      faults++;
      report(file, "", "error", failures.get(file));
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
    if (guess.isHelper() || called.contains(place(module.name(), kernel.name()))) {
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
