package dev.kiln.compiler.python;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** A built-in type: it makes values when called, and {@code isinstance} asks it. */
public final class PyType implements PyObject, PyCallable {
  private final String name;
  private final Predicate<Object> instances;
  private final PyCallable constructor;

  PyType(String name, Predicate<Object> instances, PyCallable constructor) {
    this.name = name;
    this.instances = instances;
    this.constructor = constructor;
  }

  public String name() {
    return name;
  }

  public boolean isInstance(Object value) {
    return instances.test(value);
  }

  @Override
  public Object call(List<Object> args, Map<String, Object> kwargs) {
    return constructor.call(args, kwargs);
  }

  @Override
  public String typeName() {
    return "type";
  }

  @Override
  public Optional<Object> attribute(String attribute) {
    return attribute.equals("__name__") ? Optional.of(name) : Optional.empty();
  }

  @Override
  public String toString() {
    return "<class '" + name + "'>";
  }
}
