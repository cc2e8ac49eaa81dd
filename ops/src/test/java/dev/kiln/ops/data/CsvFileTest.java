package dev.kiln.ops.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.KilnException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CsvFileTest {
  private static Table parse(String text) {
    return CsvFile.parse(text, "t.csv", CsvFormat.DETECTED);
  }

  @Test
  void readsQuotesSeparatorsAndLineBreaksInCells() {
    Table table =
        parse("\ufeffname,note\r\n\"Doe, \"\"J.\"\"\",\"two\nlines\"\r\n\r\n Roe , x y \r\n");
    assertThat(table.columns()).containsExactly("name", "note");
    assertThat(table.rows())
        .containsExactly(List.of("Doe, \"J.\"", "two\nlines"), List.of("Roe", "x y"));
    assertThat(table.lines()).containsExactly(2, 5);
  }

  @ParameterizedTest
  @ValueSource(strings = {",", ";", "\t", "|"})
  void detectsTheSeparator(String separator) {
    Table table = parse("a%sb%1$sc\n1%1$s\"x,;\t|\"%1$s2.5\n".formatted(separator));
    assertThat(table.columns()).containsExactly("a", "b", "c");
    assertThat(table.rows().getFirst()).containsExactly("1", "x,;\t|", "2.5");
  }

  @Test
  void oneColumnNeedsNoSeparator() {
    assertThat(parse("x\n1\n2\n").cells("x")).containsExactly("1", "2");
  }

  @Test
  void detectsWhetherThereIsAHeader() {
    assertThat(parse("a,b\n1,2\n").size()).isEqualTo(1);
    assertThat(parse("1,b\n2,c\n").columns()).containsExactly("column1", "column2");
    assertThat(parse("1,b\n2,c\n").size()).isEqualTo(2);
    assertThat(parse("x,x\ny,z\n").size()).isEqualTo(2);
    Table forced =
        CsvFile.parse("a,b\nc,d", "t", CsvFormat.DETECTED.withHeader(CsvFormat.Header.ABSENT));
    assertThat(forced.size()).isEqualTo(2);
  }

  @Test
  void missingCellsAreEmpty() {
    assertThat(parse("a,b\n1,\nNA,?\n\"\",NaN\n").rows())
        .containsExactly(List.of("1", ""), List.of("", ""), List.of("", ""));
    var format = CsvFormat.DETECTED.withMissing("-").withSeparator(',');
    assertThat(CsvFile.parse("a,b\n-,NA\n", "t", format).rows().getFirst())
        .containsExactly("", "NA");
  }

  @Test
  void namesTheLineOfARowThatIsTooLongOrTooShort() {
    assertThatThrownBy(() -> parse("a,b\n\"1\n2\",3\n4\n"))
        .isInstanceOf(KilnException.class)
        .hasMessage("t.csv: line 4: 1 cells, but the header has 2");
    assertThatThrownBy(() -> parse("1,2\n3,4,5\n"))
        .hasMessage("t.csv: line 2: 3 cells, but the first row has 2");
  }

  @Test
  void refusesFilesWithoutRows() {
    assertThatThrownBy(() -> parse("")).hasMessage("t.csv: holds no table; it is empty");
    assertThatThrownBy(() -> parse("a,b\n")).hasMessage("t.csv: has a header, but no rows");
  }

  @Test
  void refusesOpenQuotesAndDoubleNames() {
    assertThatThrownBy(() -> parse("a,b\n1,\"x\n2,3\n"))
        .hasMessageStartingWith("t.csv: line ")
        .hasMessageContaining("quote");
    assertThatThrownBy(
            () ->
                CsvFile.parse(
                    "a,a\n1,2\n", "t.csv", CsvFormat.DETECTED.withHeader(CsvFormat.Header.PRESENT)))
        .hasMessage("t.csv: two columns are called \"a\"");
  }

  @Test
  void readsFiles(@TempDir Path folder) throws IOException {
    Path file = Files.writeString(folder.resolve("x.csv"), "a,b\n1,é\n");
    assertThat(CsvFile.read(file, CsvFormat.DETECTED).cells("b")).containsExactly("é");
    assertThatThrownBy(() -> CsvFile.read(folder.resolve("y.csv"), CsvFormat.DETECTED))
        .hasMessageEndingWith("y.csv: there is no such file");
    Path latin = Files.write(folder.resolve("z.csv"), new byte[] {'a', '\n', (byte) 0xe9, '\n'});
    assertThatThrownBy(() -> CsvFile.read(latin, CsvFormat.DETECTED))
        .hasMessage(latin + ": is no UTF-8 text");
  }

  @Test
  void tellsWhichColumnsThereAre() {
    Table table = parse("a,b\n1,x\n2,y\n3,x\n");
    assertThatThrownBy(() -> table.column("c"))
        .hasMessage("t.csv: has no column \"c\"; it has a, b");
    assertThat(parse("n,x\n10,\n9,b\n").present("x").lines()).containsExactly(3);
    assertThat(parse("n,x\n10,\n9,b\n10,a\n").distinct("n")).containsExactly("9", "10");
    assertThat(parse("n,x\n10,\n9,b\n10,a\n").distinct("x")).containsExactly("a", "b");
    assertThat(table.codes("b")).containsExactly(0, 1, 0);
    assertThat(table.subset(2, 0).cells("a")).containsExactly("3", "1");
    assertThat(table.subset(2, 0).lines()).containsExactly(4, 2);
  }
}
