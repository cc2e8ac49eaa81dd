package dev.kiln.ops.nn;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A summary as text in columns. */
final class SummaryTable {
  private static final List<String> HEADER =
      List.of(
          "name",
          "layer",
          "input",
          "output",
          "parameters",
          "frozen",
          "activations",
          "MACs",
          "FLOPs",
          "field");

  private static final int FIRST_NUMBER = 4;

  private SummaryTable() {}

  static String of(Summary summary) {
    List<List<String>> lines = new ArrayList<>();
    lines.add(HEADER);
    summary.rows().forEach(row -> lines.add(line(row)));
    lines.add(
        List.of(
            "total",
            "",
            "",
            "",
            number(summary.parameters()),
            number(summary.frozen()),
            number(summary.activations()),
            number(summary.work().macs()),
            number(summary.work().flops()),
            ""));
    int[] widths = new int[HEADER.size()];
    for (List<String> line : lines) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], line.get(i).length());
      }
    }
    var text = new StringBuilder(summary.model()).append('\n');
    lines.forEach(line -> text.append(padded(line, widths)).append('\n'));
    return text.append(number(summary.activationBytes()))
        .append(" bytes of activations\n")
        .toString();
  }

  private static List<String> line(Summary.Row row) {
    return List.of(
        row.name().isEmpty() ? "(model)" : row.name(),
        row.calls() > 1 ? row.type() + " x" + row.calls() : row.type(),
        shapes(row.inputs()),
        shapes(row.outputs()),
        number(row.trainable() + row.frozen()),
        number(row.frozen()),
        number(row.activations()),
        number(row.work().macs()),
        number(row.work().flops()),
        joined(row.receptiveField()));
  }

  private static String padded(List<String> line, int... widths) {
    var text = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String blank = " ".repeat(widths[i] - line.get(i).length());
      text.append(i < FIRST_NUMBER ? line.get(i) + blank : blank + line.get(i)).append("  ");
    }
    return text.toString().stripTrailing();
  }

  private static String shapes(List<List<Long>> shapes) {
    return shapes.stream().map(SummaryTable::joined).collect(Collectors.joining(", "));
  }

  private static String joined(List<Long> numbers) {
    return numbers.stream().map(String::valueOf).collect(Collectors.joining("x"));
  }

  private static String number(long value) {
    return value == 0 ? "" : String.format(Locale.ROOT, "%,d", value);
  }
}
