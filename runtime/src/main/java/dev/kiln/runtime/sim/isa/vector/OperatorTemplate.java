package dev.kiln.runtime.sim.isa.vector;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Constructor;

/**
 * One text for steps that differ in an operator only. The JIT makes good code of the Vector API
 * only where the operator is a constant of the class, so each operator needs a class of its own: a
 * hidden one, defined from the bytes of the template's class file when it is first used, with the
 * operator as its class data. The template keeps it in a {@code static final} field, see {@link
 * #constant}.
 *
 * @param <T> what instances are used as
 */
final class OperatorTemplate<T> {
  private final Class<T> base;
  private final Class<? extends T> template;
  private final Object operator;
  private Constructor<? extends T> constructor;

  /**
   * @param base what the template extends: a hidden class is no subclass of its template
   * @param template a class of this package with one constructor
   * @param operator what its instances are made for
   */
  OperatorTemplate(Class<T> base, Class<? extends T> template, Object operator) {
    this.base = base;
    this.template = template;
    this.operator = operator;
  }

  /** The operator of a template's class; {@code null} in the template itself, which never runs. */
  static <O> O constant(MethodHandles.Lookup self, Class<O> type) {
    try {
      return MethodHandles.classData(self, "_", type);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException("a template asks for another class's operator", e);
    }
  }

  /** An instance, from the arguments of the template's constructor. */
  T make(Object... arguments) {
    try {
      return constructor().newInstance(arguments);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("the template " + template.getName() + " is wrong", e);
    }
  }

  private synchronized Constructor<? extends T> constructor() throws ReflectiveOperationException {
    if (constructor == null) {
      constructor =
          MethodHandles.lookup()
              .defineHiddenClassWithClassData(bytes(), operator, false)
              .lookupClass()
              .asSubclass(base)
              .getDeclaredConstructor(template.getDeclaredConstructors()[0].getParameterTypes());
    }
    return constructor;
  }

  private byte[] bytes() {
    try (InputStream in = template.getResourceAsStream(template.getSimpleName() + ".class")) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
