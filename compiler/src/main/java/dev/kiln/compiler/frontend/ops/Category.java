package dev.kiln.compiler.frontend.ops;

/** The sections of the support table. */
enum Category {
  PROGRAM("Programming model"),
  CREATION("Creation"),
  SHAPE("Shape"),
  LINEAR_ALGEBRA("Linear algebra"),
  MEMORY("Memory"),
  ATOMIC("Atomics"),
  MATH("Mathematics"),
  REDUCTION("Reductions, scans, sorting"),
  RANDOM("Random numbers"),
  HINT("Hints and debugging"),
  LOOP("Loops"),
  TYPE("Types"),
  LIBDEVICE("libdevice"),
  MACHINE("Machine and target"),
  PYTHON("Python's own functions");

  private final String title;

  Category(String title) {
    this.title = title;
  }

  String title() {
    return title;
  }
}
