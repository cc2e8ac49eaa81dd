package dev.kiln.kernels.launch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BlockSizesTest {
  @Test
  void blocksAreTheNextPowerOfTwoWithinLimits() {
    assertThat(BlockSizes.around(0, 16, 128)).isEqualTo(16);
    assertThat(BlockSizes.around(1, 1, 128)).isEqualTo(1);
    assertThat(BlockSizes.around(17, 16, 128)).isEqualTo(32);
    assertThat(BlockSizes.around(64, 16, 128)).isEqualTo(64);
    assertThat(BlockSizes.around(65, 16, 128)).isEqualTo(128);
    assertThat(BlockSizes.around(1L << 40, 16, 128)).isEqualTo(128);
    assertThat(BlockSizes.around(100_000, 16, 1 << 17)).isEqualTo(1 << 17);
  }
}
