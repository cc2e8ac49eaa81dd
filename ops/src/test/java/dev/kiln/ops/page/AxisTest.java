package dev.kiln.ops.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AxisTest {
  @Test
  void ticksAreRoundNumbers() {
    assertThat(Axis.of(0, 10, 0, 100).ticks(5)).containsExactly(0.0, 2.0, 4.0, 6.0, 8.0, 10.0);
    assertThat(Axis.of(0.13, 0.87, 0, 100).ticks(4).stream().map(Figures::of))
        .containsExactly("0.2", "0.4", "0.6", "0.8");
    assertThat(Axis.of(-1e-5, 1e-5, 0, 100).ticks(4).stream().map(Figures::of))
        .containsExactly("−1e-5", "−5e-6", "0", "5e-6", "1e-5");
  }

  @Test
  void powersOfTenSpanManyDecades() {
    List<Double> ticks = new Axis(1e-8, 10, true, 0, 100).ticks(5);
    assertThat(ticks).hasSizeBetween(3, 6).allMatch(t -> Math.log10(t) % 1 == 0);
    assertThat(new Axis(0.09, 6, true, 0, 100).ticks(5).stream().map(Figures::of))
        .containsExactly("0.1", "0.2", "0.5", "1", "2", "5");
    Axis narrow = new Axis(2, 3, true, 0, 100);
    assertThat(narrow.ticks(4)).hasSizeBetween(2, 6);
    assertThat(narrow.at(Math.sqrt(6))).isCloseTo(50, within(1e-9));
  }

  @Test
  void rangesOfOneValueStillHaveWidth() {
    for (double value : new double[] {0, 5, -5, 1e-30, 1e30}) {
      for (boolean log : new boolean[] {false, true}) {
        Axis axis = Axis.around(value, value, log, 0, 100);
        assertThat(axis.low()).isLessThan(axis.high());
        assertThat(axis.ticks(4)).isNotEmpty().hasSizeLessThan(20);
      }
    }
  }

  @Test
  void nonNegativeValuesGetNoRoomBelowZero() {
    assertThat(Axis.around(0.1, 2, false, 0, 1).low()).isZero();
    assertThat(Axis.around(1.9, 2, false, 0, 1).low()).isBetween(1.8, 1.9);
    assertThat(Axis.around(-1, 2, false, 0, 1).low()).isLessThan(-1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0|0", "0.1234567|0.1235", "12345678|12,345,678", "1.5e-7|1.5e-7", "-2|−2", "1e12|1e12",
        "NaN|NaN", "Infinity|∞", "-Infinity|−∞", "99.999|100", "0.1|0.1", "1234.5678|1,235"
      })
  void numbersHaveFewDigits(double value, String text) {
    assertThat(Figures.of(value)).isEqualTo(text);
  }

  @Test
  void quantitiesHaveUnits() {
    assertThat(List.of(Figures.brief(999), Figures.brief(1234), Figures.brief(2.5e9)))
        .containsExactly("999", "1.23k", "2.5G");
    assertThat(List.of(Figures.seconds(2e-6), Figures.seconds(0.0125), Figures.seconds(3.25)))
        .containsExactly("2 µs", "12.5 ms", "3.25 s");
    assertThat(List.of(Figures.seconds(75), Figures.seconds(7500)))
        .containsExactly("1 min 15 s", "2 h 5 min");
    assertThat(Figures.percent(0.98765)).isEqualTo("98.8 %");
  }
}
