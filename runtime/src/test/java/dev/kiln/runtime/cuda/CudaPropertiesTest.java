package dev.kiln.runtime.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.Target;
import dev.kiln.runtime.KilnException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CudaPropertiesTest {
  private static CudaProperties of(int major, int minor) {
    return new CudaProperties(
        0,
        "a GPU",
        "GPU-0",
        "0000:00:00.0",
        major,
        minor,
        108,
        40L << 30,
        1_410_000,
        1_215_000,
        5120,
        40 << 20,
        166_912,
        167_936,
        65_536,
        2048,
        false,
        true,
        true,
        true,
        true,
        true,
        "default");
  }

  @ParameterizedTest
  @CsvSource({
    "8, 0, SM_80",
    "8, 6, SM_80",
    "8, 7, SM_80",
    "8, 9, SM_89",
    "9, 0, SM_90A",
    "10, 0, SM_100",
    "10, 3, SM_100",
    "11, 0, SM_100",
    "12, 0, SM_120",
    "12, 1, SM_120",
    "13, 0, SM_120"
  })
  void codeIsMadeForTheComputeCapability(int major, int minor, Target target) {
    assertThat(of(major, minor).target()).isEqualTo(target);
  }

  @Test
  void olderGpusAreRefused() {
    assertThatThrownBy(() -> of(7, 5).target())
        .isInstanceOf(KilnException.class)
        .hasMessageContaining("a GPU has compute capability 7.5")
        .hasMessageContaining("8.0 (Ampere) and later");
  }

  @Test
  void aSummaryTellsWhatMakesOneFasterThanAnother() {
    assertThat(of(8, 0).summary())
        .isEqualTo("a GPU (compute capability 8.0, 108 multiprocessors, 40.0 GiB)");
    // Two transfers a clock over 640 bytes.
    assertThat(of(8, 0).memoryBandwidth()).isEqualTo(2 * 1.215e9 * 640);
  }
}
