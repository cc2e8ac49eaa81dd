package dev.kiln.runtime.sim.isa.memory;

import static dev.kiln.runtime.sim.ptx.PtxType.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.SingleStep;
import dev.kiln.runtime.sim.memory.Access;
import dev.kiln.runtime.sim.memory.AddressSpace;
import dev.kiln.runtime.sim.memory.Machine;
import dev.kiln.runtime.sim.memory.Region;
import dev.kiln.runtime.sim.monitor.Monitor;
import dev.kiln.runtime.sim.program.MalformedInstruction;
import dev.kiln.runtime.sim.program.UnsupportedInstruction;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LoadsAndStoresTest {
  private final Machine machine = new Machine();
  private Region buffer;
  private byte[] content;

  @BeforeEach
  void fill() {
    buffer = machine.memory.allocate("buffer 1", 4096);
    content = new byte[4096];
    new SplittableRandom(7).nextBytes(content);
    // Both signs at every width.
    content[3] = (byte) 0x80;
    content[7] = 0x7f;
    buffer.bytes().copyFrom(MemorySegment.ofArray(content));
  }

  @AfterEach
  void close() {
    machine.close();
  }

  private static long[] lanes(long start, long stride) {
    long[] lanes = new long[Warp.LANES];
    Arrays.setAll(lanes, lane -> start + lane * stride);
    return lanes;
  }

  /** The little-endian number at an offset, as the manual says memory is laid out. */
  private long number(int offset, int bytes, boolean signed) {
    byte[] reversed = new byte[bytes];
    for (int i = 0; i < bytes; i++) {
      reversed[i] = content[offset + bytes - 1 - i];
    }
    return (signed ? new BigInteger(reversed) : new BigInteger(1, reversed)).longValue();
  }

  @ParameterizedTest
  @CsvSource({
    "b8,B16",
    "u8,U16",
    "s8,S16",
    "u8,U32",
    "s8,S32",
    "s8,U64",
    "u8,U64",
    "b8,B64",
    "b16,B16",
    "u16,U16",
    "s16,S32",
    "u16,U32",
    "s16,S64",
    "u16,U64",
    "f16,B16",
    "bf16,B16",
    "b32,B32",
    "u32,U32",
    "s32,S32",
    "f32,F32",
    "s32,S64",
    "u32,U64",
    "b32,B64",
    "f16x2,B32",
    "b64,B64",
    "u64,U64",
    "s64,S64",
    "f64,F64"
  })
  void loadsExtendToTheRegister(String word, PtxType register) {
    PtxType type = PtxType.parse(word).orElseThrow();
    for (int stride : new int[] {type.bytes(), 3 * type.bytes(), 0}) {
      long[] loaded =
          SingleStep.of("ld.global." + word)
              .out(register)
              .memory(U64, 8, lanes(buffer.start() + 8, stride))
              .block(machine.block)
              .run()
              .out(0);
      for (int lane = 0; lane < Warp.LANES; lane++) {
        long wide = number(16 + lane * stride, type.bytes(), type.isSigned());
        long mask = register.bits() == 64 ? -1 : (1L << register.bits()) - 1;
        assertThat(loaded[lane]).as("lane %d", lane).isEqualTo(wide & mask);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "b8,B16", "u8,U32", "s8,S64", "b16,B16", "s16,S32", "f16,B16", "u16,U64", "b32,B32", "f32,F32",
    "u32,U64", "b64,B64", "f64,F64"
  })
  void storesTruncateAndLeaveOtherBytesAlone(String word, PtxType register) {
    int bytes = PtxType.parse(word).orElseThrow().bytes();
    for (int active : new int[] {Warp.FULL, 0x8421_1248}) {
      for (int stride : new int[] {bytes, 2 * bytes}) {
        fill();
        long[] values = lanes(0x8182_8384_8586_8788L, 0x0101_0101_0101_0101L);
        long mask = register.bits() == 64 ? -1 : (1L << register.bits()) - 1;
        SingleStep.of("st.global." + word)
            .memory(U64, 0, lanes(buffer.start() + 64, stride))
            .in(register, Arrays.stream(values).map(v -> v & mask).toArray())
            .active(active)
            .block(machine.block)
            .run();
        for (int lane = 0; lane < Warp.LANES; lane++) {
          for (int i = 0; i < bytes && (active >>> lane & 1) != 0; i++) {
            content[64 + lane * stride + i] = (byte) (values[lane] >>> 8 * i);
          }
        }
        assertThat(buffer.bytes().toArray(ValueLayout.JAVA_BYTE)).isEqualTo(content);
      }
    }
  }

  @Test
  void theHighestOfSeveralLanesAtOneAddressWins() {
    SingleStep.of("st.global.b32")
        .memory(U64, 0, lanes(buffer.start(), 0))
        .in(B32, lanes(100, 1))
        .block(machine.block)
        .run();
    assertThat(buffer.bytes().get(ValueLayout.JAVA_INT, 0)).isEqualTo(131);
  }

  @Test
  void vectorsLieSideBySide() {
    var loaded =
        SingleStep.of("ld.global.nc.L1::no_allocate.L2::256B.v4.f32")
            .outVector(F32, null, F32, F32)
            .memory(U64, -16, lanes(buffer.start() + 16, 16))
            .block(machine.block)
            .run();
    for (int lane = 0; lane < Warp.LANES; lane++) {
      assertThat(loaded.out(0)[lane]).isEqualTo(number(16 * lane, 4, false));
      assertThat(loaded.out(1)[lane]).isEqualTo(number(16 * lane + 8, 4, false));
      assertThat(loaded.out(2)[lane]).isEqualTo(number(16 * lane + 12, 4, false));
    }
    var bytes =
        SingleStep.of("ld.v2.s8")
            .outVector(S16, S32)
            .memory(U64, 0, lanes(buffer.start() + 2, 2))
            .active(0x00ff_0f01)
            .block(machine.block)
            .run();
    assertThat(bytes.out(0)[0]).isEqualTo(number(2, 1, true) & 0xffff);
    assertThat(bytes.out(1)[16]).isEqualTo(number(2 + 33, 1, true) & 0xffff_ffffL);
  }

  @Test
  void eightWordsAndFourDoubleWordsGoThrough() {
    var words =
        SingleStep.of("ld.global.v8.b32")
            .outVector(B32, B32, B32, B32, B32, B32, B32, B32)
            .memory(U64, 0, lanes(buffer.start(), 32))
            .block(machine.block)
            .run();
    assertThat(words.out(7)[31]).isEqualTo(number(31 * 32 + 28, 4, false));
    SingleStep.of("st.global.v4.b64")
        .memory(U64, 0, lanes(buffer.start() + 1024, 32))
        .inVector(B64, B64, B64, B64)
        .block(machine.block)
        .run();
    assertThat(buffer.bytes().asSlice(0, 1024).mismatch(machine.block.shared.bytes()))
        .isNotNegative();
    assertThatThrownBy(
            () ->
                SingleStep.of("ld.global.v4.b64")
                    .outVector(B64, B64, B64, B64)
                    .memory(U64, 0, lanes(buffer.start() + 16, 32))
                    .block(machine.block)
                    .run())
        .isInstanceOf(LaneFault.class)
        .hasMessageContaining("not a multiple of 32");
  }

  @Test
  void quadRegistersHoldSixteenBytes() {
    var quad =
        SingleStep.of("ld.global.b128")
            .out(B128)
            .memory(U64, 0, lanes(buffer.start(), 16))
            .block(machine.block)
            .run();
    for (int lane = 0; lane < Warp.LANES; lane++) {
      assertThat(quad.out(0)[lane]).isEqualTo(number(16 * lane, 8, false));
    }
    var stored =
        SingleStep.of("st.shared.b128")
            .memory(U32, 0, lanes(0, 16))
            .in(B128)
            .block(machine.block)
            .run();
    assertThat(machine.block.shared.bytes().get(ValueLayout.JAVA_LONG, 24))
        .isEqualTo(stored.in()[1][2]);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ld.weak.global.u32",
        "ld.volatile.global.u32",
        "ld.relaxed.gpu.global.u32",
        "ld.acquire.sys.global.u32",
        "ld.mmio.relaxed.sys.global.u32",
        "ld.global.ca.u32",
        "ld.global.cg.u32",
        "ld.global.cs.u32",
        "ld.global.lu.u32",
        "ld.global.cv.u32",
        "ld.global.L1::evict_first.u32",
        "ld.global.L1::evict_last.L2::evict_first.L2::128B.u32",
        "ld.global.nc.u32",
        "ldu.global.u32",
        "ld.global.unified.u32",
        "ld.u32"
      })
  void hintsAndOrdersDoNotChangeTheValue(String mnemonic) {
    long[] loaded =
        SingleStep.of(mnemonic)
            .out(U32)
            .memory(U64, 4, lanes(buffer.start(), 4))
            .block(machine.block)
            .run()
            .out(0);
    assertThat(loaded[30]).isEqualTo(number(124, 4, false));
  }

  @Test
  void cachePoliciesAreAnotherOperand() {
    long[] loaded =
        SingleStep.of("ld.global.L2::cache_hint.u32")
            .out(U32)
            .memory(U64, 0, lanes(buffer.start(), 4))
            .in(B64)
            .block(machine.block)
            .run()
            .out(0);
    assertThat(loaded[1]).isEqualTo(number(4, 4, false));
    assertThatThrownBy(
            () ->
                SingleStep.of("ld.global.u32")
                    .out(U32)
                    .memory(U64, 0, lanes(buffer.start(), 4))
                    .in(B64)
                    .run())
        .isInstanceOf(MalformedInstruction.class);
  }

  @Test
  void ordersAndScopesReachTheMonitor() {
    List<String> heard = new ArrayList<>();
    Monitor monitor =
        new Monitor() {
          @Override
          public void accesses(Access a) {
            heard.add(a.space + " " + a.order + " " + a.scope + " " + a.writes + " " + a.bytes);
          }
        };
    SingleStep.of("st.release.gpu.v2.b32")
        .memory(U64, 0, lanes(buffer.start(), 8))
        .inVector(B32, B32)
        .block(machine.block)
        .monitor(monitor)
        .run();
    SingleStep.of("ld.volatile.shared.u8")
        .out(U16)
        .memory(U32, 0, lanes(0, 1))
        .block(machine.block)
        .monitor(monitor)
        .run();
    assertThat(heard)
        .containsExactly("GLOBAL RELEASE GPU true 8", "SHARED VOLATILE SYSTEM false 1");
  }

  @Test
  void sharedAddressesOf32BitsWrapAround() {
    machine.block.shared.bytes().set(ValueLayout.JAVA_INT, 4, 77);
    long[] loaded =
        SingleStep.of("ld.shared::cta.u32")
            .out(U32)
            .memory(U32, 8, lanes(0xffff_fffcL, 0))
            .block(machine.block)
            .run()
            .out(0);
    assertThat(loaded[5]).isEqualTo(77);
  }

  @Test
  void parametersAreReadAndConstantsCannotBeWritten() {
    long[] loaded =
        SingleStep.of("ld.param.u16")
            .out(U16)
            .memory(U64, 2, lanes(0, 0))
            .block(machine.block)
            .run()
            .out(0);
    assertThat(loaded[31]).isEqualTo(0x0707);
    assertThatThrownBy(
            () -> SingleStep.of("st.const.u32").memory(U64, 0, lanes(0, 0)).in(U32).run())
        .isInstanceOf(MalformedInstruction.class);
  }

  @Test
  void wrongFormsAreRefused() {
    assertThatThrownBy(
            () -> SingleStep.of("ld.global.u64").out(U32).memory(U64, 0, lanes(0, 0)).run())
        .isInstanceOf(MalformedInstruction.class)
        .hasMessageContaining("too narrow");
    assertThatThrownBy(
            () -> SingleStep.of("ld.global.v2.u32").out(U32).memory(U64, 0, lanes(0, 0)).run())
        .isInstanceOf(MalformedInstruction.class);
    assertThatThrownBy(
            () -> SingleStep.of("ld.global.foo.u32").out(U32).memory(U64, 0, lanes(0, 0)).run())
        .isInstanceOf(MalformedInstruction.class);
    assertThatThrownBy(() -> SingleStep.of("ld.global").out(U32).memory(U64, 0, lanes(0, 0)).run())
        .isInstanceOf(MalformedInstruction.class);
    assertThatThrownBy(
            () -> SingleStep.of("ld.global.pred").out(PRED).memory(U64, 0, lanes(0, 0)).run())
        .isInstanceOf(MalformedInstruction.class);
    assertThatThrownBy(
            () ->
                SingleStep.of("ld.relaxed.acquire.gpu.global.u32")
                    .out(U32)
                    .memory(U64, 0, lanes(0, 0))
                    .run())
        .isInstanceOf(MalformedInstruction.class);
    for (String opcode : List.of("tex.2d.v4.f32.f32", "suld.b.2d", "multimem.red", "istypep")) {
      assertThatThrownBy(() -> SingleStep.of(opcode).out(U32).run())
          .isInstanceOf(UnsupportedInstruction.class);
    }
  }

  @Test
  void inactiveLanesMayHoldAnyAddress() {
    long[] addresses = lanes(buffer.start(), 4);
    addresses[7] = 3;
    long[] loaded =
        SingleStep.of("ld.global.u32")
            .out(U32)
            .memory(U64, 0, addresses)
            .active(~(1 << 7))
            .block(machine.block)
            .run()
            .out(0);
    assertThat(loaded[8]).isEqualTo(number(32, 4, false));
  }

  @Test
  void genericLoadsSeeWhatSharedStoresWrote() {
    SingleStep.of("st.shared.u32")
        .memory(U32, 0, lanes(128, 4))
        .in(U32, lanes(1000, 1))
        .block(machine.block)
        .run();
    long[] loaded =
        SingleStep.of("ld.u32")
            .out(U32)
            .memory(U64, 0, lanes(AddressSpace.SHARED_BASE + 128, 4))
            .block(machine.block)
            .run()
            .out(0);
    assertThat(loaded).isEqualTo(lanes(1000, 1));
  }
}
