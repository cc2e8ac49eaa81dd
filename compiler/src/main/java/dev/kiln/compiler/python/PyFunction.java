package dev.kiln.compiler.python;

import dev.kiln.compiler.syntax.Expr;
import dev.kiln.compiler.syntax.Parameter;
import dev.kiln.compiler.syntax.Stmt;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A function or lambda of the source: what {@code def} and {@code lambda} evaluate to. */
public final class PyFunction implements PyObject, PyCallable {
  private final String name;
  private final List<Parameter> parameters;
  private final List<Stmt> body;
  private final Environment closure;
  private final PythonEvaluator evaluator;
  private final Map<Expr, Object> defaults = new HashMap<>();

  PyFunction(
      String name,
      List<Parameter> parameters,
      List<Stmt> body,
      Environment closure,
      PythonEvaluator evaluator) {
    this.name = name;
    this.parameters = parameters;
    this.body = body;
    this.closure = closure;
    this.evaluator = evaluator;
  }

  public String name() {
    return name;
  }

  public List<Parameter> parameters() {
    return parameters;
  }

  @Override
  public Object call(List<Object> args, Map<String, Object> kwargs) {
    return evaluator.inCall(
        () -> {
          var arguments = ParameterBinding.bind(name, parameters, args, kwargs, this::defaultValue);
          return new FunctionRun(evaluator, closure, arguments, body).result();
        });
  }

  /** Evaluated once, as in Python, though only when it is first needed. */
  private Object defaultValue(Expr expression) {
    Object value = defaults.get(expression);
    if (value == null) {
      value = evaluator.evaluate(expression, closure);
      defaults.put(expression, value);
    }
    return value;
  }

  @Override
  public String typeName() {
    return "function";
  }

  @Override
  public Optional<Object> attribute(String attribute) {
    return attribute.equals("__name__") ? Optional.of(name) : Optional.empty();
  }

  @Override
  public String toString() {
    return "<function " + name + ">";
  }
}
