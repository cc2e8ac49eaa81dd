package dev.kiln.compiler.python;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A class of the source as far as constants need it: its members, and named tuples made by calling
 * it.
 */
public final class PyClass implements PyObject, PyCallable {
  private final String name;
  private final List<String> fields;
  private final Map<String, Object> members;

  PyClass(String name, List<String> fields, Map<String, Object> members) {
    this.name = name;
    this.fields = fields;
    this.members = members;
  }

  public String name() {
    return name;
  }

  /** The names of the annotated members, in order. */
  public List<String> fields() {
    return fields;
  }

  /** A named tuple of the fields; members with a value are their defaults. */
  @Override
  public Object call(List<Object> args, Map<String, Object> kwargs) {
    if (fields.isEmpty()) {
      throw PythonError.unsupported("objects of class '" + name + "' are not made at compile time");
    }
    var arguments = new Arguments(name, args, kwargs);
    var items = new ArrayList<Object>();
    for (String field : fields) {
      items.add(
          arguments
              .optional(field)
              .or(() -> Optional.ofNullable(members.get(field)))
              .orElseThrow(() -> missing(field)));
    }
    arguments.done();
    return new PyTuple(items, Optional.of(fields));
  }

  private PythonError missing(String field) {
    return PythonError.type(name + "() missing 1 required positional argument: '" + field + "'");
  }

  @Override
  public String typeName() {
    return "type";
  }

  @Override
  public Optional<Object> attribute(String attribute) {
    return attribute.equals("__name__")
        ? Optional.of(name)
        : Optional.ofNullable(members.get(attribute));
  }

  @Override
  public String toString() {
    return "<class '" + name + "'>";
  }
}
