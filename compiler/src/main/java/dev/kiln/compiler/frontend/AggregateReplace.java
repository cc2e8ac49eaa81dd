package dev.kiln.compiler.frontend;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code tl.aggregate_replace(object, field=value, ...)}: a copy with some fields changed. */
record AggregateReplace() implements FrontValue.Callable {
  private static final String NAME = "aggregate_replace";

  /** The function, if that is the full name it goes by. */
  static Optional<FrontValue> named(String qualifiedPath) {
    return qualifiedPath.startsWith("triton.") && qualifiedPath.endsWith("." + NAME)
        ? Optional.of(new AggregateReplace())
        : Optional.empty();
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public FrontValue call(
      FrontContext context, List<FrontValue> args, Map<String, FrontValue> kwargs) {
    if (args.size() == 1 && args.getFirst() instanceof Aggregate aggregate) {
      return aggregate.with((Interpreter) context, kwargs);
    }
    throw context.error("aggregate_replace() takes one aggregate, and its fields by their names");
  }
}
