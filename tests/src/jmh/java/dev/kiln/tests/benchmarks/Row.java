package dev.kiln.tests.benchmarks;

/**
 * A row of the table.
 *
 * @param name of the part, or of the row where it can be chosen by itself
 * @param result in words
 * @param value the number that the goal is about
 */
record Row(String name, String what, String result, double value, Goal goal) {
  static final String HEADER =
      "| what | measured | goal | |%n| --- | --- | --- | --- |".formatted();

  @Override
  public String toString() {
    return "| %s | %s | %s | %s |".formatted(what, result, goal.text(), goal.verdict(value));
  }

  /** An object of JSON. */
  String json() {
    return """
    {"name": "%s", "what": "%s", "measured": "%s", "value": %s, "goal": "%s", "verdict": "%s"}\
    """
        .formatted(
            name,
            escape(what),
            escape(result),
            Double.isFinite(value) ? value : "null",
            goal.text(),
            goal.verdict(value));
  }

  private static String escape(String text) {
    return text.replace("\\", "\\\\").replace("\"", "\\\"");
  }
}
