package dev.kiln.compiler.frontend;

import java.util.LinkedHashMap;
import java.util.Map;

/** An aggregate whose constructor runs: the only object whose attributes can be assigned. */
final class UnderConstruction implements Attributed {
  private final AggregateClass type;
  private final Map<String, FrontValue> values = new LinkedHashMap<>();

  UnderConstruction(AggregateClass type) {
    this.type = type;
  }

  void assign(Interpreter interpreter, String name, FrontValue value) {
    if (type.fields().stream().noneMatch(field -> field.name().equals(name))) {
      throw interpreter.error(
          type.name() + " declares no attribute '" + name + "'",
          "declare it in the body of the class: `" + name + ": tl.tensor`");
    }
    values.put(name, value);
  }

  @Override
  public FrontValue attribute(Interpreter interpreter, String name) {
    FrontValue value = values.get(name);
    if (value != null) {
      return value;
    }
    JitFunction method = type.methods().get(name);
    if (method != null) {
      return new BoundMethod(this, method);
    }
    throw interpreter.error("'" + type.name() + "' object has no attribute '" + name + "'");
  }

  Map<String, FrontValue> values() {
    return values;
  }

  @Override
  public String toString() {
    return type.name();
  }
}
