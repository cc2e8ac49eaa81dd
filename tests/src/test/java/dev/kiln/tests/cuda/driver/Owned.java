package dev.kiln.tests.cuda.driver;

/** Something that a program makes in a context, and has to give back. */
abstract class Owned {
  private final DriverContext context;

  Owned(DriverContext context) {
    this.context = context;
  }

  DriverContext context() {
    return context;
  }

  /** For lists of what was not given back. */
  abstract String describe();
}
