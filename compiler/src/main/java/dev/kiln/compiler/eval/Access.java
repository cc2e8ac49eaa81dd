package dev.kiln.compiler.eval;

/** What an operation does with memory. */
enum Access {
  LOAD("load"),
  STORE("store"),
  ATOMIC("atomic operation");

  private final String noun;

  Access(String noun) {
    this.noun = noun;
  }

  String noun() {
    return noun;
  }
}
