package dev.kiln.compiler.python;

import dev.kiln.compiler.syntax.Expr;
import dev.kiln.compiler.syntax.ImportResolver;
import dev.kiln.compiler.syntax.KernelFile;
import dev.kiln.compiler.syntax.Stmt;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What names of modules mean in a file, through its imports and aliases: {@code tl.load} is {@code
 * triton.language.load}.
 */
final class QualifiedNames {
  private final KernelFile file;
  private final ImportResolver imports;
  private final Map<String, String> paths = new HashMap<>();
  private final Map<String, Expr> aliases = new HashMap<>();
  private final Map<String, Stmt.ImportFrom> importedFrom = new HashMap<>();
  private final Set<String> underWay = new HashSet<>();

  QualifiedNames(KernelFile file, ImportResolver imports) {
    this.file = file;
    this.imports = imports;
    file.statements().forEach(this::bind);
  }

  private void bind(Stmt statement) {
    switch (statement) {
      case Stmt.Import load ->
          load.names()
              .forEach(
                  alias -> {
                    String first = alias.name().split("\\.")[0];
                    paths.put(
                        alias.asName().orElse(first),
                        alias.asName().isPresent() ? alias.name() : first);
                  });
      case Stmt.ImportFrom load ->
          load.names()
              .forEach(
                  alias -> {
                    paths.put(alias.bound(), ImportedNames.path(load, alias.name()));
                    importedFrom.put(alias.bound(), load);
                  });
      case Stmt.Assign assign when isAlias(assign.value()) ->
          assign
              .targets()
              .forEach(
                  target -> {
                    if (target instanceof Expr.Name name) {
                      aliases.put(name.id(), assign.value());
                    }
                  });
      default -> {
        // Binds no module.
      }
    }
  }

  private static boolean isAlias(Expr value) {
    return value instanceof Expr.Name
        || value instanceof Expr.Attribute attribute && isAlias(attribute.value());
  }

  /**
   * The full name of a name or attribute, or the name alone if no import binds it; empty for other
   * expressions.
   */
  Optional<String> of(Expr expression) {
    return switch (expression) {
      case Expr.Name name -> Optional.of(path(name.id()));
      case Expr.Attribute attribute ->
          of(attribute.value()).map(path -> path + "." + attribute.name());
      case Expr.Call call -> of(call.function());
      default -> Optional.empty();
    };
  }

  private String path(String name) {
    if (!underWay.add(name)) {
      return name;
    }
    try {
      var alias = aliases.get(name);
      if (alias != null && !paths.containsKey(name)) {
        return of(alias).orElse(name);
      }
      String path = paths.get(name);
      if (path == null) {
        return name;
      }
      return reexported(name).orElse(path);
    } finally {
      underWay.remove(name);
    }
  }

  /** What a name of another kernel file means there: {@code from .compat import tl}. */
  private Optional<String> reexported(String name) {
    var load = importedFrom.get(name);
    if (load == null || paths.get(name).startsWith("triton")) {
      return Optional.empty();
    }
    String original =
        load.names().stream()
            .filter(alias -> alias.bound().equals(name))
            .findFirst()
            .orElseThrow()
            .name();
    return imports
        .resolve(file.source(), load.level(), load.module())
        .map(other -> new QualifiedNames(other, imports))
        .filter(other -> other.paths.containsKey(original) || other.aliases.containsKey(original))
        .map(other -> other.path(original));
  }
}
