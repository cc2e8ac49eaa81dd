package dev.kiln.runtime.sim.monitor.count;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SharedWavefrontsTest {
  private static final int ALL = -1;
  private final SharedWavefronts banks = new SharedWavefronts();

  private static long[] addresses(IntToLongFunction address) {
    long[] addresses = new long[32];
    for (int lane = 0; lane < 32; lane++) {
      addresses[lane] = address.applyAsLong(lane);
    }
    return addresses;
  }

  private int access(int mask, int bytes, IntToLongFunction address) {
    banks.access(addresses(address), mask, bytes);
    return banks.wavefronts();
  }

  /** The greatest common divisor of stride and 32 is how many lanes share a bank. */
  @ParameterizedTest
  @CsvSource({"1, 1", "2, 2", "3, 1", "4, 4", "8, 8", "16, 16", "31, 1", "32, 32", "33, 1"})
  void aStrideOfWordsCostsWhatItHasInCommonWith32Banks(int stride, int wavefronts) {
    assertThat(access(ALL, 4, lane -> 4L * stride * lane)).isEqualTo(wavefronts);
    assertThat(banks.ideal()).isEqualTo(1);
  }

  @Test
  void lanesWithTheSameWordAreServedTogether() {
    assertThat(access(ALL, 4, lane -> 128)).isEqualTo(1);
    assertThat(access(ALL, 4, lane -> 4L * (lane / 2))).isEqualTo(1);
    assertThat(access(ALL, 2, lane -> 2L * lane)).isEqualTo(1);
    assertThat(access(ALL, 1, lane -> lane)).isEqualTo(1);
  }

  @Test
  void twoWordsOfABankCostTwoHoweverManyLanesWantThem() {
    assertThat(access(ALL, 4, lane -> lane % 2 * 128)).isEqualTo(2);
    assertThat(access(ALL, 4, lane -> lane % 3 * 128)).isEqualTo(3);
  }

  @Test
  void onlyLanesThatTakePartCount() {
    assertThat(access(0x0000_0003, 4, lane -> 128L * lane)).isEqualTo(2);
    assertThat(access(0x8000_0000, 16, lane -> 512L * lane)).isEqualTo(1);
    assertThat(banks.ideal()).isEqualTo(1);
  }

  @Test
  void pairsOfWordsAreServedForEachHalfOfTheWarp() {
    assertThat(access(ALL, 8, lane -> 8L * lane)).isEqualTo(2);
    assertThat(banks.ideal()).isEqualTo(2);
    // 16 bytes apart: lanes 8 apart in a half have the same banks.
    assertThat(access(ALL, 8, lane -> 16L * lane)).isEqualTo(4);
    assertThat(access(0x0000_ffff, 8, lane -> 8L * lane)).isEqualTo(1);
  }

  @Test
  void halvesAreServedTogetherWhereNeighboursHaveTheSameAddress() {
    assertThat(access(ALL, 8, lane -> 8L * (lane / 2))).isEqualTo(1);
    assertThat(access(ALL, 8, lane -> 8L * (lane % 2 + lane / 4 * 2))).isEqualTo(1);
    assertThat(access(ALL, 8, lane -> 64)).isEqualTo(1);
    assertThat(access(ALL, 8, lane -> 8L * (lane / 4))).isEqualTo(1);
    // Lanes 0 and 16 with the same address are no neighbours.
    assertThat(access(ALL, 8, lane -> 8L * (lane % 16))).isEqualTo(2);
  }

  @Test
  void vectorsOfFourWordsAreServedForEachQuarterOfTheWarp() {
    assertThat(access(ALL, 16, lane -> 16L * lane)).isEqualTo(4);
    assertThat(banks.ideal()).isEqualTo(4);
    // Rows of 128 bytes: eight lanes at the start of as many rows.
    assertThat(access(ALL, 16, lane -> 128L * lane)).isEqualTo(32);
    assertThat(banks.ideal()).isEqualTo(4);
    // Rows of 144 bytes: eight rows fill all banks.
    assertThat(access(ALL, 16, lane -> 144L * lane)).isEqualTo(4);
    assertThat(access(ALL, 16, lane -> 16L * (lane / 2))).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({"32, 32", "33, 1", "34, 2", "36, 4"})
  void aColumnOfATransposedTileCostsWhatItsPaddingLeaves(int pitch, int wavefronts) {
    assertThat(access(ALL, 4, lane -> 4L * pitch * lane)).isEqualTo(wavefronts);
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 16, 24, 32})
  void swizzledRowsOfMatricesHaveNoConflicts(int rows) {
    int mask = rows == 32 ? ALL : (1 << rows) - 1;
    // Rows of 128 bytes; the chunk of 16 bytes is swizzled by the row.
    banks.matrices(addresses(row -> 128L * row + 16L * (3 ^ row % 8)), mask);
    assertThat(banks.wavefronts()).isEqualTo(rows / 8);
    assertThat(banks.ideal()).isEqualTo(rows / 8);
    banks.matrices(addresses(row -> 128L * row + 48), mask);
    assertThat(banks.wavefronts()).isEqualTo(rows);
  }

  @Test
  void rowsOf64BytesHaveTwoWordsInABankForEachPairOfRows() {
    banks.matrices(addresses(row -> 64L * row), ALL);
    assertThat(banks.wavefronts()).isEqualTo(4 * 4);
  }

  @Test
  void atomicOperationsOnOneWordFollowEachOther() {
    banks.atomic(addresses(lane -> 0), ALL, 4);
    assertThat(banks.wavefronts()).isEqualTo(32);
    assertThat(banks.ideal()).isEqualTo(1);
    banks.atomic(addresses(lane -> 4L * lane), ALL, 4);
    assertThat(banks.wavefronts()).isEqualTo(1);
    banks.atomic(addresses(lane -> 4L * (lane / 4)), ALL, 4);
    assertThat(banks.wavefronts()).isEqualTo(4);
    banks.atomic(addresses(lane -> 8L * lane), ALL, 8);
    assertThat(banks.wavefronts()).isEqualTo(2);
    assertThat(banks.ideal()).isEqualTo(2);
  }

  /** Against sets of words for each bank. */
  @Test
  void randomAccessesCostAsManyAsTheWorstBankHasWords() {
    Random random = new Random(7);
    for (int round = 0; round < 2000; round++) {
      int span = 1 << 4 + random.nextInt(8);
      long[] addresses = addresses(lane -> 4L * random.nextInt(span));
      int mask = random.nextInt() | 1 << random.nextInt(32);
      banks.access(addresses, mask, 4);
      assertThat(banks.wavefronts()).isEqualTo(worstBank(addresses, mask, 4));
      banks.matrices(scaled(addresses), mask);
      int expected = 0;
      for (int quarter = 0; quarter < 4; quarter++) {
        expected += worstBank(scaled(addresses), mask & 0xff << 8 * quarter, 16);
      }
      assertThat(banks.wavefronts()).isEqualTo(expected);
    }
  }

  private static long[] scaled(long[] addresses) {
    return addresses(lane -> addresses[lane] * 4);
  }

  private static int worstBank(long[] addresses, int mask, int bytes) {
    int worst = 0;
    for (int bank = 0; bank < 32; bank++) {
      Set<Long> words = new HashSet<>();
      for (int lane = 0; lane < 32; lane++) {
        for (int at = 0; at < bytes && (mask >>> lane & 1) != 0; at += 4) {
          long word = (addresses[lane] + at) / 4;
          if (word % 32 == bank) {
            words.add(word);
          }
        }
      }
      worst = Math.max(worst, words.size());
    }
    return worst;
  }
}
