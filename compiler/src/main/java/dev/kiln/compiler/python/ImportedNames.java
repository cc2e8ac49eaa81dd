package dev.kiln.compiler.python;

import dev.kiln.compiler.syntax.Stmt;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What import statements bind, for modules that are not read: values that are known here, and
 * symbols.
 */
public final class ImportedNames {
  /**
   * Packages pass Triton on from modules of their own ({@code from vllm.triton_utils import tl,
   * triton}) under names that mean nothing else.
   */
  private static final Map<String, String> PASSED_ON =
      Map.of(
          "triton", "triton",
          "tl", "triton.language",
          "libdevice", "triton.language.extra.libdevice",
          "tldevice", "triton.language.extra.libdevice");

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

  /**
   * The full name of something imported; leading dots stay, but what only Triton can be is
   * Triton's.
   */
  public static String path(Stmt.ImportFrom imports, String name) {
    if (PASSED_ON.containsKey(name) && !imports.module().startsWith("triton")) {
      return PASSED_ON.get(name);
    }
    String module = ".".repeat(imports.level()) + imports.module();
    return module.isEmpty() || module.endsWith(".") ? module + name : module + "." + name;
  }
}
