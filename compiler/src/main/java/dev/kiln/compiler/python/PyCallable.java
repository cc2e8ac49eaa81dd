package dev.kiln.compiler.python;

import java.util.List;
import java.util.Map;

/** What can be called: a function, a type, a bound method. */
@FunctionalInterface
public interface PyCallable {
  /**
   * @throws PythonError as the function raises it, or if the arguments do not fit
   */
  Object call(List<Object> args, Map<String, Object> kwargs);
}
