package dev.kiln.runtime.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SliceAllocatorTest {
  @Test
  void rangesAreAlignedDisjointAndPadded() {
    var allocator = new SliceAllocator(1 << 20);
    var random = new SplittableRandom(1);
    List<long[]> live = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      if (live.size() > 40 || (!live.isEmpty() && random.nextInt(3) == 0)) {
        allocator.free(live.remove(random.nextInt(live.size()))[0]);
        continue;
      }
      long size = random.nextInt(10_000);
      long offset = allocator.allocate(size);
      if (offset >= 0) {
        assertThat(offset % 64).isZero();
        for (long[] other : live) {
          boolean before = offset + size + 64 <= other[0];
          boolean after = other[0] + other[1] + 64 <= offset;
          assertThat(before || after)
              .as("%d+%d against %d+%d", offset, size, other[0], other[1])
              .isTrue();
        }
        live.add(new long[] {offset, size});
      }
    }
  }

  @Test
  void freeingEverythingMergesIntoOneRange() {
    var allocator = new SliceAllocator(1 << 16);
    List<Long> offsets = new ArrayList<>();
    for (long offset = allocator.allocate(100); offset >= 0; offset = allocator.allocate(100)) {
      offsets.add(offset);
    }
    assertThat(allocator.allocate(1 << 15)).isEqualTo(-1);
    for (int i = 0; i < offsets.size(); i += 2) {
      allocator.free(offsets.get(i));
    }
    for (int i = 1; i < offsets.size(); i += 2) {
      allocator.free(offsets.get(i));
    }
    assertThat(allocator.inUse()).isZero();
    assertThat(allocator.allocate((1 << 16) - 64)).isZero();
  }

  @Test
  void peakRemembersTheMost() {
    var allocator = new SliceAllocator(1 << 16);
    long first = allocator.allocate(1000);
    long most = allocator.inUse();
    allocator.free(first);
    assertThat(allocator.peak()).isEqualTo(most);
    assertThat(allocator.inUse()).isZero();
  }

  @Test
  void hugeSizesAreRefusedNotOverflowed() {
    var allocator = new SliceAllocator(1 << 16);
    assertThat(allocator.allocate(Long.MAX_VALUE)).isEqualTo(-1);
    assertThat(allocator.allocate(1 << 16)).isEqualTo(-1);
  }

  @Test
  void freeingTwiceIsAnError() {
    var allocator = new SliceAllocator(1 << 16);
    long offset = allocator.allocate(10);
    allocator.free(offset);
    assertThatThrownBy(() -> allocator.free(offset)).isInstanceOf(IllegalArgumentException.class);
  }
}
