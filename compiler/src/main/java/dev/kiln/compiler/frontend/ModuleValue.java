package dev.kiln.compiler.frontend;

/** An imported kernel file, as a value: {@code helpers} in {@code helpers.fast_exp(x)}. */
record ModuleValue(String name, ModuleScope scope) implements Attributed {
  @Override
  public FrontValue attribute(Interpreter interpreter, String attribute) {
    return scope
        .global(interpreter, attribute)
        .orElseThrow(
            () -> {
              String message = "module '" + name + "' has no attribute '" + attribute + "'";
              return Names.withNearest(interpreter, message, attribute, scope.names());
            });
  }

  @Override
  public String toString() {
    return "module '" + name + "'";
  }
}
