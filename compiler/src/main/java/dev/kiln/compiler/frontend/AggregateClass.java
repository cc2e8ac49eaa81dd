package dev.kiln.compiler.frontend;

import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.syntax.Parameter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A class decorated with {@code triton.aggregate}; calling it makes an {@link Aggregate}.
 *
 * @param fields the annotated names of its body, in order
 * @param methods its functions; {@code __init__} may be absent, the fields are the arguments then
 */
record AggregateClass(
    String name, List<Parameter> fields, Map<String, JitFunction> methods, ModuleScope module)
    implements FrontValue.Callable, Attributed {
  @Override
  public FrontValue call(
      FrontContext context, List<FrontValue> args, Map<String, FrontValue> kwargs) {
    var interpreter = (Interpreter) context;
    JitFunction constructor = methods.get("__init__");
    Map<String, FrontValue> values;
    if (constructor == null) {
      values = ArgumentBinding.bind(interpreter, name, module, fields, args, kwargs);
    } else {
      var object = new UnderConstruction(this);
      new BoundMethod(object, constructor).call(context, args, kwargs);
      values = object.values();
    }
    var complete = new LinkedHashMap<String, FrontValue>();
    for (Parameter field : fields) {
      if (!values.containsKey(field.name())) {
        throw interpreter.error(
            "constructor for " + name + " did not initialize attribute '" + field.name() + "'");
      }
      complete.put(field.name(), fieldValue(interpreter, field, values.get(field.name())));
    }
    return new Aggregate(this, complete);
  }

  private FrontValue fieldValue(Interpreter interpreter, Parameter field, FrontValue value) {
    boolean constant =
        field.annotation().filter(type -> Annotations.isConstexpr(module, type)).isPresent();
    if (constant && !Interpreter.isConstant(value)) {
      throw interpreter.error(
          "attribute '"
              + field.name()
              + "' of "
              + name
              + " is declared tl.constexpr, but its value of type "
              + Conversions.describe(value)
              + " is known only at run time");
    }
    boolean number = value instanceof Constexpr c && Constants.isNumber(c.value());
    return !constant && number ? Conversions.toTensor(interpreter, value) : value;
  }

  /** A function of the class, not bound to an object. */
  @Override
  public FrontValue attribute(Interpreter interpreter, String attribute) {
    JitFunction method = methods.get(attribute);
    if (method != null) {
      return method;
    }
    String message = "class " + name + " has no attribute '" + attribute + "'";
    throw Names.withNearest(interpreter, message, attribute, methods.keySet());
  }

  // Two lookups of one class give one type.
  @Override
  public boolean equals(Object other) {
    return other instanceof AggregateClass that
        && name.equals(that.name)
        && module.equals(that.module);
  }

  @Override
  public int hashCode() {
    return name.hashCode();
  }

  @Override
  public String toString() {
    return "class " + name;
  }
}
