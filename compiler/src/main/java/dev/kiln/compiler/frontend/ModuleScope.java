package dev.kiln.compiler.frontend;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.frontend.FrontValue.Namespace;
import dev.kiln.compiler.syntax.Expr;
import dev.kiln.compiler.syntax.KernelFile;
import dev.kiln.compiler.syntax.Stmt;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The global names of a kernel file. Values are made when they are first asked for, so that host
 * code which no kernel refers to is never run.
 */
final class ModuleScope {
  /** What gives a global its value; the last one in the file counts. */
  private sealed interface Binding {
    /** {@code from module import name}, or {@code import module} where the name is absent. */
    record Imported(int level, String module, Optional<String> name) implements Binding {}

    /** A thing outside of kernel files, by its full name. */
    record External(String path) implements Binding {}

    record Module(String name, ModuleScope scope) implements Binding {}

    /** A name of another kernel file. */
    record Member(ModuleScope scope, String name) implements Binding {}

    record Function(Stmt.FunctionDef definition) implements Binding {}

    /** A function that a call made one for the device: {@code f = triton.jit(f)}. */
    record Jitted(Stmt.FunctionDef definition) implements Binding {}

    record Class(Stmt.ClassDef definition) implements Binding {}

    record Assigned(Expr value, boolean declaredConstant) implements Binding {}
  }

  private final Modules modules;
  private final KernelFile file;
  private final boolean isPrelude;
  private final Map<String, Binding> bindings = new LinkedHashMap<>();
  private final List<Stmt.ImportFrom> starImports = new ArrayList<>();
  private final Map<String, FrontValue> values = new HashMap<>();
  private final Set<String> underEvaluation = new HashSet<>();

  ModuleScope(Modules modules, KernelFile file, boolean isPrelude) {
    this.modules = modules;
    this.file = file;
    this.isPrelude = isPrelude;
  }

  /**
   * Reads the file's statements. Not a part of the constructor: files may import each other, and
   * then the other one must find this scope.
   */
  ModuleScope bindAll() {
    file.statements().forEach(this::bind);
    return this;
  }

  KernelFile file() {
    return file;
  }

  /** Whether this is Kiln's own library of functions. */
  boolean isPrelude() {
    return isPrelude;
  }

  Set<String> names() {
    return bindings.keySet();
  }

  // ---- bindings

  private void bind(Stmt statement) {
    switch (statement) {
      case Stmt.Import load -> load.names().forEach(this::bindImport);
      case Stmt.ImportFrom load -> load.names().forEach(name -> bindImport(load, name));
      case Stmt.FunctionDef function ->
          bindings.put(function.name(), new Binding.Function(function));
      case Stmt.ClassDef type -> bindings.put(type.name(), new Binding.Class(type));
      case Stmt.Assign assign -> {
        for (Expr target : assign.targets()) {
          if (!isStandIn(assign, target)) {
            bindTarget(target, assign.value(), false);
          }
        }
      }
      case Stmt.AnnAssign assign ->
          assign
              .value()
              .ifPresent(
                  value ->
                      bindTarget(
                          assign.target(),
                          value,
                          Annotations.isConstexpr(this, assign.annotation())));
      default -> {}
    }
  }

  /**
   * Whether an assignment only stands in for a function where it is not to be had: {@code f = None}
   * in the branch that a file takes without Triton.
   */
  private boolean isStandIn(Stmt.Assign assign, Expr target) {
    return assign.value() instanceof Expr.NoneLit
        && file.guards().containsKey(assign)
        && target instanceof Expr.Name name
        && bindings.get(name.id()) instanceof Binding.Function;
  }

  /** What {@code triton.jit(f)}, or a further decorator called with that, is bound to. */
  private Optional<Binding> wrapped(Expr value) {
    if (!(value instanceof Expr.Call call) || call.args().size() != 1) {
      return Optional.empty();
    }
    Expr argument = call.args().getFirst();
    Binding inner =
        argument instanceof Expr.Name name
            ? bindings.get(name.id())
            : wrapped(argument).orElse(null);
    return switch (lastName(call.function())) {
      case "jit" ->
          inner instanceof Binding.Function function
              ? Optional.of(new Binding.Jitted(function.definition()))
              : Optional.empty();
      case "heuristics", "autotune" ->
          inner instanceof Binding.Function || inner instanceof Binding.Jitted
              ? Optional.of(inner)
              : Optional.empty();
      default -> Optional.empty();
    };
  }

  private void bindTarget(Expr target, Expr value, boolean declaredConstant) {
    switch (target) {
      case Expr.Name name ->
          bindings.put(
              name.id(),
              wrapped(value).orElseGet(() -> new Binding.Assigned(value, declaredConstant)));
      case Expr.TupleExpr tuple -> {
        for (int i = 0; i < tuple.elements().size(); i++) {
          Expr item =
              value instanceof Expr.TupleExpr items
                      && items.elements().size() == tuple.elements().size()
                  ? items.elements().get(i)
                  : new Expr.Subscript(
                      value.loc(),
                      value,
                      new Expr.IntLit(value.loc(), java.math.BigInteger.valueOf(i)));
          bindTarget(tuple.elements().get(i), item, declaredConstant);
        }
      }
      default -> {}
    }
  }

  private void bindImport(Stmt.Alias name) {
    if (name.asName().isEmpty() && name.name().contains(".")) {
      // `import a.b` binds `a`.
      String first = name.name().substring(0, name.name().indexOf('.'));
      bindings.put(first, new Binding.External(first));
    } else {
      bindings.put(name.bound(), new Binding.Imported(0, name.name(), Optional.empty()));
    }
  }

  private void bindImport(Stmt.ImportFrom load, Stmt.Alias name) {
    if (name.name().equals("*")) {
      starImports.add(load);
    } else {
      bindings.put(
          name.bound(),
          new Binding.Imported(load.level(), load.module(), Optional.of(name.name())));
    }
  }

  /** What a name is bound to, imports looked up; null if there is no such name. */
  private Binding binding(String name) {
    Binding binding = bindings.get(name);
    if (binding instanceof Binding.Imported imported) {
      binding = lookUp(imported);
      bindings.put(name, binding);
    }
    return binding;
  }

  private Binding lookUp(Binding.Imported imported) {
    Optional<ModuleScope> module = modules.imported(this, imported.level(), imported.module());
    if (imported.name().isEmpty()) {
      return module
          .<Binding>map(scope -> new Binding.Module(imported.module(), scope))
          .orElseGet(() -> new Binding.External(imported.module()));
    }
    String name = imported.name().get();
    if (module.isPresent() && module.get().names().contains(name)) {
      return new Binding.Member(module.get(), name);
    }
    String path = imported.module().isEmpty() ? name : imported.module() + "." + name;
    return modules
        .imported(this, imported.level(), path)
        .<Binding>map(scope -> new Binding.Module(path, scope))
        .orElseGet(() -> new Binding.External(path));
  }

  private List<ModuleScope> starModules() {
    return starImports.stream()
        .map(load -> modules.imported(this, load.level(), load.module()))
        .flatMap(Optional::stream)
        .filter(scope -> scope != this)
        .toList();
  }

  private Optional<FrontValue> starBuiltin(String name) {
    return starBuiltinPath(name).flatMap(Builtins::resolve);
  }

  private Optional<String> starBuiltinPath(String name) {
    return starImports.stream()
        .map(load -> load.module() + "." + name)
        .filter(path -> Builtins.resolve(path).isPresent())
        .findFirst();
  }

  /**
   * The full name of what an expression such as {@code tl.constexpr} refers to, through this file's
   * imports.
   */
  Optional<String> qualifiedName(Expr expression) {
    return switch (expression) {
      case Expr.Name name ->
          switch (binding(name.id())) {
            case Binding.External external -> Optional.of(external.path());
            case Binding.Assigned assigned
                when assigned.value() instanceof Expr.Attribute
                    || (assigned.value() instanceof Expr.Name other
                        && !other.id().equals(name.id())) ->
                qualifiedName(assigned.value());
            case Binding.Member member ->
                member.scope() == this
                    ? Optional.empty()
                    : member.scope().qualifiedName(new Expr.Name(name.loc(), member.name()));
            case null -> starBuiltinPath(name.id());
            default -> Optional.empty();
          };
      case Expr.Attribute attribute ->
          qualifiedName(attribute.value()).map(path -> path + "." + attribute.name());
      case Expr.Call call -> qualifiedName(call.function());
      default -> Optional.empty();
    };
  }

  // ---- values

  /**
   * A global that kernels may read: constants, functions for the device, modules, types.
   *
   * @throws CompilationException if there is such a name, but its value is ordinary Python
   */
  Optional<FrontValue> global(Interpreter interpreter, String name) {
    Binding binding = binding(name);
    if (binding != null && !isPrelude && isOrdinary(binding, new HashSet<>())) {
      throw inaccessible(interpreter, name, binding);
    }
    return anyGlobal(interpreter, name);
  }

  private CompilationException inaccessible(Interpreter interpreter, String name, Binding binding) {
    if (binding instanceof Binding.Function) {
      return interpreter.error(
          "Cannot call " + name + " from within @jit'ed function: it is not decorated",
          "decorate it with @triton.jit, or with @triton.constexpr_function if it takes constants"
              + " only");
    }
    return interpreter.error(
        "Cannot access global variable " + name + " from within @jit'ed function",
        "kernels can only read global variables that are instantiated as constexpr: `"
            + name
            + " = tl.constexpr(...)`");
  }

  /** Whether a global holds ordinary Python, which kernels cannot refer to. */
  private boolean isOrdinary(Binding binding, Set<String> seen) {
    return switch (binding) {
      case Binding.Imported imported -> false;
      case Binding.External external -> false;
      case Binding.Module module -> false;
      case Binding.Member member -> member.scope().isOrdinary(member.name(), seen);
      case Binding.Jitted jitted -> false;
      case Binding.Function function ->
          !isDeviceFunction(function.definition()) && !isConstexprFunction(function.definition());
      case Binding.Class type ->
          !isAggregate(type.definition()) && !isNamedTuple(type.definition());
      case Binding.Assigned assigned ->
          !assigned.declaredConstant() && !isConstantExpression(assigned.value(), seen);
    };
  }

  private boolean isOrdinary(String name, Set<String> seen) {
    Binding binding = binding(name);
    return binding != null && seen.add(file.source().name() + name) && isOrdinary(binding, seen);
  }

  /** Whether an expression gives a constant of the kernel language, rather than a plain number. */
  private boolean isConstantExpression(Expr expression, Set<String> seen) {
    return switch (expression) {
      case Expr.Name name -> bindings.containsKey(name.id()) && !isOrdinary(name.id(), seen);
      case Expr.Attribute attribute ->
          qualifiedName(attribute).isPresent() || isConstantExpression(attribute.value(), seen);
      case Expr.Binary binary ->
          isConstantExpression(binary.left(), seen) || isConstantExpression(binary.right(), seen);
      case Expr.Unary unary -> isConstantExpression(unary.operand(), seen);
      case Expr.IfExp choice ->
          isConstantExpression(choice.body(), seen) && isConstantExpression(choice.orElse(), seen);
      case Expr.Call call -> isConstantCall(call);
      case Expr.TupleExpr tuple ->
          tuple.elements().stream().allMatch(item -> isConstantExpression(item, seen));
      default -> false;
    };
  }

  private boolean isConstantCall(Expr.Call call) {
    if (Annotations.isConstexpr(this, call.function()) || isNamedTupleCall(call)) {
      return true;
    }
    if (qualifiedName(call.function()).filter("triton.jit"::equals).isPresent()) {
      return true;
    }
    return call.function() instanceof Expr.Name name
        && binding(name.id()) instanceof Binding.Function function
        && isConstexprFunction(function.definition());
  }

  /** Any global, as host code may read it. */
  Optional<FrontValue> anyGlobal(Interpreter interpreter, String name) {
    FrontValue known = values.get(name);
    if (known != null) {
      return Optional.of(known);
    }
    Binding binding = binding(name);
    if (binding == null) {
      return isPrelude ? elsewhereInPrelude(interpreter, name) : starImported(interpreter, name);
    }
    if (!underEvaluation.add(name)) {
      throw interpreter.error("global variable " + name + " depends on itself");
    }
    try {
      Optional<FrontValue> value = value(interpreter, name, binding);
      value.ifPresent(result -> values.put(name, result));
      return value;
    } finally {
      underEvaluation.remove(name);
    }
  }

  private Optional<FrontValue> elsewhereInPrelude(Interpreter interpreter, String name) {
    return modules
        .prelude(name)
        .filter(scope -> scope != this)
        .flatMap(scope -> scope.anyGlobal(interpreter, name));
  }

  private Optional<FrontValue> starImported(Interpreter interpreter, String name) {
    for (ModuleScope scope : starModules()) {
      Optional<FrontValue> value = scope.global(interpreter, name);
      if (value.isPresent()) {
        return value;
      }
    }
    return starBuiltin(name);
  }

  private Optional<FrontValue> value(Interpreter interpreter, String name, Binding binding) {
    return switch (binding) {
      case Binding.Imported imported -> value(interpreter, name, lookUp(imported));
      case Binding.External external ->
          Optional.of(
              Builtins.resolve(external.path()).orElseGet(() -> new Namespace(external.path())));
      case Binding.Module module -> Optional.of(new ModuleValue(module.name(), module.scope()));
      case Binding.Member member -> member.scope().anyGlobal(interpreter, member.name());
      case Binding.Function function -> Optional.of(functionValue(function.definition()));
      case Binding.Jitted jitted -> Optional.of(deviceFunction(jitted.definition()));
      case Binding.Class type -> classValue(interpreter, type.definition());
      case Binding.Assigned assigned ->
          Optional.of(assignedValue(interpreter, name, assigned.value()));
    };
  }

  private FrontValue functionValue(Stmt.FunctionDef definition) {
    return isDeviceFunction(definition)
        ? deviceFunction(definition)
        : new HostFunction(definition, this);
  }

  private JitFunction deviceFunction(Stmt.FunctionDef definition) {
    return new JitFunction(definition, this, Frame.Mode.FUNCTION);
  }

  /** A function for the device by its name, if there is one. */
  Optional<JitFunction> function(String name) {
    return switch (binding(name)) {
      case Binding.Function function when isDeviceFunction(function.definition()) ->
          Optional.of(deviceFunction(function.definition()));
      case Binding.Jitted jitted -> Optional.of(deviceFunction(jitted.definition()));
      case null, default -> Optional.empty();
    };
  }

  private FrontValue assignedValue(Interpreter interpreter, String name, Expr value) {
    if (value instanceof Expr.Call call) {
      if (Annotations.isConstexpr(this, call.function()) && call.args().size() == 1) {
        return evaluate(interpreter, call.args().getFirst());
      }
      if (isNamedTupleCall(call)) {
        return NamedTuples.fromCall(interpreter, this, name, call);
      }
      if (qualifiedName(call.function()).filter("triton.jit"::equals).isPresent()
          && call.args().size() == 1
          && call.args().getFirst() instanceof Expr.Name plain
          && binding(plain.id()) instanceof Binding.Function function) {
        return deviceFunction(function.definition());
      }
    }
    return evaluate(interpreter, value);
  }

  /** Evaluates an expression of module level: any global may be read, nothing is emitted. */
  FrontValue evaluate(Interpreter interpreter, Expr expression) {
    var frame =
        new Frame(
            "<module>",
            this,
            Frame.Mode.CONSTANT,
            Optional.of(interpreter.frame()),
            Optional.of(interpreter.location()).filter(loc -> loc.isKnown()));
    return interpreter.in(frame, () -> HostExpressions.evaluate(interpreter, this, expression));
  }

  private Optional<FrontValue> classValue(Interpreter interpreter, Stmt.ClassDef definition) {
    if (isAggregate(definition)) {
      return Optional.of(NamedTuples.aggregate(this, definition));
    }
    if (isNamedTuple(definition)) {
      return Optional.of(NamedTuples.fromClass(this, definition));
    }
    throw interpreter.error(
        "class " + definition.name() + " cannot be used in a kernel",
        "decorate it with @triton.aggregate, or derive it from NamedTuple");
  }

  // ---- decorators

  private boolean isDeviceFunction(Stmt.FunctionDef definition) {
    return isPrelude && definition.decorators().isEmpty()
        || hasDecorator(definition.decorators(), "jit");
  }

  boolean isConstexprFunction(Stmt.FunctionDef definition) {
    return hasDecorator(definition.decorators(), "constexpr_function");
  }

  private boolean isAggregate(Stmt.ClassDef definition) {
    return hasDecorator(definition.decorators(), "aggregate");
  }

  private boolean isNamedTuple(Stmt.ClassDef definition) {
    return definition.bases().stream().anyMatch(base -> lastName(base).equals("NamedTuple"));
  }

  private boolean isNamedTupleCall(Expr.Call call) {
    return lastName(call.function()).equals("namedtuple")
        || lastName(call.function()).equals("NamedTuple");
  }

  private boolean hasDecorator(List<Expr> decorators, String word) {
    return decorators.stream()
        .anyMatch(
            decorator ->
                qualifiedName(decorator)
                    .map(path -> path.substring(path.lastIndexOf('.') + 1))
                    .orElseGet(() -> lastName(decorator))
                    .contains(word));
  }

  private static String lastName(Expr expression) {
    return switch (expression) {
      case Expr.Name name -> name.id();
      case Expr.Attribute attribute -> attribute.name();
      case Expr.Call call -> lastName(call.function());
      default -> "";
    };
  }

  @Override
  public String toString() {
    return file.source().name();
  }
}
