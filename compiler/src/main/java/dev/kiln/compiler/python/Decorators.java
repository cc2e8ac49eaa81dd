package dev.kiln.compiler.python;

import dev.kiln.compiler.python.KernelDeclaration.Autotune;
import dev.kiln.compiler.python.KernelDeclaration.Heuristics;
import dev.kiln.compiler.python.KernelDeclaration.JitOptions;
import dev.kiln.compiler.python.KernelDeclaration.Pruning;
import dev.kiln.compiler.syntax.Expr;
import dev.kiln.compiler.syntax.Stmt;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Reads the decorators of one function. What cannot be evaluated is noted, not an error: a launch
 * may not need it.
 */
final class Decorators {
  private static final List<String> AUTOTUNE_PARAMETERS =
      List.of(
          "configs",
          "key",
          "prune_configs_by",
          "reset_to_zero",
          "restore_value",
          "pre_hook",
          "post_hook",
          "warmup",
          "rep",
          "use_cuda_graph",
          "do_bench",
          "cache_results");

  private final Stmt.FunctionDef function;
  private final QualifiedNames names;
  private final PythonEvaluator evaluator;
  private final List<String> notes = new ArrayList<>();
  private Optional<JitOptions> jit = Optional.empty();
  private Optional<Autotune> autotune = Optional.empty();
  private final List<Heuristics> heuristics = new ArrayList<>();

  private Decorators(Stmt.FunctionDef function, QualifiedNames names, PythonEvaluator evaluator) {
    this.function = function;
    this.names = names;
    this.evaluator = evaluator;
  }

  /** The declaration, if the function is one for the device. */
  static Optional<KernelDeclaration> read(
      Stmt.FunctionDef function, QualifiedNames names, PythonEvaluator evaluator) {
    var decorators = new Decorators(function, names, evaluator);
    function.decorators().forEach(decorators::read);
    return decorators.jit.map(
        options ->
            new KernelDeclaration(
                function,
                decorators.constants(),
                options,
                decorators.autotune,
                List.copyOf(decorators.heuristics),
                List.copyOf(decorators.notes)));
  }

  /** {@code jit} in {@code triton.jit(debug=True)}. */
  static String lastName(Expr decorator) {
    return switch (decorator) {
      case Expr.Name name -> name.id();
      case Expr.Attribute attribute -> attribute.name();
      case Expr.Call call -> lastName(call.function());
      default -> "";
    };
  }

  private void read(Expr decorator) {
    String path = names.of(decorator).orElseGet(() -> lastName(decorator));
    String last = path.substring(path.lastIndexOf('.') + 1);
    var call = decorator instanceof Expr.Call c ? Optional.of(c) : Optional.<Expr.Call>empty();
    if (last.contains("jit") && !isForeign(path)) {
      jit = Optional.of(call.map(this::jitOptions).orElse(JitOptions.NONE));
    } else if (last.endsWith("autotune") || last.equals("libtuner")) {
      // Of several the outermost counts; FlagGems' libtuner is an autotune that keeps its results.
      autotune = autotune.or(() -> call.map(this::autotune));
    } else if (last.equals("heuristics")) {
      call.ifPresent(c -> heuristics.add(heuristics(c)));
    } else {
      notes.add("decorator " + path + " is ignored");
    }
  }

  /** Just-in-time compilers of others. */
  private static boolean isForeign(String path) {
    return path.startsWith("torch.")
        || path.startsWith("numba.")
        || path.startsWith("jax.")
        || path.contains("gluon");
  }

  private Set<String> constants() {
    var constants = new LinkedHashSet<String>();
    for (var parameter : function.parameters()) {
      if (parameter.annotation().filter(this::isConstexpr).isPresent()) {
        constants.add(parameter.name());
      }
    }
    return Collections.unmodifiableSet(constants);
  }

  private boolean isConstexpr(Expr annotation) {
    String path =
        annotation instanceof Expr.StrLit text ? text.value() : names.of(annotation).orElse("");
    return path.equals("constexpr") || path.endsWith(".constexpr");
  }

  // ---- arguments

  /** The expression of an argument, by position or name. */
  private static Optional<Expr> argument(Expr.Call call, int position, String name) {
    if (position >= 0 && position < call.args().size()) {
      return Optional.of(call.args().get(position));
    }
    return call.keywords().stream()
        .filter(keyword -> keyword.name().equals(Optional.of(name)))
        .findFirst()
        .map(Expr.Keyword::value);
  }

  /** The value of an argument, converted; a failure is noted under {@code what}. */
  private <T> Optional<T> value(
      Optional<Expr> argument, String what, Function<Object, T> conversion) {
    if (argument.isEmpty()) {
      return Optional.empty();
    }
    try {
      Object value = evaluator.evaluate(argument.get());
      return value == PyNone.NONE ? Optional.empty() : Optional.of(conversion.apply(value));
    } catch (PythonError e) {
      notes.add(what + " is not known at compile time: " + reason(e));
      return Optional.empty();
    }
  }

  private static String reason(PythonError error) {
    String message = error.type().equals("NotSupported") ? error.text() : error.getMessage();
    return error.location().map(place -> message + " (line " + place.line() + ")").orElse(message);
  }

  private List<String> strings(Object value) {
    return value instanceof String one
        ? List.of(one)
        : PythonOperators.iterate(value).stream().map(PythonText::str).toList();
  }

  /** Names of parameters, given by name or by number. */
  private Set<String> parameters(Object value) {
    var chosen = new LinkedHashSet<String>();
    var items = value instanceof String ? List.of(value) : PythonOperators.iterate(value);
    for (Object item : items) {
      if (item instanceof Long number) {
        if (number < 0 || number >= function.parameters().size()) {
          throw PythonError.value("there is no parameter number " + number);
        }
        chosen.add(function.parameters().get(number.intValue()).name());
      } else {
        chosen.add(PythonText.str(item));
      }
    }
    return Collections.unmodifiableSet(chosen);
  }

  private Optional<PyCallable> callable(Object value) {
    return value instanceof PyCallable function && !(value instanceof PySymbol)
        ? Optional.of(function)
        : Optional.empty();
  }

  private PyCallable function(Object value) {
    return callable(value)
        .orElseThrow(() -> PythonError.type(PythonText.repr(value) + " is no function"));
  }

  // ---- jit

  private JitOptions jitOptions(Expr.Call call) {
    return new JitOptions(
        value(argument(call, -1, "do_not_specialize"), "do_not_specialize", this::parameters)
            .orElse(Set.of()),
        value(
                argument(call, -1, "do_not_specialize_on_alignment"),
                "do_not_specialize_on_alignment",
                this::parameters)
            .orElse(Set.of()),
        value(argument(call, -1, "noinline"), "noinline", PythonOperators::truth).orElse(false),
        value(argument(call, -1, "debug"), "debug", PythonOperators::truth),
        value(argument(call, -1, "version"), "version", Function.identity()));
  }

  // ---- autotune

  private Optional<Expr> tuning(Expr.Call call, String name) {
    return argument(call, AUTOTUNE_PARAMETERS.indexOf(name), name);
  }

  private Autotune autotune(Expr.Call call) {
    List<TritonConfig> configs = List.of();
    Optional<String> unknown = Optional.empty();
    try {
      configs =
          configs(
              tuning(call, "configs")
                  .orElseThrow(() -> PythonError.type("autotune needs configs")));
    } catch (PythonError e) {
      unknown = Optional.of(reason(e));
      notes.add("the configurations are not known at compile time: " + reason(e));
    }
    for (String ignored : List.of("use_cuda_graph", "do_bench")) {
      value(tuning(call, ignored), ignored, PythonOperators::truth)
          .filter(wanted -> wanted)
          .ifPresent(wanted -> notes.add(ignored + " is ignored: Kiln measures in its own way"));
    }
    return new Autotune(
        configs,
        unknown,
        value(tuning(call, "key"), "key", this::strings).orElse(List.of()),
        value(tuning(call, "reset_to_zero"), "reset_to_zero", this::strings).orElse(List.of()),
        value(tuning(call, "restore_value"), "restore_value", this::strings).orElse(List.of()),
        value(tuning(call, "pre_hook"), "pre_hook", this::function),
        value(tuning(call, "post_hook"), "post_hook", this::function),
        value(tuning(call, "prune_configs_by"), "prune_configs_by", this::pruning),
        value(tuning(call, "warmup"), "warmup", this::milliseconds),
        value(tuning(call, "rep"), "rep", this::milliseconds),
        value(tuning(call, "cache_results"), "cache_results", PythonOperators::truth)
            .orElse(false));
  }

  private long milliseconds(Object value) {
    return PythonNumbers.index(value, "milliseconds must be an int");
  }

  private List<TritonConfig> configs(Expr expression) {
    var configs = new ArrayList<TritonConfig>();
    for (Object item : PythonOperators.iterate(evaluator.evaluate(expression))) {
      if (!(item instanceof TritonConfig config)) {
        throw PythonError.type("a " + PythonText.typeName(item) + " is no triton.Config");
      }
      configs.add(config);
    }
    return List.copyOf(configs);
  }

  private Pruning pruning(Object value) {
    if (!(value instanceof PyDict dict)) {
      throw PythonError.type("prune_configs_by must be a dict");
    }
    return new Pruning(
        dict.get("early_config_prune").flatMap(this::callable),
        dict.get("perf_model").flatMap(this::callable),
        dict.get("top_k"));
  }

  // ---- heuristics

  private Heuristics heuristics(Expr.Call call) {
    boolean within = autotune.isPresent();
    try {
      Object value =
          evaluator.evaluate(
              argument(call, 0, "values")
                  .orElseThrow(() -> PythonError.type("heuristics needs values")));
      if (!(value instanceof PyDict dict)) {
        throw PythonError.type("heuristics must be a dict");
      }
      Map<String, PyCallable> values = new LinkedHashMap<>();
      for (var entry : dict.entries()) {
        String name = PythonText.str(entry.key());
        values.put(
            name,
            callable(entry.value())
                .orElseThrow(
                    () -> PythonError.type("the heuristic of " + name + " is no function")));
      }
      return new Heuristics(Collections.unmodifiableMap(values), Optional.empty(), within);
    } catch (PythonError e) {
      notes.add("the heuristics are not known at compile time: " + reason(e));
      return new Heuristics(Map.of(), Optional.of(reason(e)), within);
    }
  }
}
