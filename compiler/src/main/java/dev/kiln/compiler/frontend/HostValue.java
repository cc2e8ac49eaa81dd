package dev.kiln.compiler.frontend;

import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.FrontValue.Namespace;
import dev.kiln.compiler.frontend.FrontValue.TupleValue;
import dev.kiln.compiler.python.PyCallable;
import dev.kiln.compiler.python.PyObject;
import dev.kiln.compiler.python.PySymbol;
import dev.kiln.compiler.python.PyTuple;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A value of the kernel language inside of Python that runs at compile time: a data type, a module
 * of the language, one of its functions.
 */
record HostValue(Interpreter interpreter, FrontValue value) implements PyObject, PyCallable {
  /** A kernel's value as Python sees it. */
  static Object of(Interpreter interpreter, FrontValue value) {
    return switch (value) {
      case HostFunction function -> function.asPython(interpreter);
      case Constexpr constant when Constants.isPython(constant.value()) -> constant.value();
      case TupleValue tuple ->
          new PyTuple(
              tuple.items().stream().map(item -> of(interpreter, item)).toList(), tuple.names());
      default -> new HostValue(interpreter, value);
    };
  }

  @Override
  public String typeName() {
    return Conversions.describe(value);
  }

  @Override
  public Optional<Object> attribute(String name) {
    if (value instanceof Namespace namespace) {
      Object symbol = new PySymbol(namespace.path()).attribute(name).orElseThrow();
      return symbol instanceof PySymbol unknown
          ? Optional.of(
              Builtins.resolve(unknown.path()).map(found -> of(interpreter, found)).orElse(unknown))
          : Optional.of(symbol);
    }
    return Optional.of(of(interpreter, interpreter.expressions().attribute(value, name)));
  }

  @Override
  public Object call(List<Object> args, Map<String, Object> kwargs) {
    var keywords = new LinkedHashMap<String, FrontValue>();
    kwargs.forEach((name, arg) -> keywords.put(name, Constants.wrap(arg)));
    List<FrontValue> arguments = args.stream().map(Constants::wrap).toList();
    return of(interpreter, interpreter.call(value, arguments, keywords));
  }

  @Override
  public String toString() {
    return value instanceof Constexpr constant
        ? constant.value().toString()
        : Conversions.describe(value);
  }
}
