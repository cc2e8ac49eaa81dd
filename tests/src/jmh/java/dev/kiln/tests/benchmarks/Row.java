package dev.kiln.tests.benchmarks;

/**
 * A row of the table.
 *
 * @param goal what is wanted, or empty
 */
record Row(String what, String result, String goal) {
  static final String HEADER = "| what | measured | goal |%n| --- | --- | --- |".formatted();

  @Override
  public String toString() {
    return "| %s | %s | %s |".formatted(what, result, goal);
  }
}
