package dev.kiln.ops.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SturgesTest {
  @ParameterizedTest
  @CsvSource({"1, 1", "2, 2", "3, 2", "4, 3", "1000, 10", "1023, 10", "1024, 11"})
  void bucketsAreOneMoreThanTheLogarithmRoundedDown(long values, int buckets) {
    assertThat(Histogram.buckets(values)).isEqualTo(buckets);
  }
}
