package dev.kiln.compiler.python;

import dev.kiln.compiler.syntax.BoundNames;
import dev.kiln.compiler.syntax.Expr;
import dev.kiln.compiler.syntax.ImportResolver;
import dev.kiln.compiler.syntax.KernelFile;
import dev.kiln.compiler.syntax.Stmt;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The module-level names of a kernel file as host code sees them. A name's value is made when it is
 * first asked for, from the statements that bind or change it, in their order; what else the file
 * does is not run. Functions for the device are symbols.
 */
final class ModuleEnvironment implements Environment {
  private final KernelFile file;
  private final ImportResolver imports;
  private final Map<KernelFile, ModuleEnvironment> modules;
  private final PythonEvaluator evaluator = new PythonEvaluator(this);
  private final Map<String, List<Stmt>> statements = new HashMap<>();
  private final List<Stmt.ImportFrom> starImports = new ArrayList<>();
  private final Map<String, Object> values = new HashMap<>();
  private final Set<String> finished = new HashSet<>();
  private final Set<String> underWay = new HashSet<>();

  ModuleEnvironment(KernelFile file, ImportResolver imports) {
    this(file, imports, new IdentityHashMap<>());
  }

  private ModuleEnvironment(
      KernelFile file, ImportResolver imports, Map<KernelFile, ModuleEnvironment> modules) {
    this.file = file;
    this.imports = imports;
    this.modules = modules;
    modules.put(file, this);
    for (var statement : file.statements()) {
      for (String name : affectedNames(statement)) {
        statements.computeIfAbsent(name, key -> new ArrayList<>()).add(statement);
      }
      if (statement instanceof Stmt.ImportFrom load && load.names().getFirst().name().equals("*")) {
        starImports.add(load);
      }
    }
  }

  PythonEvaluator evaluator() {
    return evaluator;
  }

  private static Set<String> affectedNames(Stmt statement) {
    var names = new LinkedHashSet<>(BoundNames.of(statement));
    changed(List.of(statement), names);
    return names;
  }

  /** Names of lists and dicts that statements change in place. */
  private static void changed(List<Stmt> statements, Set<String> names) {
    for (var statement : statements) {
      switch (statement) {
        case Stmt.ExprStmt(
                var at,
                Expr.Call(var callAt, Expr.Attribute method, var args, var keywords))
            when method.value() instanceof Expr.Name name ->
            names.add(name.id());
        case Stmt.Assign assign -> assign.targets().forEach(target -> changed(target, names));
        case Stmt.AugAssign assign -> changed(assign.target(), names);
        case Stmt.For loop -> changed(loop.body(), names);
        case Stmt.If branch -> {
          changed(branch.body(), names);
          changed(branch.orElse(), names);
        }
        default -> {
          // Other statements of a module change nothing that a constant depends on.
        }
      }
    }
  }

  private static void changed(Expr target, Set<String> names) {
    if (target instanceof Expr.Subscript element && element.value() instanceof Expr.Name name) {
      names.add(name.id());
    }
  }

  /**
   * @throws PythonError if the statements that give the name its value cannot be evaluated
   */
  @Override
  public Optional<Object> lookup(String name) {
    if (!finished.contains(name) && statements.containsKey(name) && underWay.add(name)) {
      try {
        statements.get(name).forEach(statement -> run(name, statement));
        finished.add(name);
      } finally {
        underWay.remove(name);
      }
    }
    return Optional.ofNullable(values.get(name)).or(() -> starImported(name));
  }

  private void run(String name, Stmt statement) {
    switch (statement) {
      case Stmt.FunctionDef function ->
          values.put(
              name,
              isForDevice(function)
                  ? new PySymbol(function.name())
                  : evaluator.function(function, this));
      case Stmt.ClassDef definition ->
          values.put(name, evaluator.classDefinition(definition, this));
      case Stmt.Import load -> load.names().forEach(alias -> bindImport(name, load, alias));
      case Stmt.ImportFrom load -> values.put(name, imported(load, name));
      default -> {
        var names = new LinkedHashMap<String, Object>();
        Optional.ofNullable(values.get(name)).ifPresent(value -> names.put(name, value));
        FunctionRun.runAll(evaluator, this, names, List.of(statement));
        Optional.ofNullable(names.get(name)).ifPresent(value -> values.put(name, value));
      }
    }
  }

  private static boolean isForDevice(Stmt.FunctionDef function) {
    return function.decorators().stream()
        .anyMatch(decorator -> Decorators.lastName(decorator).contains("jit"));
  }

  private void bindImport(String name, Stmt.Import load, Stmt.Alias alias) {
    var names = ImportedNames.of(new Stmt.Import(load.loc(), List.of(alias)));
    if (names.containsKey(name)) {
      var module =
          alias.asName().isPresent() || !alias.name().contains(".")
              ? module(0, alias.name())
              : Optional.empty();
      values.put(name, module.isPresent() ? module.get() : names.get(name));
    }
  }

  private Object imported(Stmt.ImportFrom load, String name) {
    String original =
        load.names().stream()
            .filter(alias -> alias.bound().equals(name))
            .findFirst()
            .orElseThrow()
            .name();
    return file(load.level(), load.module())
        .flatMap(environment -> environment.lookup(original))
        .or(
            () ->
                module(load.level(), ImportedNames.path(load, original).replaceFirst("^\\.+", "")))
        .orElseGet(() -> PySymbol.resolve(ImportedNames.path(load, original)));
  }

  private Optional<Object> starImported(String name) {
    return starImports.stream()
        .map(
            load ->
                file(load.level(), load.module()).flatMap(environment -> environment.lookup(name)))
        .flatMap(Optional::stream)
        .findFirst();
  }

  private Optional<ModuleEnvironment> file(int level, String module) {
    return imports
        .resolve(file.source(), level, module)
        .map(
            found -> {
              var known = modules.get(found);
              return known != null ? known : new ModuleEnvironment(found, imports, modules);
            });
  }

  private Optional<Object> module(int level, String module) {
    return file(level, module).map(environment -> new ImportedModule(module, environment));
  }

  /** A kernel file as a value: {@code configs} in {@code configs.get()}. */
  private record ImportedModule(String name, ModuleEnvironment environment) implements PyObject {
    @Override
    public String typeName() {
      return "module";
    }

    @Override
    public Optional<Object> attribute(String attribute) {
      return environment.lookup(attribute);
    }

    @Override
    public String toString() {
      return "<module '" + name + "'>";
    }
  }
}
