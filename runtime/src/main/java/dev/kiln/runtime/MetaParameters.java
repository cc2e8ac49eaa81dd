package dev.kiln.runtime;

import dev.kiln.compiler.python.PyDict;
import java.util.List;

/**
 * The arguments of a launch by name, as a grid function sees them: constants, and scalar arguments.
 */
public final class MetaParameters {
  private final List<KernelParameter> parameters;
  private final ArgumentBinder binder;

  MetaParameters(List<KernelParameter> parameters, ArgumentBinder binder) {
    this.parameters = parameters;
    this.binder = binder;
  }

  /** All that have a value, by name, as Python sees them. */
  PyDict toDict() {
    var arguments = new PyDict();
    for (int i = 0; i < parameters.size(); i++) {
      if (binder.isSet(i)) {
        arguments.put(parameters.get(i).name(), binder.value(i));
      }
    }
    return arguments;
  }

  /**
   * The value of a constant or scalar argument, as Python represents it: {@code Long}, {@code
   * Double}, {@code Boolean}, {@code String} ...; an address for an array.
   *
   * @throws KilnException if there is no such parameter, or it has no value
   */
  public Object get(String name) {
    for (int i = 0; i < parameters.size(); i++) {
      if (parameters.get(i).name().equals(name)) {
        return binder.value(i);
      }
    }
    throw new KilnException("there is no parameter '" + name + "'");
  }

  /**
   * An integer argument.
   *
   * @throws KilnException if it is no integer that fits an {@code int}
   */
  public int intValue(String name) {
    Object value = get(name);
    if (value instanceof Long number && number == (int) (long) number) {
      return (int) (long) number;
    }
    throw new KilnException("parameter '" + name + "' is " + value + ", not an integer of 32 bits");
  }
}
