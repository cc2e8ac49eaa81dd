package dev.kiln.compiler.python;

import java.math.BigInteger;
import java.util.Optional;

/** {@code value.name} for built-in types and for {@link PyObject}s. */
public final class PythonAttributes {
  private PythonAttributes() {}

  /**
   * @throws PythonError if there is no such attribute
   */
  public static Object get(Object value, String name) {
    return find(value, name)
        .orElseThrow(
            () ->
                new PythonError(
                    "AttributeError",
                    value instanceof PyType type
                        ? "type object '" + type.name() + "' has no attribute '" + name + "'"
                        : "'"
                            + PythonText.typeName(value)
                            + "' object has no attribute '"
                            + name
                            + "'"));
  }

  /** The attribute, if there is one. */
  public static Optional<Object> find(Object value, String name) {
    return switch (value) {
      case PyObject object -> object.attribute(name);
      case String text -> StringMethods.find(text, name).or(() -> unwrapped(value, name));
      case PyList list -> ContainerMethods.find(list, name);
      case PyDict dict -> ContainerMethods.find(dict, name);
      case PySet set -> ContainerMethods.find(set, name);
      case PyTuple tuple -> ContainerMethods.find(tuple, name).or(() -> unwrapped(value, name));
      case PyRange range ->
          switch (name) {
            case "start" -> Optional.of(range.start());
            case "stop" -> Optional.of(range.stop());
            case "step" -> Optional.of(range.step());
            default -> Optional.empty();
          };
      case Double number -> ofFloat(number, name).or(() -> unwrapped(value, name));
      case Long number -> ofInteger(value, name).or(() -> unwrapped(value, name));
      case BigInteger number -> ofInteger(value, name).or(() -> unwrapped(value, name));
      case Boolean truth -> ofInteger(value, name).or(() -> unwrapped(value, name));
      default -> unwrapped(value, name);
    };
  }

  /** Constants are not wrapped here, so that {@code tl.constexpr(3).value} is 3 as 3 is. */
  private static Optional<Object> unwrapped(Object value, String name) {
    return name.equals("value") ? Optional.of(value) : Optional.empty();
  }

  private static Optional<Object> ofInteger(Object value, String name) {
    return switch (name) {
      case "bit_length" -> method(name, () -> (long) PythonNumbers.big(value).abs().bitLength());
      case "bit_count" -> method(name, () -> (long) PythonNumbers.big(value).abs().bitCount());
      case "real", "numerator" -> Optional.of(PythonNumbers.normalised(PythonNumbers.big(value)));
      default -> Optional.empty();
    };
  }

  private static Optional<Object> ofFloat(Double number, String name) {
    return switch (name) {
      case "is_integer" ->
          method(name, () -> Double.isFinite(number) && number == Math.rint(number));
      case "real" -> Optional.of(number);
      default -> Optional.empty();
    };
  }

  private static Optional<Object> method(String name, java.util.function.Supplier<Object> body) {
    return Optional.of(
        (PyCallable)
            (args, kwargs) -> {
              new Arguments(name, args, kwargs).done();
              return body.get();
            });
  }
}
