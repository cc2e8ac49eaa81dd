package dev.kiln.runtime;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Source;
import dev.kiln.compiler.python.Environment;
import dev.kiln.compiler.python.PyCallable;
import dev.kiln.compiler.python.PyDict;
import dev.kiln.compiler.python.PyList;
import dev.kiln.compiler.python.PyTuple;
import dev.kiln.compiler.python.PythonError;
import dev.kiln.compiler.python.PythonEvaluator;
import dev.kiln.compiler.syntax.Expr;
import dev.kiln.compiler.syntax.KernelFileParser;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A grid in Python, as it stands beside kernels: {@code lambda meta: (triton.cdiv(n,
 * meta['BLOCK']),)}, or without the lambda. Names are the kernel's arguments, then the file's
 * globals.
 */
final class GridExpression {
  private final String kernel;
  private final String text;
  private final Expr expression;
  private final PythonEvaluator globals;

  GridExpression(Kernel kernel, String text) {
    this.kernel = kernel.name();
    this.text = text;
    this.expression = KernelFileParser.parseExpression(new Source("<grid>", text));
    this.globals = kernel.module().declarations().evaluator();
  }

  Grid evaluate(PyDict arguments) {
    Map<String, Object> names = new HashMap<>();
    for (PyDict.Entry entry : arguments.entries()) {
      names.put((String) entry.key(), entry.value());
    }
    try {
      Object value = globals.evaluate(expression, Environment.of(names));
      if (value instanceof PyCallable function) {
        value = function.call(List.of(arguments), Map.of());
      }
      return grid(value);
    } catch (PythonError | CompilationException e) {
      throw new LaunchException(kernel, "the grid '" + text + "' failed: " + e.getMessage());
    }
  }

  private Grid grid(Object value) {
    List<?> extents =
        switch (value) {
          case PyTuple tuple -> tuple.items();
          case PyList list -> list.items();
          default -> List.of(value);
        };
    int[] numbers = {1, 1, 1};
    if (extents.isEmpty() || extents.size() > numbers.length) {
      throw new LaunchException(kernel, "a grid has one to three extents, not " + extents.size());
    }
    for (int i = 0; i < extents.size(); i++) {
      if (!(extents.get(i) instanceof Long extent) || extent != (int) (long) extent) {
        throw new LaunchException(
            kernel, "the grid '" + text + "' gives " + extents.get(i) + ", which is no extent");
      }
      numbers[i] = (int) (long) extent;
    }
    return new Grid(numbers[0], numbers[1], numbers[2]);
  }
}
