package dev.kiln.compiler.python;

import dev.kiln.compiler.syntax.Expr;
import dev.kiln.compiler.syntax.Parameter;
import dev.kiln.compiler.syntax.Parameter.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Binds the arguments of a call to the parameters of a function, as Python does and with its
 * messages.
 */
final class ParameterBinding {
  private final String function;
  private final List<Parameter> parameters;
  private final Map<String, Object> bound = new LinkedHashMap<>();

  private ParameterBinding(String function, List<Parameter> parameters) {
    this.function = function;
    this.parameters = parameters;
  }

  /**
   * The value of every parameter.
   *
   * @param defaults gives the default value of a parameter that has one
   */
  static Map<String, Object> bind(
      String function,
      List<Parameter> parameters,
      List<Object> args,
      Map<String, Object> kwargs,
      Function<Expr, Object> defaults) {
    var binding = new ParameterBinding(function, parameters);
    binding.positional(args);
    binding.named(kwargs);
    binding.missing(defaults);
    return binding.bound;
  }

  private static boolean isPositional(Parameter parameter) {
    return parameter.kind() == Kind.POSITIONAL_ONLY
        || parameter.kind() == Kind.POSITIONAL_OR_KEYWORD;
  }

  private void positional(List<Object> args) {
    var accepting = parameters.stream().filter(ParameterBinding::isPositional).toList();
    for (int i = 0; i < Math.min(args.size(), accepting.size()); i++) {
      bound.put(accepting.get(i).name(), args.get(i));
    }
    var rest = args.subList(Math.min(accepting.size(), args.size()), args.size());
    var variadic = parameters.stream().filter(p -> p.kind() == Kind.VAR_POSITIONAL).findFirst();
    if (variadic.isPresent()) {
      bound.put(variadic.get().name(), new PyTuple(rest));
    } else if (!rest.isEmpty()) {
      tooMany(accepting, args.size());
    }
  }

  private void tooMany(List<Parameter> accepting, int given) {
    long required = accepting.stream().filter(p -> p.defaultValue().isEmpty()).count();
    String count =
        required == accepting.size()
            ? "" + required
            : "from " + required + " to " + accepting.size();
    throw PythonError.type(
        function
            + "() takes "
            + count
            + " positional argument"
            + (accepting.size() == 1 && required == 1 ? "" : "s")
            + " but "
            + given
            + (given == 1 ? " was given" : " were given"));
  }

  private void named(Map<String, Object> kwargs) {
    var others = new PyDict();
    kwargs.forEach(
        (name, value) -> {
          var parameter =
              parameters.stream().filter(p -> p.name().equals(name) && acceptsName(p)).findFirst();
          if (parameter.isEmpty()) {
            others.put(name, value);
          } else if (bound.putIfAbsent(name, value) != null) {
            throw PythonError.type(function + "() got multiple values for argument '" + name + "'");
          }
        });
    var variadic = parameters.stream().filter(p -> p.kind() == Kind.VAR_KEYWORD).findFirst();
    if (variadic.isPresent()) {
      bound.put(variadic.get().name(), others);
    } else if (others.size() > 0) {
      throw PythonError.type(
          function
              + "() got an unexpected keyword argument '"
              + PythonText.str(others.keys().getFirst())
              + "'");
    }
  }

  private static boolean acceptsName(Parameter parameter) {
    return parameter.kind() == Kind.POSITIONAL_OR_KEYWORD || parameter.kind() == Kind.KEYWORD_ONLY;
  }

  private void missing(Function<Expr, Object> defaults) {
    var positional = new ArrayList<String>();
    var keywordOnly = new ArrayList<String>();
    for (var parameter : parameters) {
      if (bound.containsKey(parameter.name())) {
        continue;
      }
      if (parameter.defaultValue().isPresent()) {
        bound.put(parameter.name(), defaults.apply(parameter.defaultValue().get()));
      } else {
        (parameter.kind() == Kind.KEYWORD_ONLY ? keywordOnly : positional)
            .add("'" + parameter.name() + "'");
      }
    }
    report(positional, "positional");
    report(keywordOnly, "keyword-only");
  }

  private void report(List<String> names, String kind) {
    if (!names.isEmpty()) {
      int count = names.size();
      String list =
          count == 1
              ? names.getFirst()
              : count == 2
                  ? names.get(0) + " and " + names.get(1)
                  : String.join(", ", names.subList(0, count - 1)) + ", and " + names.getLast();
      throw PythonError.type(
          function
              + "() missing "
              + count
              + " required "
              + kind
              + " argument"
              + (count == 1 ? "" : "s")
              + ": "
              + list);
    }
  }
}
