package dev.kiln.compiler.python;

import dev.kiln.compiler.syntax.Stmt;
import java.util.LinkedHashMap;
import java.util.Map;

/** What import statements bind, for modules that are not read: values that are known here, and symbols. */
final class ImportedNames {
  private ImportedNames() {}

  static Map<String, Object> of(Stmt.Import imports) {
    var names = new LinkedHashMap<String, Object>();
    for (var alias : imports.names()) {
      if (alias.asName().isPresent()) {
        names.put(alias.asName().get(), PySymbol.resolve(alias.name()));
      } else {
        // `import a.b` binds `a`.
        String first = alias.name().split("\\.")[0];
        names.put(first, PySymbol.resolve(first));
      }
    }
    return names;
  }

  /** A star import binds nothing here. */
  static Map<String, Object> of(Stmt.ImportFrom imports) {
    var names = new LinkedHashMap<String, Object>();
    for (var alias : imports.names()) {
      if (!alias.name().equals("*")) {
        names.put(alias.bound(), PySymbol.resolve(path(imports, alias.name())));
      }
    }
    return names;
  }

  /** The full name of something imported; leading dots stay. */
  static String path(Stmt.ImportFrom imports, String name) {
    String module = ".".repeat(imports.level()) + imports.module();
    return module.isEmpty() || module.endsWith(".") ? module + name : module + "." + name;
  }
}
