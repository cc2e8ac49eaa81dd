package dev.kiln.ops.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.dataformat.csv.CsvFactory;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import dev.kiln.runtime.KilnException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Reads tables of comma-separated values (RFC 4180): UTF-8, cells in quotes where they hold
 * separators, quotes (doubled) or line breaks. White space around a cell is dropped, and so are
 * empty lines.
 */
public final class CsvFile {
  private static final char[] SEPARATORS = {',', ';', '\t', '|'};
  private static final int LINES_TO_DETECT = 20;

  private CsvFile() {}

  /**
   * Reads a file.
   *
   * @throws KilnException if it cannot be read, is empty, or a row has more or fewer cells than the
   *     first; the message names the file and the line
   */
  public static Table read(Path file, CsvFormat format) {
    try {
      return parse(Files.readString(file), file.toString(), format);
    } catch (NoSuchFileException e) {
      throw new KilnException(file + ": there is no such file", e);
    } catch (CharacterCodingException e) {
      throw new KilnException(file + ": is no UTF-8 text", e);
    } catch (IOException e) {
      throw new KilnException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * Reads a text.
   *
   * @param name what faults call it
   */
  public static Table parse(String text, String name, CsvFormat format) {
    String content = text.startsWith("\ufeff") ? text.substring(1) : text;
    char separator = format.separator().orElseGet(() -> separatorOf(content));
    var rows = new ArrayList<List<String>>();
    var lines = new ArrayList<Integer>();
    read(content, name, separator, rows, lines);
    if (rows.isEmpty()) {
      throw new KilnException(name + ": holds no table; it is empty");
    }
    boolean header =
        switch (format.header()) {
          case PRESENT -> true;
          case ABSENT -> false;
          case DETECTED -> namesColumns(rows.getFirst());
        };
    List<String> columns = header ? rows.getFirst() : numbered(rows.getFirst().size());
    requireEven(rows, lines, name, header);
    int first = header ? 1 : 0;
    if (rows.size() == first) {
      throw new KilnException(name + ": has a header, but no rows");
    }
    List<List<String>> cells =
        rows.subList(first, rows.size()).stream().map(row -> cleaned(row, format)).toList();
    int[] starts =
        lines.subList(first, lines.size()).stream().mapToInt(Integer::intValue).toArray();
    return new Table(name, columns, cells, starts);
  }

  private static void read(
      String text, String name, char separator, List<List<String>> rows, List<Integer> lines) {
    var schema = CsvSchema.emptySchema().withColumnSeparator(separator);
    try (CsvParser parser = new CsvFactory().createParser(text)) {
      parser.setSchema(schema);
      parser.enable(CsvParser.Feature.WRAP_AS_ARRAY);
      // The outer array.
      parser.nextToken();
      while (parser.nextToken() == JsonToken.START_ARRAY) {
        var row = new ArrayList<String>();
        int line = 0;
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          // The parser places the start of a row at the end of the row before.
          line = row.isEmpty() ? parser.currentTokenLocation().getLineNr() : line;
          row.add(parser.getText().strip());
        }
        if (row.size() > 1 || row.size() == 1 && !row.getFirst().isEmpty()) {
          rows.add(row);
          lines.add(line);
        }
      }
    } catch (JsonProcessingException e) {
      throw new KilnException(
          "%s: line %d: %s".formatted(name, e.getLocation().getLineNr(), e.getOriginalMessage()),
          e);
    } catch (IOException e) {
      throw new KilnException(name + ": cannot be read: " + e.getMessage(), e);
    }
  }

  private static void requireEven(
      List<List<String>> rows, List<Integer> lines, String name, boolean header) {
    int width = rows.getFirst().size();
    for (int i = 1; i < rows.size(); i++) {
      if (rows.get(i).size() != width) {
        throw new KilnException(
            "%s: line %d: %d cells, but the %s has %d"
                .formatted(
                    name,
                    lines.get(i),
                    rows.get(i).size(),
                    header ? "header" : "first row",
                    width));
      }
    }
  }

  private static boolean namesColumns(List<String> row) {
    return new HashSet<>(row).size() == row.size()
        && row.stream().noneMatch(cell -> cell.isEmpty() || Numbers.isNumber(cell));
  }

  private static List<String> numbered(int columns) {
    return IntStream.rangeClosed(1, columns).mapToObj(i -> "column" + i).toList();
  }

  private static List<String> cleaned(List<String> row, CsvFormat format) {
    return row.stream().map(cell -> format.missing().contains(cell) ? "" : cell).toList();
  }

  /** The separator that all of the first lines have equally often, else that they have at least. */
  private static char separatorOf(String text) {
    char best = SEPARATORS[0];
    int bestScore = 0;
    for (char separator : SEPARATORS) {
      List<Integer> counts = countsPerLine(text, separator);
      int least = counts.stream().mapToInt(Integer::intValue).min().orElse(0);
      boolean even = counts.stream().allMatch(c -> c == least);
      int score = 2 * least + (even && least > 0 ? 1 << 20 : 0);
      if (score > bestScore) {
        best = separator;
        bestScore = score;
      }
    }
    return best;
  }

  private static List<Integer> countsPerLine(String text, char separator) {
    var counts = new ArrayList<Integer>();
    boolean quoted = false;
    int count = 0;
    int start = 0;
    for (int i = 0; i <= text.length() && counts.size() < LINES_TO_DETECT; i++) {
      char c = i < text.length() ? text.charAt(i) : '\n';
      if (c == '"') {
        quoted = !quoted;
      } else if (c == separator && !quoted) {
        count++;
      } else if ((c == '\n' || c == '\r') && !quoted) {
        if (i > start) {
          counts.add(count);
        }
        count = 0;
        start = i + 1;
      }
    }
    return counts;
  }
}
