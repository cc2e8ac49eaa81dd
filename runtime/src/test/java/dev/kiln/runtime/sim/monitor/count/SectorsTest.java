package dev.kiln.runtime.sim.monitor.count;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.function.IntToLongFunction;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SectorsTest {
  private static final long BASE = 0x10_0000_0000L;
  private static final int ALL = -1;
  private final Sectors sectors = new Sectors();
  private final SectorSet reads = new SectorSet();
  private final SectorSet writes = new SectorSet();

  private static long[] addresses(IntToLongFunction address) {
    long[] addresses = new long[32];
    for (int lane = 0; lane < 32; lane++) {
      addresses[lane] = BASE + address.applyAsLong(lane);
    }
    return addresses;
  }

  private int global(int mask, int bytes, IntToLongFunction address) {
    return sectors.global(addresses(address), mask, bytes, reads, null);
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "2, 2", "4, 4", "8, 8", "16, 16", "32, 32"})
  void aFullWarpSideBySideTouchesItsBytesOver32(int bytes, int count) {
    assertThat(global(ALL, bytes, lane -> (long) bytes * lane)).isEqualTo(count);
    assertThat(reads.size()).isEqualTo(count);
    assertThat(Sectors.ideal(32L * bytes)).isEqualTo(count);
  }

  @ParameterizedTest
  @CsvSource({"1, 4", "2, 8", "3, 12", "8, 32", "100, 32"})
  void aStrideTouchesMore(int stride, int count) {
    assertThat(global(ALL, 4, lane -> 4L * stride * lane)).isEqualTo(count);
    assertThat(global(ALL, 4, lane -> 4L * stride * (31 - lane))).isEqualTo(count);
  }

  @Test
  void aMisalignedWarpTouchesOneMore() {
    assertThat(global(ALL, 4, lane -> 4L + 4L * lane)).isEqualTo(5);
  }

  @Test
  void oneAddressIsOneSector() {
    assertThat(global(ALL, 4, lane -> 12)).isEqualTo(1);
    assertThat(global(1 << 5, 8, lane -> 8L * lane)).isEqualTo(1);
    assertThat(reads.size()).isEqualTo(2);
  }

  @Test
  void whatIsWrittenIsKeptApart() {
    sectors.global(addresses(lane -> 4L * lane), ALL, 4, null, writes);
    sectors.global(addresses(lane -> 4L * lane), ALL, 4, reads, writes);
    assertThat(reads.size()).isEqualTo(4);
    assertThat(writes.size()).isEqualTo(4);
  }

  @Test
  void randomAccessesTouchAsManyAsASetHolds() {
    Random random = new Random(3);
    Set<Long> all = new HashSet<>();
    for (int round = 0; round < 2000; round++) {
      int bytes = 1 << random.nextInt(6);
      int span = 1 << 1 + random.nextInt(16);
      long[] addresses = addresses(lane -> (long) bytes * random.nextInt(span));
      int mask = random.nextInt() | 1;
      Set<Long> expected = new HashSet<>();
      for (int lane = 0; lane < 32; lane++) {
        if ((mask >>> lane & 1) != 0) {
          expected.add(addresses[lane] >> 5);
          expected.add(addresses[lane] + bytes - 1 >> 5);
        }
      }
      all.addAll(expected);
      assertThat(sectors.global(addresses, mask, bytes, reads, null)).isEqualTo(expected.size());
    }
    assertThat(reads.size()).isEqualTo(all.size());
  }

  /** Word w of lane l lies at (32 w + l) * 4. */
  @Test
  void wordsOfLocalMemoryLieSideBySideForLanes() {
    assertThat(sectors.local(addresses(lane -> 8), ALL, 4)).isEqualTo(4);
    assertThat(sectors.local(addresses(lane -> 8), ALL, 8)).isEqualTo(8);
    assertThat(sectors.local(addresses(lane -> 16), ALL, 16)).isEqualTo(16);
    assertThat(sectors.local(addresses(lane -> 8), ALL, 1)).isEqualTo(4);
    assertThat(sectors.local(addresses(lane -> 8), 0x0100_0001, 4)).isEqualTo(2);
    assertThat(sectors.local(addresses(lane -> 4L * lane), ALL, 4)).isEqualTo(32);
    assertThat(sectors.local(addresses(lane -> 32L * lane), ALL, 32)).isEqualTo(256);
  }

  @Test
  void distinctAddressesCountOnce() {
    assertThat(sectors.addresses(addresses(lane -> 4), ALL)).isEqualTo(1);
    assertThat(sectors.addresses(addresses(lane -> 4L * (lane % 3)), ALL)).isEqualTo(3);
    assertThat(sectors.addresses(addresses(lane -> 4L * lane), 0xff)).isEqualTo(8);
  }

  @Test
  void unionsOfSetsHoldEachSectorOnce() {
    SectorSet one = new SectorSet();
    SectorSet other = new SectorSet();
    LongStream.range(0, 1000).forEach(page -> one.add(page << 12, (page << 12) + 99));
    LongStream.range(500, 1500).forEach(page -> other.add((page << 12) + 50, (page << 12) + 149));
    one.addAll(other);
    assertThat(one.size()).isEqualTo(500 * 100 + 500 * 150 + 500 * 100);
  }

  @Test
  void aRangeMayCrossPages() {
    reads.add(4000, 4000 + 10_000);
    assertThat(reads.size()).isEqualTo(10_001);
    reads.add(63, 64);
    reads.add(64, 64);
    assertThat(reads.size()).isEqualTo(10_003);
  }

  @Test
  void countingAllocatesNothing() {
    Random random = new Random(5);
    long[] scattered = addresses(lane -> 4L * random.nextInt(1 << 14));
    long[] straight = addresses(lane -> 4L * lane);
    SharedWavefronts banks = new SharedWavefronts();
    Runnable all =
        () -> {
          for (int i = 0; i < 1000; i++) {
            sectors.global(scattered, ALL, 4, reads, writes);
            sectors.global(straight, ALL, 4, reads, null);
            sectors.local(scattered, ALL, 4);
            sectors.addresses(scattered, ALL);
            banks.access(scattered, ALL, 4);
            banks.access(straight, ALL, 8);
            banks.access(straight, ALL, 16);
            banks.atomic(scattered, ALL, 4);
            banks.matrices(straight, ALL);
          }
        };
    all.run();
    var thread = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = thread.getCurrentThreadAllocatedBytes();
    all.run();
    assertThat(thread.getCurrentThreadAllocatedBytes() - before).isLessThan(1000);
  }
}
