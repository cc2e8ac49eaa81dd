package dev.kiln.ops.data;

import java.util.Optional;
import java.util.Set;

/**
 * How a file of comma-separated values is written.
 *
 * @param separator between cells; detected where empty: whichever of comma, semicolon, tab and bar
 *     the first lines have most regularly
 * @param header whether the first line names the columns
 * @param missing texts that stand for a missing cell, besides the empty one
 */
public record CsvFormat(Optional<Character> separator, Header header, Set<String> missing) {
  /** Whether the first line names the columns. */
  public enum Header {
    /** It does. */
    PRESENT,
    /** It does not; columns are called {@code column1}, {@code column2} ... */
    ABSENT,
    /** It does if its cells all differ and none is empty or a number. */
    DETECTED
  }

  /** Everything is detected. */
  public static final CsvFormat DETECTED =
      new CsvFormat(
          Optional.empty(),
          Header.DETECTED,
          Set.of("NA", "N/A", "NaN", "nan", "null", "NULL", "?"));

  public CsvFormat {
    missing = Set.copyOf(missing);
  }

  public CsvFormat withSeparator(char separator) {
    return new CsvFormat(Optional.of(separator), header, missing);
  }

  public CsvFormat withHeader(Header header) {
    return new CsvFormat(separator, header, missing);
  }

  public CsvFormat withMissing(String... missing) {
    return new CsvFormat(separator, header, Set.of(missing));
  }
}
