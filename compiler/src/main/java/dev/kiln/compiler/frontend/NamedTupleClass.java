package dev.kiln.compiler.frontend;

import dev.kiln.compiler.frontend.FrontValue.TupleValue;
import dev.kiln.compiler.syntax.Parameter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A named tuple type of a kernel file; calling it makes a tuple with names. */
record NamedTupleClass(String name, List<Parameter> fields, ModuleScope module)
    implements FrontValue.Callable {
  @Override
  public FrontValue call(
      FrontContext context, List<FrontValue> args, Map<String, FrontValue> kwargs) {
    Map<String, FrontValue> bound =
        ArgumentBinding.bind((Interpreter) context, name, module, fields, args, kwargs);
    return new TupleValue(
        new ArrayList<>(bound.values()), Optional.of(new ArrayList<>(bound.keySet())));
  }
}
