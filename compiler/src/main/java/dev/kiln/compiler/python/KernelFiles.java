package dev.kiln.compiler.python;

import dev.kiln.compiler.diagnostics.Source;
import dev.kiln.compiler.syntax.ImportResolver;
import dev.kiln.compiler.syntax.KernelFile;
import dev.kiln.compiler.syntax.KernelFileParser;
import dev.kiln.compiler.syntax.Stmt;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/** Loads kernel files as Kiln sees them. */
public final class KernelFiles {
  private KernelFiles() {}

  /**
   * Parses a file and leaves out the module-level statements under an {@code if} whose condition is
   * known not to hold, such as those for other versions of Triton. Where a condition cannot be
   * known, both branches stay.
   *
   * @throws dev.kiln.compiler.diagnostics.CompilationException if a function for the device is not
   *     well formed
   */
  public static KernelFile load(Source source) {
    var file = KernelFileParser.parse(source);
    if (file.guards().isEmpty()) {
      return file;
    }
    var evaluator = new PythonEvaluator(new ModuleEnvironment(file, ImportResolver.NONE));
    Map<KernelFile.Guard, Boolean> excluded = new IdentityHashMap<>();
    var kept =
        file.statements().stream()
            .filter(
                statement ->
                    file.guards().getOrDefault(statement, List.of()).stream()
                        .noneMatch(
                            guard ->
                                excluded.computeIfAbsent(guard, g -> isExcluded(evaluator, g))))
            .toList();
    Map<Stmt, List<KernelFile.Guard>> guards = new IdentityHashMap<>();
    kept.stream()
        .filter(file.guards()::containsKey)
        .forEach(s -> guards.put(s, file.guards().get(s)));
    return new KernelFile(source, kept, file.skipped(), Collections.unmodifiableMap(guards));
  }

  private static boolean isExcluded(PythonEvaluator evaluator, KernelFile.Guard guard) {
    try {
      return PythonOperators.truth(evaluator.evaluate(guard.test())) != guard.holds();
    } catch (PythonError e) {
      return false;
    }
  }
}
