package dev.kiln.ops.report;

import dev.kiln.runtime.AtomicFile;
import dev.kiln.runtime.KilnException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A table of numbers that grows by one row a step: {@code step,NAME,...}. A row is in the file when
 * its method returns. Columns that come up later are added, and empty in earlier rows. Not
 * thread-safe.
 *
 * <p>Names that a spreadsheet would take for a formula get an apostrophe before them.
 */
public final class CsvLog implements AutoCloseable {
  private final Path file;
  private final List<String> columns;
  private Writer writer;

  private CsvLog(Path file, List<String> columns) {
    this.file = file;
    this.columns = new ArrayList<>(columns);
  }

  /**
   * Begins a table in place of an old one.
   *
   * @param columns without the step
   * @throws KilnException if the file cannot be written
   */
  public static CsvLog start(Path file, List<String> columns) {
    CsvLog log = new CsvLog(file, columns);
    log.rewrite(List.of());
    return log;
  }

  /**
   * Goes on with a table after a step: later rows are dropped, and so is a last row that was not
   * written to its end. Begins one where there is none.
   *
   * @throws KilnException if the file cannot be written or is another kind of table
   */
  public static CsvLog resume(Path file, List<String> columns, long step) {
    if (!Files.exists(file)) {
      return start(file, columns);
    }
    List<String> kept = new ArrayList<>();
    CsvLog log;
    try (BufferedReader lines = Files.newBufferedReader(file)) {
      String header = lines.readLine();
      List<String> names = header == null ? List.of() : CsvCells.split(header);
      if (names.isEmpty() || !names.getFirst().equals("step")) {
        throw new KilnException("cannot go on with " + file + ": its first column is not `step`");
      }
      log = new CsvLog(file, names.subList(1, names.size()).stream().map(CsvCells::name).toList());
      for (String row = lines.readLine(); row != null; row = lines.readLine()) {
        if (row.chars().filter(c -> c == ',').count() == names.size() - 1 && step(row) <= step) {
          kept.add(row);
        }
      }
    } catch (IOException e) {
      throw new KilnException("cannot read " + file + ": " + e.getMessage(), e);
    }
    int before = log.columns.size();
    columns.stream().filter(name -> !log.columns.contains(name)).forEach(log.columns::add);
    log.rewrite(widened(kept, log.columns.size() - before));
    return log;
  }

  /** The step of a row; beyond all where there is none, so that the row is dropped. */
  private static long step(String row) {
    try {
      return Long.parseLong(row.substring(0, Math.max(0, row.indexOf(','))));
    } catch (NumberFormatException e) {
      return Long.MAX_VALUE;
    }
  }

  /** The columns, without the step. */
  public List<String> columns() {
    return List.copyOf(columns);
  }

  /**
   * Adds a row.
   *
   * @param values by column; a column without a value stays empty
   */
  public void row(long step, Map<String, Double> values) {
    List<String> more = values.keySet().stream().filter(name -> !columns.contains(name)).toList();
    if (!more.isEmpty()) {
      grow(more);
    }
    StringBuilder row = new StringBuilder().append(step);
    for (String column : columns) {
      Double value = values.get(column);
      row.append(',').append(value == null ? "" : value.toString());
    }
    try {
      writer.write(row.append('\n').toString());
      writer.flush();
    } catch (IOException e) {
      throw new KilnException("cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  private void grow(List<String> more) {
    List<String> rows;
    try {
      List<String> lines = Files.readAllLines(file);
      rows = widened(lines.subList(1, lines.size()), more.size());
    } catch (IOException e) {
      throw new KilnException("cannot read " + file + ": " + e.getMessage(), e);
    }
    columns.addAll(more);
    close();
    rewrite(rows);
  }

  private static List<String> widened(List<String> rows, int cells) {
    return rows.stream().map(row -> row + ",".repeat(cells)).toList();
  }

  private void rewrite(List<String> rows) {
    StringBuilder header = new StringBuilder("step");
    columns.forEach(column -> header.append(',').append(CsvCells.quoted(column)));
    AtomicFile.write(
        file,
        out -> {
          Writer text = new OutputStreamWriter(out, StandardCharsets.UTF_8);
          text.append(header).append('\n');
          for (String row : rows) {
            text.append(row).append('\n');
          }
          text.flush();
        });
    try {
      writer = Files.newBufferedWriter(file, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new KilnException("cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    try {
      writer.close();
    } catch (IOException e) {
      throw new KilnException("cannot write " + file + ": " + e.getMessage(), e);
    }
  }
}
