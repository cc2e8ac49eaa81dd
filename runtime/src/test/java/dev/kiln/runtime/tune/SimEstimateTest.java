package dev.kiln.runtime.tune;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.Grid;
import org.junit.jupiter.api.Test;

class SimEstimateTest {
  @Test
  void ofALargeGridTheFirstProgramsAreRun() {
    assertThat(SimEstimate.part(new Grid(3, 2, 1))).isEqualTo(new Grid(3, 2, 1));
    assertThat(SimEstimate.part(new Grid(1000, 7, 9))).isEqualTo(new Grid(16, 1, 1));
    assertThat(SimEstimate.part(new Grid(5, 1000, 2))).isEqualTo(new Grid(5, 3, 1));
    assertThat(SimEstimate.part(new Grid(1, 1, 40))).isEqualTo(new Grid(1, 1, 16));
  }
}
