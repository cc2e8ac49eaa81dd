package dev.kiln.ops.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LearningRateTest {
  @Test
  void cosineFallsFromTheInitialRateToTheEndAndStaysThere() {
    LearningRate rate = LearningRate.cosine(1, 0.1, 100);
    assertThat(rate.at(0)).isEqualTo(1);
    assertThat(rate.at(50)).isCloseTo(0.55, within(1e-12));
    assertThat(rate.at(100)).isCloseTo(0.1, within(1e-12));
    assertThat(rate.at(1000)).isCloseTo(0.1, within(1e-12));
  }

  @Test
  void warmUpRisesEvenlyAndHandsOverAtExactlyItsEnd() {
    LearningRate rate = LearningRate.warmUp(0.2, 1, 4, LearningRate.cosine(1, 0, 10));
    assertThat(rate.at(0)).isEqualTo(0.2);
    assertThat(rate.at(2)).isCloseTo(0.6, within(1e-12));
    assertThat(rate.at(4)).isEqualTo(1);
    assertThat(rate.at(14)).isCloseTo(0, within(1e-12));
  }

  @Test
  void noWarmUpStartsWithTheOtherSchedule() {
    assertThat(LearningRate.warmUp(0, 1, 0, LearningRate.constant(3)).at(0)).isEqualTo(3);
  }
}
