package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontContext;
import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.FrontValue.TupleValue;
import dev.kiln.compiler.python.PyNone;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A builtin's parameters, written as Python writes them: {@code load(pointer, mask=None, *,
 * volatile=False)}.
 *
 * @param text the whole signature, for documentation
 */
record Signature(String name, List<Parameter> parameters, String text) {
  /** As in Python, without positional-only ones. */
  enum Kind {
    EITHER,
    VAR_POSITIONAL,
    KEYWORD_ONLY,
    VAR_KEYWORD
  }

  record Parameter(String name, Kind kind, Optional<FrontValue> defaultValue) {
    boolean isRequired() {
      return defaultValue.isEmpty() && (kind == Kind.EITHER || kind == Kind.KEYWORD_ONLY);
    }
  }

  /**
   * Reads a signature; default values are {@code None}, booleans, numbers, strings and {@code ()}.
   */
  static Signature parse(String text) {
    int open = text.indexOf('(');
    String name = text.substring(0, open);
    String list = text.substring(open + 1, text.lastIndexOf(')'));
    List<Parameter> parameters = new ArrayList<>();
    boolean keywordOnly = false;
    for (String part : list.isBlank() ? new String[0] : list.split(",(?![^(]*\\))")) {
      String parameter = part.strip();
      if (parameter.equals("*")) {
        keywordOnly = true;
      } else if (parameter.startsWith("**")) {
        parameters.add(new Parameter(parameter.substring(2), Kind.VAR_KEYWORD, Optional.empty()));
      } else if (parameter.startsWith("*")) {
        parameters.add(
            new Parameter(parameter.substring(1), Kind.VAR_POSITIONAL, Optional.empty()));
        keywordOnly = true;
      } else {
        parameters.add(parameter(parameter, keywordOnly ? Kind.KEYWORD_ONLY : Kind.EITHER));
      }
    }
    return new Signature(name, List.copyOf(parameters), text);
  }

  private static Parameter parameter(String text, Kind kind) {
    int equals = text.indexOf('=');
    return equals < 0
        ? new Parameter(text, kind, Optional.empty())
        : new Parameter(
            text.substring(0, equals), kind, Optional.of(literal(text.substring(equals + 1))));
  }

  private static FrontValue literal(String text) {
    return switch (text) {
      case "None" -> new Constexpr(PyNone.NONE);
      case "True" -> new Constexpr(true);
      case "False" -> new Constexpr(false);
      case "()" -> new TupleValue(List.of());
      default -> {
        if (text.startsWith("'")) {
          yield new Constexpr(text.substring(1, text.length() - 1));
        }
        yield text.contains(".")
            ? new Constexpr(Double.valueOf(text))
            : new Constexpr(Long.valueOf(text));
      }
    };
  }

  /**
   * Each parameter's value; {@code *args} and {@code **kwargs} become tuples, the latter with
   * names.
   */
  Map<String, FrontValue> bind(
      FrontContext ctx, List<FrontValue> args, Map<String, FrontValue> kwargs) {
    Map<String, FrontValue> bound = new LinkedHashMap<>();
    Map<String, FrontValue> named = new LinkedHashMap<>(kwargs);
    // What Triton's own decorators pass on; kernels that forward them mean nothing by it.
    named.keySet().removeAll(List.of("_builder", "_generator", "_semantic"));
    int next = 0;
    for (Parameter parameter : parameters) {
      switch (parameter.kind()) {
        case EITHER -> {
          if (next < args.size()) {
            if (named.containsKey(parameter.name())) {
              throw ctx.error(
                  "%s() got multiple values for argument '%s'".formatted(name, parameter.name()));
            }
            bound.put(parameter.name(), args.get(next++));
          } else {
            bindNamed(parameter, named, bound);
          }
        }
        case VAR_POSITIONAL -> {
          bound.put(parameter.name(), new TupleValue(args.subList(next, args.size())));
          next = args.size();
        }
        case KEYWORD_ONLY -> bindNamed(parameter, named, bound);
        case VAR_KEYWORD -> {
          bound.put(
              parameter.name(),
              new TupleValue(
                  List.copyOf(named.values()), Optional.of(List.copyOf(named.keySet()))));
          named.clear();
        }
      }
    }
    if (next < args.size()) {
      throw tooMany(ctx, args.size());
    }
    checkUnexpected(ctx, named);
    checkMissing(ctx, bound);
    return bound;
  }

  private static void bindNamed(
      Parameter parameter, Map<String, FrontValue> named, Map<String, FrontValue> bound) {
    FrontValue value = named.remove(parameter.name());
    if (value == null) {
      value = parameter.defaultValue().orElse(null);
    }
    if (value != null) {
      bound.put(parameter.name(), value);
    }
  }

  private void checkUnexpected(FrontContext ctx, Map<String, FrontValue> named) {
    if (named.isEmpty()) {
      return;
    }
    String unknown = named.keySet().iterator().next();
    List<String> known = parameters.stream().map(Parameter::name).toList();
    throw ctx.error(
        "%s() got an unexpected keyword argument '%s'".formatted(name, unknown),
        Names.suggestion(unknown, known).orElse("the signature is " + text));
  }

  private void checkMissing(FrontContext ctx, Map<String, FrontValue> bound) {
    List<Parameter> missing =
        parameters.stream().filter(p -> p.isRequired() && !bound.containsKey(p.name())).toList();
    if (missing.isEmpty()) {
      return;
    }
    String kind =
        missing.stream().allMatch(p -> p.kind() == Kind.KEYWORD_ONLY)
            ? "keyword-only"
            : "positional";
    throw ctx.error(
        "%s() missing %d required %s argument%s: %s"
            .formatted(
                name,
                missing.size(),
                kind,
                missing.size() == 1 ? "" : "s",
                missing.stream().map(p -> "'" + p.name() + "'").collect(Collectors.joining(", "))),
        "the signature is " + text);
  }

  private RuntimeException tooMany(FrontContext ctx, int given) {
    List<Parameter> positional = parameters.stream().filter(p -> p.kind() == Kind.EITHER).toList();
    long required = positional.stream().filter(Parameter::isRequired).count();
    String takes =
        required == positional.size()
            ? String.valueOf(required)
            : "from " + required + " to " + positional.size();
    return ctx.error(
        "%s() takes %s positional argument%s but %d %s given"
            .formatted(
                name, takes, takes.equals("1") ? "" : "s", given, given == 1 ? "was" : "were"),
        "the signature is " + text);
  }
}
