package dev.kiln.runtime.sim.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.DeviceMemoryException;
import dev.kiln.runtime.sim.ptx.Space;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class AddressSpaceTest {
  @Test
  void addressesAscendAreAlignedAndHaveGaps() {
    try (AddressSpace memory = new AddressSpace()) {
      long end = AddressSpace.GLOBAL_BASE;
      for (long size : new long[] {0, 1, 511, 512, 513, 100_000, 3}) {
        Region region = memory.allocate("buffer", size);
        assertThat(region.start() % 512).isZero();
        assertThat(region.start()).isGreaterThanOrEqualTo(end);
        end = region.start() + size + 4096;
        memory.free(region, "the host");
      }
    }
  }

  @Test
  void twoDevicesGiveTheSameAddresses() {
    try (AddressSpace one = new AddressSpace();
        AddressSpace other = new AddressSpace()) {
      one.allocate("buffer 1", 77);
      other.allocate("buffer 1", 77);
      assertThat(one.allocate("buffer 2", 5).start())
          .isEqualTo(other.allocate("buffer 2", 5).start());
    }
  }

  @Test
  void regionsAreFoundByEachOfTheirBytes() {
    try (AddressSpace memory = new AddressSpace()) {
      SplittableRandom random = new SplittableRandom(1);
      Region[] regions = new Region[100];
      for (int i = 0; i < regions.length; i++) {
        regions[i] = memory.allocate("buffer " + i, random.nextInt(1, 2000));
      }
      for (int i = 0; i < regions.length; i += 3) {
        memory.free(regions[i], "the host");
      }
      for (int i = 0; i < regions.length; i++) {
        Region expected = i % 3 == 0 ? null : regions[i];
        long start = regions[i].start();
        long size = regions[i].size();
        assertThat(memory.global().find(start)).isSameAs(expected);
        assertThat(memory.global().find(start + random.nextLong(size))).isSameAs(expected);
        assertThat(memory.global().find(start + size - 1)).isSameAs(expected);
        assertThat(memory.global().find(start + size)).isNull();
        assertThat(memory.global().find(start - 1)).isNull();
      }
    }
  }

  @Test
  void theLimitHoldsForWhatIsInUse() {
    try (AddressSpace memory = new AddressSpace(1000, 0, false)) {
      Region region = memory.allocate("buffer 1", 600);
      assertThatThrownBy(() -> memory.allocate("buffer 2", 401))
          .isInstanceOf(DeviceMemoryException.class)
          .hasMessage("out of memory: 401 bytes wanted, 600 of 1,000 in use");
      memory.free(region, "the host");
      memory.free(region, "the host");
      memory.allocate("buffer 3", 1000);
      assertThat(memory.inUse()).isEqualTo(1000);
      assertThat(memory.peak()).isEqualTo(1000);
    }
  }

  @Test
  void freshMemoryHoldsThePoisonPattern() {
    try (AddressSpace memory = new AddressSpace()) {
      MemorySegment bytes = memory.allocate("buffer 1", 40).bytes();
      assertThat(bytes.get(ValueLayout.JAVA_INT, 36)).isEqualTo(0xCDCDCDCD);
      assertThat(memory.shared(64).bytes().get(ValueLayout.JAVA_BYTE, 63)).isEqualTo((byte) 0xCD);
    }
  }

  @Test
  void variablesAreZeroAndCountAsWritten() {
    try (AddressSpace memory = new AddressSpace(1 << 20, 0, true)) {
      Region region = memory.variable("v", Space.GLOBAL, 100, 4);
      assertThat(region.bytes().mismatch(Arena.ofAuto().allocate(100))).isEqualTo(-1);
      assertThat(region.allWritten(0, 100)).isTrue();
      Region constant = memory.variable("c", Space.CONST, 100, 256);
      assertThat(constant.start() % 256).isZero();
      assertThat(constant.writable()).isFalse();
      assertThat(memory.constants().find(constant.start() + 99)).isSameAs(constant);
    }
  }

  @Test
  void wrappedMemoryKeepsItsAlignmentAndItsBytes() {
    try (AddressSpace memory = new AddressSpace(1 << 20, 0, true);
        Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(64, 64).asSlice(4, 32);
      Region region = memory.wrap("buffer 1", host);
      assertThat(region.start() % 16).isEqualTo(4);
      assertThat(region.bytes().address()).isEqualTo(host.address());
      assertThat(region.allWritten(0, 32)).isTrue();
      memory.free(region, "the host");
      assertThat(memory.global().find(region.start())).isNull();
    }
  }

  @Test
  void shadowsKnowEachByte() {
    try (AddressSpace memory = new AddressSpace(1 << 20, 0, true)) {
      for (int length = 1; length <= 40; length++) {
        for (int offset = 0; offset < 9; offset++) {
          Region region = memory.allocate("buffer", 64);
          Shadow.mark(region.written(), offset, length);
          assertThat(Shadow.isWritten(region.written(), offset, length)).isTrue();
          assertThat(Shadow.isWritten(region.written(), offset, length + 1)).isFalse();
          assertThat(region.allWritten(offset, length)).isTrue();
          assertThat(region.allWritten(offset, length + 1)).isFalse();
          if (offset > 0) {
            assertThat(Shadow.isWritten(region.written(), offset - 1, length)).isFalse();
          }
          memory.free(region, "the host");
        }
      }
    }
  }

  @Test
  void theHeapOfKernelsHasALimitAndKnowsItsBlocks() {
    try (AddressSpace memory = new AddressSpace(1 << 20, 100, false)) {
      DeviceHeap heap = memory.heap();
      long first = heap.allocate(60);
      assertThat(first % 16).isZero();
      assertThat(heap.allocate(41)).isZero();
      assertThat(heap.allocate(0)).isZero();
      assertThat(heap.allocate(-1)).isZero();
      long second = heap.allocate(40);
      assertThat(memory.global().find(first + 59)).isNotNull();
      assertThat(memory.global().find(first + 60)).isNull();
      assertThat(heap.free(first + 16, "thread 1")).contains("malloc did not return");
      assertThat(heap.free(0, "thread 1")).isNull();
      assertThat(heap.free(first, "thread 1")).isNull();
      assertThat(heap.free(first, "thread 2"))
          .isEqualTo("frees device malloc 1 a second time; thread 1 freed it first");
      assertThat(heap.leaks()).extracting(Region::start).containsExactly(second);
      assertThat(heap.allocate(60)).isNotZero().isNotEqualTo(first);
    }
  }
}
