package dev.kiln.runtime.sim.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.exec.Block;
import dev.kiln.runtime.sim.memory.Access.Agent;
import dev.kiln.runtime.sim.memory.ByteRange.Toucher;
import dev.kiln.runtime.sim.memory.ByteRange.Use;
import dev.kiln.runtime.sim.monitor.Monitor;
import dev.kiln.runtime.sim.ptx.Space;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ByteRangeTest {
  @Test
  void copiesGoFromGlobalToTheSharedMemoryOfAnyBlock() {
    try (Machine machine = new Machine(true, 2)) {
      List<String> heard = new ArrayList<>();
      Monitor monitor =
          new Monitor() {
            @Override
            public void accesses(Access a) {
              heard.add("%s %x %d %s".formatted(a.space, a.addresses[3], a.bytes, a.agent));
            }

            @Override
            public void readsUnwritten(Access access, int lanes, Region region) {
              heard.add("unwritten in " + region.name());
            }
          };
      Region buffer = machine.memory.allocate("buffer 1", 256);
      buffer.bytes().fill((byte) 5);
      Toucher toucher = new Toucher(machine.warp(monitor), Machine.step(), 3, Agent.BULK);
      Block other = machine.cluster.block(0);
      ByteRange source = toucher.global(buffer.start() + 16, 32, 16, Use.READ);
      toucher.shared(other, 64, 32, 16, Use.WRITE).copyFrom(source);
      toucher.shared(machine.block, 64, 32, 16, Use.WRITE).copyFrom(source);
      assertThat(heard)
          .containsExactly(
              "GLOBAL %x 32 BULK".formatted(buffer.start() + 16),
              "unwritten in buffer 1",
              "SHARED_CLUSTER 1000040 32 BULK",
              "SHARED 40 32 BULK");
      assertThat(other.shared.allWritten(64, 32)).isTrue();
      assertThat(other.shared.allWritten(64, 33)).isFalse();
      assertThat(other.shared.bytes().get(ValueLayout.JAVA_BYTE, 95)).isEqualTo((byte) 5);
    }
  }

  @Test
  void rangesOutsideOfMemoryAreFaults() {
    try (Machine machine = new Machine()) {
      Region buffer = machine.memory.allocate("buffer 1", 256);
      Toucher toucher = new Toucher(machine.warp(null), Machine.step(), 0, Agent.BULK);
      assertThatThrownBy(() -> toucher.global(buffer.start() + 240, 32, 16, Use.READ))
          .hasMessageContaining("reads 32 bytes")
          .hasMessageEndingWith("across the end of buffer 1 of 256 bytes");
      assertThatThrownBy(() -> toucher.global(buffer.start() + 8, 16, 16, Use.READ))
          .hasMessageContaining("not a multiple of 16");
      assertThatThrownBy(
              () -> toucher.shared(machine.block, Machine.SHARED_BYTES - 16, 32, 16, Use.WRITE))
          .hasMessageEndingWith("across the end of shared memory of 8,192 bytes");
      Region table = machine.memory.variable("table", Space.CONST, 64, 16);
      assertThat(table.writable()).isFalse();
      machine.memory.free(buffer, "the host");
      assertThatThrownBy(() -> toucher.global(buffer.start(), 16, 16, Use.WRITE))
          .hasMessageEndingWith("which the host freed");
    }
  }
}
