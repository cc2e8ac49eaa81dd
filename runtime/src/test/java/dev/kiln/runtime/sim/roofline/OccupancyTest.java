package dev.kiln.runtime.sim.roofline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.runtime.sim.roofline.Occupancy.Limit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OccupancyTest {
  /**
   * Worked by hand. Registers: 64 * 32 = 2048 for a warp, 16384 / 2048 = 8 warps in each of four
   * parts. 72 are 2304: 7 warps. Shared memory of the H100: 233472 bytes, 1024 more for each block.
   */
  @ParameterizedTest
  @CsvSource({
    "h100, 256, 32, 0, 8, THREADS",
    "h100, 256, 64, 0, 4, REGISTERS",
    "h100, 256, 72, 0, 3, REGISTERS",
    "h100, 128, 255, 0, 2, REGISTERS",
    "h100, 32, 16, 0, 32, BLOCKS",
    "h100, 1024, 64, 0, 1, REGISTERS",
    "h100, 1024, 65, 0, 0, REGISTERS",
    "h100, 128, 32, 49152, 4, SHARED",
    "h100, 128, 32, 115712, 2, SHARED",
    "h100, 128, 32, 115713, 1, SHARED",
    "h100, 128, 32, 232448, 1, SHARED",
    "h100, 128, 32, 232449, 0, SHARED",
    "a100, 128, 32, 166912, 1, SHARED",
    "a100, 96, 32, 0, 21, THREADS",
    "rtx4090, 1024, 32, 0, 1, THREADS",
    "rtx4090, 256, 32, 0, 6, THREADS",
    "rtx4090, 32, 16, 0, 24, BLOCKS"
  })
  void theScarcestResourceLimitsBlocks(
      String gpu, int threads, int registers, long shared, int blocks, Limit limit) {
    Occupancy occupancy =
        Occupancy.of(GpuModel.find(gpu).orElseThrow(), threads, registers, shared);
    assertThat(occupancy.blocks()).isEqualTo(blocks);
    assertThat(occupancy.limit()).isEqualTo(limit);
    assertThat(occupancy.warps()).isEqualTo(blocks * ((threads + 31) / 32));
  }

  @Test
  void theShareIsThatOfTheWarpsAnSmHolds() {
    Occupancy occupancy = Occupancy.of(GpuModel.find("h100").orElseThrow(), 256, 64, 0);
    assertThat(occupancy.share()).isCloseTo(0.5, within(0.0));
  }

  @ParameterizedTest
  @CsvSource({
    "132, 132, 1, 1, 1, 1",
    "133, 132, 1, 1.0075757575757576, 2, 1.9849624060150375",
    "264, 132, 2, 1, 2, 1",
    "1, 132, 4, 0.001893939393939394, 1, 132",
    "330, 132, 2, 1.25, 3, 1.2"
  })
  void theBusiestSmMakesTheTail(
      long blocks, int sms, int resident, double waves, long busiest, double tail) {
    Waves spread = new Waves(blocks, sms, resident);
    assertThat(spread.waves()).isCloseTo(waves, within(1e-12));
    assertThat(spread.busiest()).isEqualTo(busiest);
    assertThat(spread.tail()).isCloseTo(tail, within(1e-12));
  }
}
