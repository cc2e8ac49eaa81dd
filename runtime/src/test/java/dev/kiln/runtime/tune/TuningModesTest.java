package dev.kiln.runtime.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.KilnException;
import org.junit.jupiter.api.Test;

class TuningModesTest {
  @Test
  void withoutASettingTheFirstIsTaken() {
    assertThat(TuningModes.of(null)).isSameAs(TuningPolicy.FIRST);
    assertThat(TuningModes.of(" ")).isSameAs(TuningPolicy.FIRST);
  }

  @Test
  void modesHaveNames() {
    assertThat(TuningPolicy.parse("first")).isSameAs(TuningPolicy.FIRST);
    assertThat(TuningPolicy.parse("disk")).isSameAs(TuningPolicy.FROM_DISK);
    assertThat(TuningPolicy.parse("measure")).isSameAs(TuningPolicy.MEASURE);
    assertThat(TuningPolicy.parse("estimate:H100"))
        .isInstanceOfSatisfying(
            TuningPolicy.Estimate.class,
            estimate -> assertThat(estimate.gpu().name()).isEqualTo("h100"));
  }

  @Test
  void whatIsNoModeIsAFault() {
    assertThatThrownBy(() -> TuningModes.of("fastest"))
        .isInstanceOf(KilnException.class)
        .hasMessage(
            "KILN_AUTOTUNE: there is no tuning mode 'fastest'; there are first, disk, measure and"
                + " estimate:GPU");
    assertThatThrownBy(() -> TuningPolicy.parse("estimate"))
        .hasMessageStartingWith("estimate needs a GPU; write estimate:GPU with one of a100, h100");
    assertThatThrownBy(() -> TuningPolicy.parse("estimate:gtx"))
        .hasMessageStartingWith("there is no GPU 'gtx'; write estimate:GPU with one of ");
  }
}
