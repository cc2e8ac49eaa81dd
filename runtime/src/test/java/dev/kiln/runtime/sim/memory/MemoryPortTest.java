package dev.kiln.runtime.sim.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.exec.LaneFault.Kind;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.MemoryOperand.Use;
import dev.kiln.runtime.sim.monitor.Monitor;
import dev.kiln.runtime.sim.program.Program.PlacedVariable;
import dev.kiln.runtime.sim.ptx.Space;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class MemoryPortTest {
  private final Machine machine = new Machine(false, 2);
  private final Warp warp = machine.warp(null);
  private final Step step = Machine.step();

  @AfterEach
  void close() {
    machine.close();
  }

  private static long[] lanes(LongUnaryOperator address) {
    long[] lanes = new long[Warp.LANES];
    for (int lane = 0; lane < Warp.LANES; lane++) {
      lanes[lane] = address.applyAsLong(lane);
    }
    return lanes;
  }

  private void resolve(Space space, int bytes, Use use, int mask, LongUnaryOperator address) {
    warp.port.resolveAt(step, MemoryOperand.anywhere(space, bytes, use), mask, lanes(address));
  }

  private LaneFault fault(Space space, int bytes, Use use, LongUnaryOperator address) {
    try {
      resolve(space, bytes, use, Warp.FULL, address);
    } catch (LaneFault e) {
      return e;
    }
    throw new AssertionError("no fault");
  }

  @Test
  void lanesSideBySideInOneRegionAreContiguous() {
    Region buffer = machine.memory.allocate("buffer 1", 4096);
    resolve(Space.GLOBAL, 4, Use.READ, Warp.FULL, lane -> buffer.start() + 64 + 4 * lane);
    assertThat(warp.port.contiguous()).isTrue();
    assertThat(warp.port.common()).isSameAs(buffer);
    assertThat(warp.port.offsets[31]).isEqualTo(64 + 31 * 4);
  }

  @Test
  void permutedOrPartialLanesAreNotContiguous() {
    Region buffer = machine.memory.allocate("buffer 1", 4096);
    resolve(Space.GLOBAL, 4, Use.READ, Warp.FULL, lane -> buffer.start() + 4 * (lane ^ 1));
    assertThat(warp.port.contiguous()).isFalse();
    resolve(Space.GLOBAL, 4, Use.READ, 0xffff, lane -> buffer.start() + 4 * lane);
    assertThat(warp.port.contiguous()).isFalse();
    // Same lowest and highest address as a contiguous access.
    resolve(
        Space.GLOBAL, 4, Use.READ, Warp.FULL, lane -> buffer.start() + 4 * (lane == 5 ? 6 : lane));
    assertThat(warp.port.contiguous()).isFalse();
  }

  @Test
  void lanesMayLieInSeveralRegions() {
    Region first = machine.memory.allocate("buffer 1", 128);
    Region second = machine.memory.allocate("buffer 2", 128);
    resolve(
        Space.GLOBAL,
        4,
        Use.READ,
        Warp.FULL,
        lane -> (lane % 2 == 0 ? first : second).start() + 4 * lane);
    assertThat(warp.port.common()).isNull();
    assertThat(warp.port.region(6)).isSameAs(first);
    assertThat(warp.port.region(7)).isSameAs(second);
    assertThat(warp.port.offsets[7]).isEqualTo(28);
  }

  @Test
  void theLastByteIsInsideAndTheNextIsNot() {
    Region buffer = machine.memory.allocate("buffer 1", 1024);
    resolve(Space.GLOBAL, 4, Use.READ, Warp.FULL, lane -> buffer.start() + 1020);
    LaneFault fault =
        fault(Space.GLOBAL, 4, Use.WRITE, lane -> buffer.start() + (lane == 9 ? 1028 : 0));
    assertThat(fault.kind()).isEqualTo(Kind.ILLEGAL_ADDRESS);
    assertThat(fault.lane()).isEqualTo(9);
    assertThat(fault)
        .hasMessage(
            "writes 4 bytes at global address 0x%x, 4 bytes after buffer 1 of 1,024 bytes"
                .formatted(buffer.start() + 1028));
  }

  @Test
  void anAccessAcrossTheEndOfABufferIsAFault() {
    Region buffer = machine.memory.allocate("buffer 1", 1022);
    assertThat(fault(Space.GLOBAL, 4, Use.READ, lane -> buffer.start() + 1020))
        .hasMessageEndingWith("across the end of buffer 1 of 1,022 bytes");
    assertThat(fault(Space.GLOBAL, 2, Use.READ, lane -> buffer.start() + 1022))
        .hasMessageEndingWith("just after buffer 1 of 1,022 bytes");
    assertThat(fault(Space.GLOBAL, 4, Use.READ, lane -> buffer.start() - 4))
        .hasMessageEndingWith("4 bytes before buffer 1 of 1,022 bytes");
  }

  @Test
  void nullPointersAreNamed() {
    machine.memory.allocate("buffer 1", 64);
    assertThat(fault(Space.GLOBAL, 4, Use.READ, lane -> 0)).hasMessageEndingWith("a null pointer");
    assertThat(fault(Space.GENERIC, 4, Use.READ, lane -> 40))
        .hasMessageEndingWith("a null pointer plus 40");
  }

  @Test
  void wildAddressesAreFaultsAndNotOverflows() {
    machine.memory.allocate("buffer 1", 64);
    for (long wild : new long[] {Long.MIN_VALUE, Long.MAX_VALUE - 7, -8, 1L << 62}) {
      for (Space space :
          List.of(
              Space.GLOBAL,
              Space.GENERIC,
              Space.SHARED,
              Space.SHARED_CLUSTER,
              Space.LOCAL,
              Space.CONST,
              Space.PARAM)) {
        assertThat(fault(space, 8, Use.READ, lane -> lane == 3 ? wild : wild & -16).kind())
            .as("%s %x", space, wild)
            .isEqualTo(Kind.ILLEGAL_ADDRESS);
      }
    }
  }

  @Test
  void freedBuffersAreRemembered() {
    Region buffer = machine.memory.allocate("buffer 2", 256);
    MemoryOperand operand = MemoryOperand.anywhere(Space.GLOBAL, 4, Use.READ);
    long[] addresses = lanes(lane -> buffer.start() + 16);
    warp.port.resolveAt(step, operand, Warp.FULL, addresses);
    machine.memory.free(buffer, "the host");
    machine.memory.allocate("buffer 3", 256);
    assertThatThrownBy(() -> warp.port.resolveAt(step, operand, Warp.FULL, addresses))
        .hasMessageEndingWith("inside buffer 2 of 256 bytes, which the host freed");
  }

  @Test
  void misalignedLanesAreNamed() {
    Region buffer = machine.memory.allocate("buffer 1", 256);
    LaneFault fault =
        fault(Space.GLOBAL, 8, Use.READ, lane -> buffer.start() + (lane == 30 ? 4 : 0));
    assertThat(fault.kind()).isEqualTo(Kind.MISALIGNED_ADDRESS);
    assertThat(fault.lane()).isEqualTo(30);
    assertThat(fault)
        .hasMessage(
            "reads 8 bytes at 0x%x, which is not a multiple of 8".formatted(buffer.start() + 4));
  }

  @Test
  void constantsAndParametersAreReadOnly() {
    Region table = machine.memory.variable("table", Space.CONST, 64, 16);
    resolve(Space.CONST, 4, Use.READ, Warp.FULL, lane -> table.start());
    assertThat(fault(Space.GENERIC, 4, Use.WRITE, lane -> AddressSpace.CONST_BASE + table.start()))
        .extracting(LaneFault::kind)
        .isEqualTo(Kind.WRITE_TO_READ_ONLY);
    assertThat(fault(Space.PARAM, 4, Use.WRITE, lane -> 8).kind())
        .isEqualTo(Kind.WRITE_TO_READ_ONLY);
    assertThat(fault(Space.PARAM, 4, Use.READ, lane -> 64).kind()).isEqualTo(Kind.ILLEGAL_ADDRESS);
  }

  @Test
  void genericAddressesReachEverySpaceAtOnce() {
    Region buffer = machine.memory.allocate("buffer 1", 256);
    Region table = machine.memory.variable("table", Space.CONST, 256, 16);
    resolve(
        Space.GENERIC,
        4,
        Use.READ,
        Warp.FULL,
        lane ->
            switch ((int) lane % 5) {
              case 0 -> buffer.start() + lane * 4;
              case 1 -> AddressSpace.SHARED_BASE + lane * 4;
              case 2 -> AddressSpace.LOCAL_BASE + lane * 4;
              case 3 -> AddressSpace.CONST_BASE + table.start() + lane * 4;
              default -> AddressSpace.PARAM_BASE + 4;
            });
    List<Space> spaces = new ArrayList<>();
    for (int lane = 5; lane < 10; lane++) {
      spaces.add(warp.port.space(lane));
    }
    assertThat(spaces)
        .containsExactly(Space.GLOBAL, Space.SHARED, Space.LOCAL, Space.CONST, Space.PARAM);
    assertThat(warp.port.region(6)).isSameAs(machine.block.shared);
    assertThat(warp.port.offsets[6]).isEqualTo(24);
    assertThat(warp.port.readInt(9, 0)).isEqualTo(0x07070707);
  }

  @Test
  void genericAddressesOfOneWindowBecomeAddressesOfItsSpace() {
    resolve(Space.GENERIC, 4, Use.READ, Warp.FULL, lane -> AddressSpace.SHARED_BASE + 4 * lane);
    assertThat(warp.port.space(0)).isEqualTo(Space.SHARED);
    assertThat(warp.port.contiguous()).isTrue();
    assertThat(warp.port.address(3)).isEqualTo(12);
  }

  @Test
  void localMemoryIsEachThreadsOwn() {
    MemoryOperand write = MemoryOperand.anywhere(Space.LOCAL, 4, Use.WRITE);
    for (int slot = 0; slot < Machine.LOCAL_BYTES; slot += 4) {
      long at = slot;
      warp.port.resolveAt(step, write, Warp.FULL, lanes(lane -> at));
      for (int lane = 0; lane < Warp.LANES; lane++) {
        warp.port.writeInt(lane, 0, 1000 * slot + lane);
      }
    }
    MemoryOperand read = MemoryOperand.anywhere(Space.LOCAL, 4, Use.READ);
    for (int slot = 0; slot < Machine.LOCAL_BYTES; slot += 4) {
      long at = slot;
      warp.port.resolveAt(step, read, Warp.FULL, lanes(lane -> at));
      for (int lane = 0; lane < Warp.LANES; lane++) {
        assertThat(warp.port.readInt(lane, 0)).isEqualTo(1000 * slot + lane);
      }
    }
    assertThat(fault(Space.LOCAL, 4, Use.READ, lane -> Machine.LOCAL_BYTES))
        .hasMessageEndingWith("just after local memory of 256 bytes");
  }

  @Test
  void sharedMemoryOfTheClusterIsReachedByRank() {
    long other = 1L << AddressSpace.RANK_SHIFT | 8;
    long own = 2L << AddressSpace.RANK_SHIFT | 8;
    resolve(Space.SHARED_CLUSTER, 4, Use.WRITE, 7, lane -> lane == 0 ? 8 : lane == 1 ? own : other);
    assertThat(warp.port.region(0)).isSameAs(machine.block.shared);
    assertThat(warp.port.region(1)).isSameAs(machine.block.shared);
    assertThat(warp.port.region(2)).isSameAs(machine.cluster.block(0).shared);
    assertThat(warp.port.space(1)).isEqualTo(Space.SHARED);
    assertThat(warp.port.space(2)).isEqualTo(Space.SHARED_CLUSTER);
    assertThat(warp.port.offsets[2]).isEqualTo(8);
    resolve(Space.GENERIC, 4, Use.READ, Warp.FULL, lane -> AddressSpace.SHARED_BASE + other);
    assertThat(warp.port.region(2)).isSameAs(machine.cluster.block(0).shared);
    assertThat(fault(Space.SHARED, 4, Use.READ, lane -> other))
        .hasMessageContaining("belongs to another block of the cluster");
    assertThat(fault(Space.SHARED_CLUSTER, 4, Use.READ, lane -> 3L << AddressSpace.RANK_SHIFT))
        .hasMessageContaining("block rank 2 in a cluster of 2");
    machine.cluster.block(0).exited = true;
    assertThat(fault(Space.SHARED_CLUSTER, 4, Use.READ, lane -> other))
        .hasMessageContaining("has exited");
  }

  /** What a monitor heard. */
  private record Heard(Space space, int mask, long address, int bytes, boolean reads) {}

  @Test
  void monitorsHearOfEachSpaceOnceWithItsOwnAddresses() {
    List<Heard> heard = new ArrayList<>();
    Warp watched =
        machine.warp(
            new Monitor() {
              @Override
              public void accesses(Access access) {
                int lane = Integer.numberOfTrailingZeros(access.mask);
                heard.add(
                    new Heard(
                        access.space,
                        access.mask,
                        access.addresses[lane],
                        access.bytes,
                        access.reads));
              }
            });
    Region buffer = machine.memory.allocate("buffer 1", 256);
    watched.port.resolveAt(
        step,
        MemoryOperand.anywhere(Space.GENERIC, 8, Use.WRITE),
        0xff,
        lanes(
            lane ->
                lane < 4 ? buffer.start() + 8 * lane : AddressSpace.SHARED_BASE + 16 + 8 * lane));
    assertThat(heard)
        .containsExactly(
            new Heard(Space.GLOBAL, 0x0f, buffer.start(), 8, false),
            new Heard(Space.SHARED, 0xf0, 48, 8, false));
  }

  @Test
  void readsOfBytesThatNobodyWroteAreReportedByLane() {
    try (Machine tracking = new Machine(true, 1)) {
      List<Integer> missing = new ArrayList<>();
      Warp watched =
          tracking.warp(
              new Monitor() {
                @Override
                public void readsUnwritten(Access access, int lanes, Region region) {
                  missing.add(lanes);
                }
              });
      Region buffer = tracking.memory.allocate("buffer 1", 256);
      MemoryOperand write = MemoryOperand.anywhere(Space.GLOBAL, 4, Use.WRITE);
      MemoryOperand read = MemoryOperand.anywhere(Space.GLOBAL, 4, Use.READ);
      MemoryOperand byteRead = MemoryOperand.anywhere(Space.GLOBAL, 1, Use.READ);
      long[] rows = lanes(lane -> buffer.start() + 4 * lane);
      watched.port.resolveAt(step, write, ~0x30, rows);
      watched.port.resolveAt(step, read, Warp.FULL, rows);
      watched.port.resolveAt(step, byteRead, 3, lanes(lane -> buffer.start() + 15 + lane));
      watched.port.resolveAt(step, write, Warp.FULL, rows);
      watched.port.resolveAt(step, read, Warp.FULL, rows);
      watched.port.resolveAt(step, read, 1, lanes(lane -> buffer.start() + 128));
      assertThat(missing).containsExactly(0x30, 0x2, 0x1);
    }
  }

  @Test
  void gapsBetweenGuardedVariablesAreNobodys() {
    GuardedLayout places = new GuardedLayout(true);
    List<PlacedVariable> variables =
        List.of(
            new PlacedVariable("a", places.add(256, 16), 256),
            new PlacedVariable("b", places.add(100, 16), 100));
    long dynamic = AddressSpace.roundUp(places.size(), 16);
    machine.block.shared.divide(VariableLayout.of(variables, dynamic, Machine.SHARED_BYTES));
    long b = variables.get(1).offset();
    assertThat(b).isEqualTo(256 + 1024);
    resolve(Space.SHARED, 4, Use.WRITE, Warp.FULL, lane -> 4 * lane);
    resolve(Space.SHARED, 4, Use.WRITE, Warp.FULL, lane -> lane % 2 == 0 ? 252 : b + 96);
    resolve(Space.SHARED, 4, Use.WRITE, Warp.FULL, lane -> dynamic + 4 * lane);
    LaneFault fault = fault(Space.SHARED, 4, Use.WRITE, lane -> lane == 3 ? 256 : 0);
    assertThat(fault.lane()).isEqualTo(3);
    assertThat(fault).hasMessageEndingWith("just after variable a of 256 bytes in shared memory");
    assertThat(fault(Space.GENERIC, 4, Use.READ, lane -> AddressSpace.SHARED_BASE + b - 8))
        .hasMessageEndingWith("8 bytes before variable b of 100 bytes in shared memory");
    assertThat(fault(Space.SHARED, 8, Use.READ, lane -> b + 96))
        .hasMessageEndingWith("across the end of variable b of 100 bytes in shared memory");
    assertThat(fault(Space.SHARED, 4, Use.READ, lane -> Machine.SHARED_BYTES))
        .hasMessageEndingWith("just after shared memory of 8,192 bytes");
  }

  @Test
  void variablesWithoutGapsAreNotGuarded() {
    List<PlacedVariable> variables =
        List.of(new PlacedVariable("a", 0, 256), new PlacedVariable("b", 256, 100));
    assertThat(VariableLayout.of(variables, 368, 4096)).isNull();
    assertThat(VariableLayout.of(variables, 356, 356)).isNull();
    assertThat(VariableLayout.of(List.of(), 0, 4096)).isNull();
  }
}
