package dev.kiln.compiler.frontend;

import dev.kiln.compiler.diagnostics.Source;
import dev.kiln.compiler.syntax.ImportResolver;
import dev.kiln.compiler.syntax.KernelFile;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The kernel files that one compilation sees, each with its scope: the kernel's, its imports. */
final class Modules {
  private final ImportResolver imports;
  private final Map<Source, ModuleScope> scopes = new HashMap<>();

  Modules(ImportResolver imports) {
    this.imports = imports;
  }

  ModuleScope of(KernelFile file) {
    return scope(file, false);
  }

  private ModuleScope scope(KernelFile file, boolean isPrelude) {
    ModuleScope known = scopes.get(file.source());
    if (known != null) {
      return known;
    }
    var scope = new ModuleScope(this, file, isPrelude);
    // Known before its imports are: files may import each other.
    scopes.put(file.source(), scope);
    return scope.bindAll();
  }

  /** The kernel file that an import names, if it is one that can be found. */
  Optional<ModuleScope> imported(ModuleScope importer, int level, String module) {
    return imports.resolve(importer.file().source(), level, module).map(this::of);
  }

  /** The file of the prelude that defines a name. */
  Optional<ModuleScope> prelude(String name) {
    return Prelude.fileOf(name).map(file -> scope(file, true));
  }

  /** A function of the prelude. */
  JitFunction preludeFunction(String name) {
    return prelude(name)
        .flatMap(scope -> scope.function(name))
        .orElseThrow(() -> new IllegalArgumentException("the prelude has no function " + name));
  }
}
