package dev.kiln.compiler.frontend;

import dev.kiln.compiler.python.PyCallable;
import dev.kiln.compiler.syntax.Stmt;
import java.util.List;
import java.util.Map;

/**
 * A function of a kernel file that runs at compile time, on constants: one decorated with {@code
 * triton.constexpr_function}, or a plain one that module-level code calls.
 */
record HostFunction(Stmt.FunctionDef definition, ModuleScope module)
    implements FrontValue.Callable {
  @Override
  public String name() {
    return definition.name();
  }

  @Override
  public FrontValue call(
      FrontContext context, List<FrontValue> args, Map<String, FrontValue> kwargs) {
    var interpreter = (Interpreter) context;
    return Constants.call(interpreter, asPython(interpreter), args, kwargs);
  }

  PyCallable asPython(Interpreter interpreter) {
    return HostExpressions.function(interpreter, module, definition);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof HostFunction that && definition == that.definition;
  }

  @Override
  public int hashCode() {
    return System.identityHashCode(definition);
  }

  @Override
  public String toString() {
    return "function " + name();
  }
}
