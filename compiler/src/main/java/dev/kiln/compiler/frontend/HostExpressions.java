package dev.kiln.compiler.frontend;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.python.Environment;
import dev.kiln.compiler.python.PyCallable;
import dev.kiln.compiler.python.PythonError;
import dev.kiln.compiler.python.PythonEvaluator;
import dev.kiln.compiler.syntax.Expr;
import dev.kiln.compiler.syntax.Stmt;

/** Python of module level: default values, globals, functions that run at compile time. */
final class HostExpressions {
  private HostExpressions() {}

  /**
   * The value of an expression: as Python has it, and where Python does not know a value (that of
   * {@code tl.constexpr(8)}, say) as a kernel has it.
   */
  static FrontValue evaluate(Interpreter interpreter, ModuleScope module, Expr expression) {
    try {
      Object value = new PythonEvaluator(environment(interpreter, module)).evaluate(expression);
      return Constants.wrap(value);
    } catch (PythonError python) {
      try {
        return interpreter.evaluate(expression);
      } catch (CompilationException kernel) {
        throw python.type().equals("NotSupported") ? kernel : interpreter.inUsersFile(python);
      }
    }
  }

  static PyCallable function(
      Interpreter interpreter, ModuleScope module, Stmt.FunctionDef definition) {
    Environment environment = environment(interpreter, module);
    return new PythonEvaluator(environment).function(definition, environment);
  }

  /** The globals of a kernel file as Python values. */
  private static Environment environment(Interpreter interpreter, ModuleScope module) {
    return name ->
        module.anyGlobal(interpreter, name).map(value -> HostValue.of(interpreter, value));
  }
}
