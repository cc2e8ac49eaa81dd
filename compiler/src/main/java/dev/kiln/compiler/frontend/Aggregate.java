package dev.kiln.compiler.frontend;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** An object of an {@link AggregateClass}; it does not change. */
record Aggregate(AggregateClass type, Map<String, FrontValue> fields)
    implements Composite, Attributed {
  @Override
  public List<FrontValue> parts() {
    return new ArrayList<>(fields.values());
  }

  @Override
  public Aggregate withParts(List<FrontValue> parts) {
    var changed = new LinkedHashMap<String, FrontValue>();
    Iterator<FrontValue> next = parts.iterator();
    fields.keySet().forEach(name -> changed.put(name, next.next()));
    return new Aggregate(type, changed);
  }

  /** A copy with some fields changed. */
  Aggregate with(Interpreter interpreter, Map<String, FrontValue> changes) {
    var changed = new LinkedHashMap<>(fields);
    changes.forEach(
        (name, value) -> {
          if (changed.replace(name, value) == null) {
            throw interpreter.error("'" + type.name() + "' object has no attribute '" + name + "'");
          }
        });
    return new Aggregate(type, changed);
  }

  @Override
  public boolean sameKind(FrontValue other) {
    return other instanceof Aggregate that && type.equals(that.type);
  }

  @Override
  public String typeName() {
    return type.name();
  }

  @Override
  public FrontValue attribute(Interpreter interpreter, String name) {
    FrontValue field = fields.get(name);
    if (field != null) {
      return field;
    }
    JitFunction method = type.methods().get(name);
    if (method != null) {
      return new BoundMethod(this, method);
    }
    var known = new ArrayList<>(fields.keySet());
    known.addAll(type.methods().keySet());
    String message = "'" + type.name() + "' object has no attribute '" + name + "'";
    throw Names.withNearest(interpreter, message, name, known);
  }
}
