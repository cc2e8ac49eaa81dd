package dev.kiln.compiler.frontend;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.frontend.FrontValue.TupleValue;
import dev.kiln.compiler.syntax.Parameter;
import dev.kiln.compiler.syntax.Parameter.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Gives the arguments of a call to a function's parameters, with Python's rules and messages. */
final class ArgumentBinding {
  private final Interpreter interpreter;
  private final String function;
  private final List<Parameter> parameters;
  private final Map<String, FrontValue> bound = new LinkedHashMap<>();

  private ArgumentBinding(Interpreter interpreter, String function, List<Parameter> parameters) {
    this.interpreter = interpreter;
    this.function = function;
    this.parameters = parameters;
  }

  static Map<String, FrontValue> bind(
      Interpreter interpreter,
      JitFunction function,
      List<FrontValue> args,
      Map<String, FrontValue> kwargs) {
    return bind(
        interpreter,
        function.name(),
        function.module(),
        function.definition().parameters(),
        args,
        kwargs);
  }

  /**
   * The value of each parameter, in the parameters' order.
   *
   * @param module where default values are evaluated
   */
  static Map<String, FrontValue> bind(
      Interpreter interpreter,
      String function,
      ModuleScope module,
      List<Parameter> parameters,
      List<FrontValue> args,
      Map<String, FrontValue> kwargs) {
    var binding = new ArgumentBinding(interpreter, function, parameters);
    binding.positional(args);
    binding.keywords(kwargs);
    binding.defaults(module);
    return binding.inOrder();
  }

  private CompilationException error(String message) {
    return interpreter.error(function + "() " + message);
  }

  private List<Parameter> positionalParameters() {
    return parameters.stream()
        .filter(p -> p.kind() == Kind.POSITIONAL_ONLY || p.kind() == Kind.POSITIONAL_OR_KEYWORD)
        .toList();
  }

  private Optional<Parameter> ofKind(Kind kind) {
    return parameters.stream().filter(p -> p.kind() == kind).findFirst();
  }

  private void positional(List<FrontValue> args) {
    List<Parameter> places = positionalParameters();
    int direct = Math.min(args.size(), places.size());
    for (int i = 0; i < direct; i++) {
      bound.put(places.get(i).name(), args.get(i));
    }
    Optional<Parameter> rest = ofKind(Kind.VAR_POSITIONAL);
    if (rest.isPresent()) {
      bound.put(rest.get().name(), new TupleValue(args.subList(direct, args.size())));
    } else if (args.size() > places.size()) {
      throw tooMany(places, args.size());
    }
  }

  private CompilationException tooMany(List<Parameter> places, int given) {
    long required = places.stream().filter(p -> p.defaultValue().isEmpty()).count();
    String takes =
        required == places.size()
            ? places.size() + plural(" positional argument", places.size())
            : "from " + required + " to " + places.size() + " positional arguments";
    return error("takes " + takes + " but " + given + (given == 1 ? " was" : " were") + " given");
  }

  private static String plural(String noun, int count) {
    return count == 1 ? noun : noun + "s";
  }

  private void keywords(Map<String, FrontValue> kwargs) {
    var extra = new LinkedHashMap<String, FrontValue>();
    kwargs.forEach(
        (name, value) -> {
          Optional<Parameter> parameter = named(name);
          if (parameter.isEmpty()) {
            extra.put(name, value);
          } else if (bound.containsKey(name)) {
            throw error("got multiple values for argument '" + name + "'");
          } else {
            bound.put(name, value);
          }
        });
    Optional<Parameter> rest = ofKind(Kind.VAR_KEYWORD);
    if (rest.isPresent()) {
      bound.put(
          rest.get().name(),
          new TupleValue(
              new ArrayList<>(extra.values()), Optional.of(new ArrayList<>(extra.keySet()))));
    } else if (!extra.isEmpty()) {
      throw unexpected(extra.keySet().iterator().next());
    }
  }

  private Optional<Parameter> named(String name) {
    return parameters.stream()
        .filter(p -> p.name().equals(name))
        .filter(p -> p.kind() == Kind.POSITIONAL_OR_KEYWORD || p.kind() == Kind.KEYWORD_ONLY)
        .findFirst();
  }

  private CompilationException unexpected(String name) {
    boolean positionalOnly =
        parameters.stream()
            .anyMatch(p -> p.name().equals(name) && p.kind() == Kind.POSITIONAL_ONLY);
    if (positionalOnly) {
      return error(
          "got some positional-only arguments passed as keyword arguments: '" + name + "'");
    }
    String message = function + "() got an unexpected keyword argument '" + name + "'";
    return Names.withNearest(
        interpreter, message, name, parameters.stream().map(Parameter::name).toList());
  }

  private void defaults(ModuleScope module) {
    var missing = new ArrayList<Parameter>();
    for (Parameter parameter : parameters) {
      if (bound.containsKey(parameter.name())) {
        continue;
      }
      if (parameter.defaultValue().isPresent()) {
        bound.put(parameter.name(), module.evaluate(interpreter, parameter.defaultValue().get()));
      } else {
        missing.add(parameter);
      }
    }
    if (!missing.isEmpty()) {
      throw missing(missing);
    }
  }

  private CompilationException missing(List<Parameter> missing) {
    boolean positional = missing.getFirst().kind() != Kind.KEYWORD_ONLY;
    List<String> names =
        missing.stream()
            .filter(p -> (p.kind() != Kind.KEYWORD_ONLY) == positional)
            .map(p -> "'" + p.name() + "'")
            .toList();
    int count = names.size();
    String list =
        switch (count) {
          case 1 -> names.getFirst();
          case 2 -> names.get(0) + " and " + names.get(1);
          default ->
              String.join(", ", names.subList(0, count - 1)) + ", and " + names.get(count - 1);
        };
    return error(
        "missing "
            + count
            + " required "
            + (positional ? "positional" : "keyword-only")
            + plural(" argument", count)
            + ": "
            + list);
  }

  private Map<String, FrontValue> inOrder() {
    var ordered = new LinkedHashMap<String, FrontValue>();
    parameters.forEach(p -> ordered.put(p.name(), bound.get(p.name())));
    return ordered;
  }
}
