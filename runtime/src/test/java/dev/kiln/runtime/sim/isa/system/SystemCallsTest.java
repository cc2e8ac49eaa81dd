package dev.kiln.runtime.sim.isa.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.AddressSpace;
import dev.kiln.runtime.sim.memory.Machine;
import dev.kiln.runtime.sim.memory.MemoryOperand;
import dev.kiln.runtime.sim.memory.MemoryOperand.Use;
import dev.kiln.runtime.sim.memory.Region;
import dev.kiln.runtime.sim.ptx.Space;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SystemCallsTest {
  /** Arguments lie in local memory at 0, 8, 16 ...; the result at 48. */
  private static final int[] SLOTS = {0, 32};

  private static final int RESULT = 96;
  private static final long RESULT_AT = 48;

  private final Machine machine = new Machine();
  private final Warp warp = machine.warp(null);
  private final StringBuilder printed = new StringBuilder();

  SystemCallsTest() {
    machine.grid.output = printed::append;
    for (int lane = 0; lane < Warp.LANES; lane++) {
      warp.wides[lane] = 0;
      warp.wides[32 + lane] = 8;
      warp.wides[64 + lane] = 16;
      warp.wides[RESULT + lane] = RESULT_AT;
    }
  }

  @AfterEach
  void close() {
    machine.close();
  }

  private void local(int lane, long at, long value) {
    warp.port.resolveLane(
        Machine.step(), MemoryOperand.anywhere(Space.LOCAL, 8, Use.WRITE), lane, at);
    warp.port.writeLong(lane, 0, value);
  }

  private long result(int lane) {
    warp.port.resolveLane(
        Machine.step(), MemoryOperand.anywhere(Space.LOCAL, 8, Use.READ), lane, RESULT_AT);
    return warp.port.readLong(lane, 0);
  }

  private long text(String text) {
    byte[] bytes = (text + "\0").getBytes(StandardCharsets.UTF_8);
    Region region = machine.memory.variable("$str", Space.GLOBAL, bytes.length, 1);
    region.bytes().copyFrom(MemorySegment.ofArray(bytes));
    return region.start();
  }

  private static Step step(String name, int[] arguments, int result) {
    return SystemCalls.step(name, arguments, result).orElseThrow();
  }

  @Test
  void printingReadsTheBufferOfArgumentsLaneByLane() {
    long format = text("lane %d: %s %.1f %lld\n");
    long word = text("häh");
    warp.active = 0b101;
    for (int lane = 0; lane < 3; lane++) {
      local(lane, 0, format);
      local(lane, 8, AddressSpace.LOCAL_BASE + 128);
      local(lane, 128, lane);
      local(lane, 136, word);
      local(lane, 144, Double.doubleToRawLongBits(lane + 0.5));
      local(lane, 152, -lane);
    }
    step("vprintf", SLOTS, RESULT).run(warp);
    assertThat(printed).hasToString("lane 0: häh 0.5 0\nlane 2: häh 2.5 -2\n");
    assertThat((int) result(2)).isEqualTo(4);
    assertThat(step("vprintf", SLOTS, RESULT).ordersBlocks()).isTrue();
  }

  @Test
  void printingAWildStringIsAFault() {
    warp.active = 2;
    local(1, 0, text("%s"));
    local(1, 8, AddressSpace.LOCAL_BASE + 128);
    local(1, 128, 0x123456789L);
    assertThatThrownBy(() -> step("vprintf", SLOTS, RESULT).run(warp))
        .isInstanceOfSatisfying(LaneFault.class, fault -> assertThat(fault.lane()).isEqualTo(1));
  }

  @Test
  void assertionsTellWhatFailedAndWhere() {
    int[] slots = {0, 32, 64, RESULT};
    warp.active = 0x10;
    local(4, 0, text("x > 0"));
    local(4, 8, text("k.cu"));
    local(4, 16, 12);
    local(4, 48, text("void k(int)"));
    assertThatThrownBy(() -> step("__assertfail", slots, -1).run(warp))
        .isInstanceOfSatisfying(
            LaneFault.class,
            fault -> {
              assertThat(fault.kind()).isEqualTo(LaneFault.Kind.ASSERT);
              assertThat(fault.lane()).isEqualTo(4);
            })
        .hasMessage("assertion 'x > 0' failed at k.cu:12 in void k(int)");
  }

  @Test
  void eachLaneGetsABlockOfItsOwnAndGivesItBack() {
    for (int lane = 0; lane < Warp.LANES; lane++) {
      local(lane, 0, 24);
    }
    step("malloc", new int[] {0}, RESULT).run(warp);
    Set<Long> blocks = new HashSet<>();
    for (int lane = 0; lane < Warp.LANES; lane++) {
      blocks.add(result(lane));
      local(lane, 0, result(lane));
    }
    assertThat(blocks).hasSize(Warp.LANES).doesNotContain(0L);
    assertThat(machine.memory.heap().leaks()).hasSize(Warp.LANES);
    step("free", new int[] {0}, -1).run(warp);
    assertThat(machine.memory.heap().leaks()).isEmpty();
    assertThatThrownBy(() -> step("free", new int[] {0}, -1).run(warp))
        .hasMessage(
            "frees device malloc 1 a second time; thread (0, 0, 0) of block (0, 0, 0) freed it"
                + " first");
  }

  @Test
  void otherFunctionsAreNotKnown() {
    assertThat(SystemCalls.step("memcpy", new int[0], -1)).isEmpty();
  }
}
