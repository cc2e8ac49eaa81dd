package dev.kiln.ops.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ScalerTest {
  private static final double[] VALUES = {4, 1, 2, 3, 10};

  @ParameterizedTest
  @CsvSource({
    // Mean 4, deviation sqrt(10), range 9, median 3, quartiles 2 and 4.
    "NONE, 0, 1",
    "STANDARD, 4, 3.1622776601683795",
    "MIN_MAX, 1, 9",
    "MEAN, 4, 9",
    "ROBUST, 3, 2"
  })
  void fitsByTheRule(Scaling kind, double center, double scale) {
    Scaler scaler = Scaler.fit(kind, VALUES);
    assertThat(scaler.center()).isEqualTo(center);
    assertThat(scaler.scale()).isEqualTo(scale, within(1e-15));
    assertThat(scaler.invert(scaler.apply(7.25))).isEqualTo(7.25, within(1e-12));
  }

  @Test
  void aConstantColumnBecomesZero() {
    for (Scaling kind : Scaling.values()) {
      Scaler scaler = Scaler.fit(kind, 0.1, 0.1, 0.1);
      assertThat(scaler.scale()).isEqualTo(1);
      assertThat(scaler.apply(0.1)).isEqualTo(kind == Scaling.NONE ? 0.1 : 0, within(1e-15));
    }
  }

  @Test
  void quantilesLieBetweenNumbersInProportion() {
    double[] sorted = {1, 2, 4, 8};
    assertThat(Scaler.quantile(sorted, 0.5)).isEqualTo(3);
    assertThat(Scaler.quantile(sorted, 0.25)).isEqualTo(1.75);
    assertThat(Scaler.quantile(sorted, 1)).isEqualTo(8);
  }

  @Test
  void refusesNothingToFit() {
    assertThatThrownBy(() -> Scaler.fit(Scaling.MEAN))
        .hasMessage("a scaler cannot be fitted without numbers");
    assertThatThrownBy(() -> new Scaler(Scaling.MEAN, 0, 0)).hasMessageContaining("positive scale");
  }
}
