package dev.kiln.compiler.frontend;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.FrontValue.TupleValue;
import dev.kiln.compiler.python.Environment;
import dev.kiln.compiler.python.PyCallable;
import dev.kiln.compiler.python.PyList;
import dev.kiln.compiler.python.PyNone;
import dev.kiln.compiler.python.PyObject;
import dev.kiln.compiler.python.PySymbol;
import dev.kiln.compiler.python.PyTuple;
import dev.kiln.compiler.python.PythonError;
import dev.kiln.compiler.python.PythonEvaluator;
import dev.kiln.compiler.python.PythonNumbers;
import dev.kiln.compiler.python.PythonOperators;
import dev.kiln.compiler.python.PythonText;
import dev.kiln.compiler.syntax.Expr;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Python values as values of a kernel, and back. */
final class Constants {
  static final Constexpr NONE = new Constexpr(PyNone.NONE);

  private Constants() {}

  static Constexpr integer(BigInteger value) {
    return new Constexpr(PythonNumbers.normalised(value));
  }

  static boolean isNone(FrontValue value) {
    return value instanceof Constexpr constant && constant.value() == PyNone.NONE;
  }

  static boolean isNumber(Object value) {
    return PythonNumbers.isNumber(value);
  }

  /** The integer that a Python value is; {@code True} is 1. */
  static Optional<BigInteger> integerValue(Object value) {
    return PythonNumbers.isInteger(value)
        ? Optional.of(PythonNumbers.big(value))
        : Optional.empty();
  }

  /** Whether a constant has one of the types that may decide an {@code if}. */
  static boolean mayDecide(Object value) {
    return PythonNumbers.isInteger(value) || value == PyNone.NONE;
  }

  /** Python's truth of a value that is known at compile time. */
  static boolean isTrue(FrontValue value) {
    return switch (value) {
      case Constexpr constant -> PythonOperators.truth(constant.value());
      case TupleValue tuple -> !tuple.items().isEmpty();
      default -> true;
    };
  }

  /** A Python value as a kernel sees it: tuples and lists open. */
  static FrontValue wrap(Object value) {
    return switch (value) {
      case FrontValue front -> front;
      case HostValue host -> host.value();
      case PySymbol symbol ->
          Builtins.resolve(symbol.path()).orElseGet(() -> new FrontValue.Namespace(symbol.path()));
      case PyTuple tuple ->
          new TupleValue(tuple.items().stream().map(Constants::wrap).toList(), tuple.fieldNames());
      case PyList list -> new TupleValue(list.items().stream().map(Constants::wrap).toList());
      default -> new Constexpr(value);
    };
  }

  /** A kernel's value as Python sees it: tuples closed, what is no Python value as itself. */
  static Object unwrap(FrontValue value) {
    return switch (value) {
      case Constexpr constant -> constant.value();
      case TupleValue tuple ->
          new PyTuple(tuple.items().stream().map(Constants::unwrap).toList(), tuple.names());
      default -> value;
    };
  }

  static boolean isCallable(Object value) {
    return value instanceof PyCallable;
  }

  /** Calls a function of the host with constants. */
  static FrontValue call(
      Interpreter interpreter,
      Object function,
      List<FrontValue> args,
      Map<String, FrontValue> kwargs) {
    var arguments = new ArrayList<Object>();
    args.forEach(arg -> arguments.add(argument(interpreter, arg)));
    var keywords = new LinkedHashMap<String, Object>();
    kwargs.forEach((name, arg) -> keywords.put(name, argument(interpreter, arg)));
    return wrap(((PyCallable) function).call(arguments, keywords));
  }

  private static Object argument(Interpreter interpreter, FrontValue value) {
    if (!Interpreter.isConstant(value)) {
      throw interpreter.error(
          "a function that runs at compile time takes constants only, not a value of type "
              + Conversions.describe(value));
    }
    return HostValue.of(interpreter, value);
  }

  /** Whether a constant is one of Python's own values, rather than a type of the language. */
  static boolean isPython(Object value) {
    return isNumber(value)
        || value instanceof String
        || value instanceof PyObject
        || value instanceof PyCallable
        || value.getClass().getPackage().equals(PyNone.class.getPackage());
  }

  /** An attribute that Python gives to a constant, such as a method of a string. */
  static Optional<FrontValue> attribute(Location loc, FrontValue value, String name) {
    if (!(value instanceof Constexpr constant)) {
      return Optional.empty();
    }
    var object = new Expr.Name(loc, "value");
    var evaluator = new PythonEvaluator(Environment.of(Map.of(object.id(), constant.value())));
    try {
      return Optional.of(wrap(evaluator.evaluate(new Expr.Attribute(loc, object, name))));
    } catch (PythonError absent) {
      return Optional.empty();
    }
  }

  /** The text of one braced part of an f-string, whose value is known. */
  static String format(Expr.FormattedValue part, FrontValue value) {
    var name = new Expr.Name(part.loc(), "value");
    var known = new Expr.FormattedValue(part.loc(), name, part.conversion(), part.spec());
    var evaluator = new PythonEvaluator(Environment.of(Map.of(name.id(), unwrap(value))));
    return PythonText.str(evaluator.evaluate(known));
  }
}
