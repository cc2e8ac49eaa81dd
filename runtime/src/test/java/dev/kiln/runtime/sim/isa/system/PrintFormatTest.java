package dev.kiln.runtime.sim.isa.system;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Expected texts are those of the C library. */
class PrintFormatTest {
  private static String format(String text, Object... values) {
    Deque<Object> left = new ArrayDeque<>(Arrays.asList(values));
    return PrintFormat.format(
        text,
        new PrintFormat.Arguments() {
          private String string;

          @Override
          public int word() {
            return (Integer) left.remove();
          }

          @Override
          public long wide() {
            return switch (left.remove()) {
              case Double number -> Double.doubleToRawLongBits(number);
              case String s -> {
                string = s;
                yield 1;
              }
              case Long number -> number;
              case Object other -> throw new AssertionError(other);
            };
          }

          @Override
          public String string(long address) {
            return string;
          }
        });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "%d|-42|-42",
        "%5d|42|   42",
        "%-5d|42|42   ",
        "%05d|-42|-0042",
        "%+d|42|+42",
        "% d|42| 42",
        "%.5d|-42|-00042",
        "%8.5d|42|   00042",
        "%08.5d|42|   00042",
        "%.0d|0|",
        "%i|-2147483648|-2147483648",
        "%u|-1|4294967295",
        "%x|-1|ffffffff",
        "%#X|255|0XFF",
        "%#x|0|0",
        "%#o|8|010",
        "%o|8|10",
        "%#08x|255|0x0000ff",
        "%c|65|A",
        "%3c|65|  A",
        "%hd|65537|1",
        "%hd|65535|-1",
        "%hu|-1|65535",
        "%hhd|384|-128",
        "%hhx|-1|ff"
      })
  void integersOf32Bits(String text, int value, String wanted) {
    assertThat(format(text, value)).isEqualTo(wanted == null ? "" : wanted);
  }

  @Test
  void integersOf64Bits() {
    assertThat(format("%ld %lld", Long.MIN_VALUE, -1L)).isEqualTo("-9223372036854775808 -1");
    assertThat(format("%lu %llx %zu", -1L, -1L, 7L))
        .isEqualTo("18446744073709551615 ffffffffffffffff 7");
    assertThat(format("%p", 0x7f00_0000_0010L)).isEqualTo("0x7f0000000010");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      ignoreLeadingAndTrailingWhitespace = false,
      value = {
        "%f|1.5|1.500000",
        "%.2f|2.675|2.67",
        "%.0f|2.5|2",
        "%.0f|3.5|4",
        "%#.0f|3|3.",
        "%8.3f|-3.14159|  -3.142",
        "%-9.3f|3.14159|3.142    ",
        "%08.2f|-1.5|-0001.50",
        "%+f|0|+0.000000",
        "%f|-0.0|-0.000000",
        "%.1f|1e22|10000000000000000000000.0",
        "%e|12345.678|1.234568e+04",
        "%.3E|1e-100|1.000E-100",
        "%e|0|0.000000e+00",
        "%.0e|15000|2e+04",
        "%.1e|9.99|1.0e+01",
        "%g|100000|100000",
        "%g|1000000|1e+06",
        "%g|0.0001|0.0001",
        "%g|0.00001|1e-05",
        "%g|0.1|0.1",
        "%.3g|999.5|1e+03",
        "%#g|1|1.00000",
        "%G|1e-10|1E-10",
        "%g|0|0",
        "%f|NaN|nan",
        "%F|Infinity|INF",
        "%05f|-Infinity| -inf",
        "%a|1|0x1p+0",
        "%a|0.1|0x1.999999999999ap-4",
        "%.2a|1.999|0x1.00p+1",
        "%A|-10.5|-0X1.5P+3",
        "%a|0|0x0p+0",
        "%.3g|0.00012345|0.000123",
        "%.10g|3.14159265358979|3.141592654"
      })
  void floatingPoint(String text, double value, String wanted) {
    assertThat(format(text, value)).isEqualTo(wanted);
  }

  @Test
  void stringsAndStars() {
    assertThat(format("[%s] [%5s] [%-5s] [%.2s]", "abc", "abc", "abc", "abc"))
        .isEqualTo("[abc] [  abc] [abc  ] [ab]");
    assertThat(format("%*d|%-*d|%*d|%.*f", 5, 1, 3, 2, -4, 3, 2, 1.239))
        .isEqualTo("    1|2  |3   |1.24");
    assertThat(format("100%% of %d\n", 3)).isEqualTo("100% of 3\n");
  }

  @Test
  void whatIsNoSpecificationStays() {
    assertThat(format("%")).isEqualTo("%");
    assertThat(format("a%y%d", 1)).isEqualTo("a%y1");
    assertThat(format("%5")).isEqualTo("%5");
    assertThat(format("%ll")).isEqualTo("%ll");
    for (String text : List.of("%.", "%-+ #0", "%99999999999d", "%hhh")) {
      assertThat(format(text, 1)).as(text).isNotNull();
    }
  }
}
