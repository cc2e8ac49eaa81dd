package dev.kiln.compiler.frontend;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A method of an aggregate together with its object. */
record BoundMethod(FrontValue self, JitFunction function) implements FrontValue.Callable {
  @Override
  public String name() {
    return function.name();
  }

  @Override
  public FrontValue call(
      FrontContext context, List<FrontValue> args, Map<String, FrontValue> kwargs) {
    var all = new ArrayList<FrontValue>();
    all.add(self);
    all.addAll(args);
    return function.call(context, all, kwargs);
  }
}
