package dev.kiln.runtime.tune;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class MemoryRangeTest {
  private static MemoryRange range(long start, long end) {
    return new MemoryRange(start, end - start);
  }

  @Test
  void rangesThatTouchDoNotOverlap() {
    assertThat(range(0, 10).overlaps(range(9, 12))).isTrue();
    assertThat(range(0, 10).overlaps(range(10, 12))).isFalse();
    assertThat(range(3, 4).overlaps(range(0, 10))).isTrue();
    assertThat(range(0, 10).contains(range(3, 10))).isTrue();
    assertThat(range(0, 10).contains(range(3, 11))).isFalse();
  }

  @Test
  void overlappingRangesBecomeOne() {
    assertThat(MemoryRange.merged(List.of(range(20, 30), range(5, 8), range(0, 10), range(9, 12))))
        .containsExactly(range(0, 12), range(20, 30));
    assertThat(MemoryRange.merged(List.of(range(0, 4), range(4, 8), range(0, 4))))
        .containsExactly(range(0, 4), range(4, 8));
  }
}
