package dev.kiln.runtime.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.KilnException;
import org.junit.jupiter.api.Test;

class TimingTest {
  private final Timing timing = new Timing(40, 10, 30, 20);

  @Test
  void tellsWhatTritonTells() {
    assertThat(timing.mean()).isEqualTo(25);
    assertThat(timing.median()).isEqualTo(25);
    assertThat(timing.min()).isEqualTo(10);
    assertThat(timing.max()).isEqualTo(40);
    assertThat(timing.all()).containsExactly(40, 10, 30, 20);
    assertThat(timing.runs()).isEqualTo(4);
  }

  @Test
  void quantilesLieOnTheLineBetweenTwoRuns() {
    assertThat(timing.quantiles(0, 0.2, 0.5, 1)).containsExactly(10, 16, 25, 40);
    assertThat(new Timing(7).quantiles(0, 0.3, 1)).containsExactly(7, 7, 7);
    double infinite = Double.POSITIVE_INFINITY;
    assertThat(new Timing(infinite, infinite).max()).isEqualTo(infinite);
    assertThat(new Timing(1, infinite).quantile(0)).isEqualTo(1);
  }

  @Test
  void refusesWhatIsNoQuantileAndNoRun() {
    assertThatThrownBy(() -> timing.quantile(1.5))
        .isInstanceOf(KilnException.class)
        .hasMessage("a quantile is a number from 0 to 1, not 1.5");
    assertThatThrownBy(() -> timing.quantile(Double.NaN)).isInstanceOf(KilnException.class);
    assertThatThrownBy(Timing::new).hasMessage("a timing needs at least one run");
  }

  @Test
  void isPrintedWithTheUnitThatSuits() {
    assertThat(timing).hasToString("25.0 ns (16.0 ns to 34.0 ns, 4 runs)");
    assertThat(new Timing(1_234_567)).hasToString("1.23 ms (1.23 ms to 1.23 ms, 1 run)");
    assertThat(Nanos.text(999.96)).isEqualTo("1.00 us");
    assertThat(Nanos.text(2.5e9)).isEqualTo("2.500 s");
    assertThat(Nanos.text(Double.POSITIVE_INFINITY)).isEqualTo("-");
  }
}
