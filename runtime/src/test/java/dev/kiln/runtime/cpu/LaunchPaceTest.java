package dev.kiln.runtime.cpu;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LaunchPaceTest {
  private final LaunchPace pace = new LaunchPace();

  @Test
  void nothingIsKnownOfAFirstLaunch() {
    assertThat(pace.isShort(1)).isFalse();
  }

  @Test
  void shortLaunchesStayWithTheirCaller() {
    pace.took(4_000, 1, 4);
    assertThat(pace.isShort(9)).isTrue();
    assertThat(pace.isShort(11)).isFalse();
  }

  @Test
  void timeOfAllThreadsCounts() {
    pace.took(6_000, 2, 4);
    assertThat(pace.isShort(3)).isTrue();
    assertThat(pace.isShort(4)).isFalse();
  }

  @Test
  void aSlowLaunchIsForgottenSlowly() {
    pace.took(4_000, 1, 4);
    pace.took(40_000, 1, 4);
    pace.took(4_000, 1, 4);
    assertThat(pace.isShort(4)).isFalse();
    for (int i = 0; i < 15; i++) {
      pace.took(4_000, 1, 4);
    }
    assertThat(pace.isShort(4)).isTrue();
  }
}
