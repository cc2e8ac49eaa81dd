package dev.kiln.runtime.sim.isa.memory;

import static dev.kiln.runtime.sim.ptx.PtxType.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.isa.Samples;
import dev.kiln.runtime.sim.isa.SingleStep;
import dev.kiln.runtime.sim.memory.Access;
import dev.kiln.runtime.sim.memory.Machine;
import dev.kiln.runtime.sim.memory.Region;
import dev.kiln.runtime.sim.monitor.Monitor;
import dev.kiln.runtime.sim.program.MalformedInstruction;
import dev.kiln.runtime.sim.ptx.Operand;
import dev.kiln.runtime.sim.ptx.Position;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.BinaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AtomicsTest {
  private final Machine machine = new Machine();
  private final Region buffer = machine.memory.allocate("buffer 1", 4096);

  @AfterEach
  void close() {
    machine.close();
  }

  private static long[] lanes(long start, long stride) {
    long[] lanes = new long[Warp.LANES];
    Arrays.setAll(lanes, lane -> start + lane * stride);
    return lanes;
  }

  private static BigInteger value(long bits, PtxType type) {
    long signed = bits << 64 - type.bits() >> 64 - type.bits();
    return type.isSigned()
        ? BigInteger.valueOf(signed)
        : new BigInteger(Long.toUnsignedString(bits & mask(type)));
  }

  private static long mask(PtxType type) {
    return type.bits() == 64 ? -1 : (1L << type.bits()) - 1;
  }

  private static final Map<String, BinaryOperator<BigInteger>> INTEGER =
      Map.of(
          "add", BigInteger::add,
          "min", BigInteger::min,
          "max", BigInteger::max,
          "and", BigInteger::and,
          "or", BigInteger::or,
          "xor", BigInteger::xor,
          "exch", (old, value) -> value,
          "inc",
              (old, limit) -> old.compareTo(limit) >= 0 ? BigInteger.ZERO : old.add(BigInteger.ONE),
          "dec",
              (old, limit) ->
                  old.signum() == 0 || old.compareTo(limit) > 0
                      ? limit
                      : old.subtract(BigInteger.ONE));

  @ParameterizedTest
  @ValueSource(
      strings = {
        "add.u32", "add.s32", "add.u64", "min.u32", "min.s32", "min.u64", "min.s64", "max.u32",
        "max.s32", "max.u64", "max.s64", "and.b32", "or.b32", "xor.b32", "and.b64", "or.b64",
        "xor.b64", "exch.b32", "exch.b64", "inc.u32", "dec.u32"
      })
  void integersFollowExactArithmetic(String form) {
    String name = form.substring(0, form.indexOf('.'));
    PtxType type = PtxType.parse(form.substring(form.indexOf('.') + 1)).orElseThrow();
    int bytes = type.bytes();
    SplittableRandom random = new SplittableRandom(form.hashCode());
    for (int round = 0; round < 40; round++) {
      long[] old = new long[Warp.LANES];
      long[] operand = new long[Warp.LANES];
      for (int lane = 0; lane < Warp.LANES; lane++) {
        old[lane] = Samples.any(type, random);
        operand[lane] = random.nextInt(4) == 0 ? old[lane] : Samples.any(type, random);
        write(lane * bytes, bytes, old[lane]);
      }
      var result =
          SingleStep.of("atom.global." + form)
              .out(type)
              .memory(U64, 0, lanes(buffer.start(), bytes))
              .in(type, operand)
              .block(machine.block)
              .run();
      assertThat(result.out(0)).isEqualTo(old);
      for (int lane = 0; lane < Warp.LANES; lane++) {
        BigInteger wanted =
            INTEGER.get(name).apply(value(old[lane], type), value(operand[lane], type));
        assertThat(read(lane * bytes, bytes))
            .as("%s of %x and %x", form, old[lane], operand[lane])
            .isEqualTo(wanted.longValue() & mask(type));
      }
    }
  }

  private void write(long at, int bytes, long value) {
    for (int i = 0; i < bytes; i++) {
      buffer.bytes().set(ValueLayout.JAVA_BYTE, at + i, (byte) (value >>> 8 * i));
    }
  }

  private long read(long at, int bytes) {
    long value = 0;
    for (int i = 0; i < bytes; i++) {
      value |= (buffer.bytes().get(ValueLayout.JAVA_BYTE, at + i) & 0xffL) << 8 * i;
    }
    return value;
  }

  @Test
  void lanesAtOneAddressTakeTurnsInAscendingOrder() {
    write(0, 4, 1000);
    long[] old =
        SingleStep.of("atom.global.gpu.relaxed.add.u32")
            .out(U32)
            .memory(U64, 0, lanes(buffer.start(), 0))
            .in(U32, lanes(1, 1))
            .block(machine.block)
            .run()
            .out(0);
    long sum = 1000;
    for (int lane = 0; lane < Warp.LANES; lane++) {
      assertThat(old[lane]).isEqualTo(sum);
      sum += 1 + lane;
    }
    assertThat(read(0, 4)).isEqualTo(sum);
  }

  @Test
  void lanesAtOneSharedAddressTakeTurnsToo() {
    machine.block.shared.bytes().set(ValueLayout.JAVA_INT, 4, -1);
    long[] old =
        SingleStep.of("atom.shared.add.s32")
            .out(S32)
            .memory(U32, 0, lanes(4, 0))
            .in(S32, lanes(1, 0))
            .active(0xf00f)
            .block(machine.block)
            .run()
            .out(0);
    assertThat(old[0]).isEqualTo(0xffff_ffffL);
    assertThat(old[1]).isZero();
    assertThat(old[15]).isEqualTo(6);
    assertThat(machine.block.shared.bytes().get(ValueLayout.JAVA_INT, 4)).isEqualTo(7);
  }

  @ParameterizedTest
  @ValueSource(strings = {"b16", "b32", "b64"})
  void casStoresOnlyWhereTheOldValueIsEqual(String word) {
    PtxType type = PtxType.parse(word).orElseThrow();
    int bytes = type.bytes();
    for (int lane = 0; lane < Warp.LANES; lane++) {
      write(lane * bytes, bytes, 0x8000 + lane);
    }
    long[] old =
        SingleStep.of("atom.acq_rel.gpu.global.cas." + word)
            .out(type)
            .memory(U64, 0, lanes(buffer.start(), bytes))
            .in(type, lanes(0x8000, 1 + (1L << 40)).clone())
            .in(type, lanes(0xfff0, -1))
            .block(machine.block)
            .run()
            .out(0);
    assertThat(old).isEqualTo(lanes(0x8000, 1));
    for (int lane = 0; lane < Warp.LANES; lane++) {
      boolean equal = type != B64 || lane == 0;
      assertThat(read(lane * bytes, bytes)).isEqualTo(equal ? 0xfff0 - lane : 0x8000 + lane);
    }
  }

  @Test
  void quadsAreExchangedAndCompared() {
    for (int i = 0; i < 64; i++) {
      buffer.bytes().setAtIndex(ValueLayout.JAVA_LONG, i, i);
    }
    var result =
        SingleStep.of("atom.exch.b128")
            .out(B128)
            .memory(U64, 0, lanes(buffer.start(), 16))
            .in(B128)
            .block(machine.block)
            .run();
    assertThat(result.out(0)).isEqualTo(lanes(0, 2));
    assertThat(read(16 * 5 + 8, 8)).isEqualTo(result.in()[5][2]);
    buffer.bytes().fill((byte) 0);
    SingleStep.of("atom.cas.b128")
        .out(B128)
        .memory(U64, 0, lanes(buffer.start(), 16))
        .in(B128)
        .in(B128)
        .block(machine.block)
        .run();
    assertThat(buffer.bytes().asSlice(0, 512).toArray(ValueLayout.JAVA_LONG)).containsOnly(0);
  }

  private static double exact(long bits, PtxType type) {
    return switch (type) {
      case F16 -> Float.float16ToFloat((short) bits);
      case BF16 -> Float.intBitsToFloat((int) bits << 16);
      case F32 -> Float.intBitsToFloat((int) bits);
      default -> Double.longBitsToDouble(bits);
    };
  }

  /** The sum in exact arithmetic, rounded once. */
  private static double rounded(double a, double b, PtxType type) {
    if (!Double.isFinite(a) || !Double.isFinite(b)) {
      return a + b;
    }
    BigDecimal sum = new BigDecimal(a).add(new BigDecimal(b));
    if (sum.signum() == 0) {
      return a + b;
    }
    return switch (type) {
      case F32 -> sum.floatValue();
      case F64 -> sum.doubleValue();
      case F16 -> toGrid(sum, 11, -24, 65504);
      default -> toGrid(sum, 8, -133, exact(0x7f7f, BF16));
    };
  }

  /** Nearest multiple of the last place, ties to even; infinite beyond the largest. */
  private static double toGrid(BigDecimal sum, int precision, int least, double largest) {
    int exponent = Math.getExponent(sum.abs().doubleValue());
    double place = Math.scalb(1.0, Math.max(exponent - precision + 1, least));
    BigDecimal units = sum.divide(new BigDecimal(place)).setScale(0, RoundingMode.HALF_EVEN);
    double result = units.multiply(new BigDecimal(place)).doubleValue();
    return Math.abs(result) > largest ? Math.copySign(Double.POSITIVE_INFINITY, result) : result;
  }

  @ParameterizedTest
  @ValueSource(strings = {"add.f32", "add.f64", "add.noftz.f16", "add.noftz.bf16"})
  void floatSumsAreRoundedOnceToNearestEven(String form) {
    PtxType type = PtxType.parse(form.substring(form.lastIndexOf('.') + 1)).orElseThrow();
    PtxType register = type.bits() == 16 ? B16 : type;
    int bytes = type.bytes();
    SplittableRandom random = new SplittableRandom(3);
    long[] special = Samples.special(type);
    for (int round = 0; round < 100; round++) {
      long[] old = new long[Warp.LANES];
      long[] operand = new long[Warp.LANES];
      for (int lane = 0; lane < Warp.LANES; lane++) {
        old[lane] = Samples.any(type, random);
        operand[lane] = special[(round * 31 + lane) % special.length];
        machine
            .block
            .shared
            .bytes()
            .asSlice(lane * bytes, bytes)
            .copyFrom(MemorySegment.ofArray(new long[] {old[lane]}).asSlice(0, bytes));
      }
      // Subnormal numbers are kept in shared memory.
      SingleStep.of("atom.shared." + form)
          .out(register)
          .memory(U32, 0, lanes(0, bytes))
          .in(register, operand)
          .block(machine.block)
          .run();
      for (int lane = 0; lane < Warp.LANES; lane++) {
        long got =
            switch (bytes) {
              case 2 ->
                  machine.block.shared.bytes().get(ValueLayout.JAVA_SHORT, lane * 2L) & 0xffffL;
              case 4 -> machine.block.shared.bytes().get(ValueLayout.JAVA_INT, lane * 4L);
              default -> machine.block.shared.bytes().get(ValueLayout.JAVA_LONG, lane * 8L);
            };
        double wanted = rounded(exact(old[lane], type), exact(operand[lane], type), type);
        assertThat((Double) exact(got, type))
            .as("%s of %x and %x", form, old[lane], operand[lane])
            .isEqualTo(Double.valueOf(wanted));
      }
    }
  }

  @Test
  void singlePrecisionFlushesSubnormalsInGlobalMemoryOnly() {
    write(0, 4, 0x0000_0001);
    write(4, 4, 0x0080_0000);
    write(8, 4, 0x8000_0001L);
    long[] addend = lanes(0, 0);
    addend[0] = 0x0000_0001;
    addend[1] = 0x8040_0000L;
    addend[2] = 0x8000_0000L;
    SingleStep.of("red.global.add.f32")
        .memory(U64, 0, lanes(buffer.start(), 4))
        .in(F32, addend)
        .active(7)
        .block(machine.block)
        .run();
    assertThat(read(0, 4)).isZero();
    assertThat(read(4, 4)).isEqualTo(0x0080_0000);
    assertThat(read(8, 4)).isEqualTo(0x8000_0000L);
  }

  @Test
  void minimumAndMaximumOfHalvesPreferNumbers() {
    long[][] cases = {
      // old, operand, minimum, maximum
      {0x3c00, 0x4000, 0x3c00, 0x4000},
      {0x7e00, 0x4000, 0x4000, 0x4000},
      {0x4000, 0x7c01, 0x4000, 0x4000},
      {0x7e00, 0x7c01, 0x7fff, 0x7fff},
      {0x8000, 0x0000, 0x8000, 0x0000},
      {0xfc00, 0x7c00, 0xfc00, 0x7c00}
    };
    for (int i = 0; i < cases.length; i++) {
      for (int k = 0; k < 2; k++) {
        write(0, 2, cases[i][0]);
        SingleStep.of("atom.global." + (k == 0 ? "min" : "max") + ".noftz.v2.f16")
            .outVector(B16, null)
            .memory(U64, 0, lanes(buffer.start(), 0))
            .operand(
                new Operand.Vector(
                    new Position(1, 1),
                    List.of(
                        new Operand.IntegerLiteral(new Position(1, 1), cases[i][1]),
                        new Operand.IntegerLiteral(new Position(1, 1), 0))))
            .active(1)
            .block(machine.block)
            .run();
        assertThat(read(0, 2)).isEqualTo(cases[i][2 + k]);
      }
    }
  }

  @Test
  void pairsAddEachHalf() {
    write(0, 4, 0x3c00_4000);
    SingleStep.of("red.global.add.noftz.f16x2")
        .memory(U64, 0, lanes(buffer.start(), 0))
        .in(B32, 0x4000_3c00L)
        .active(1)
        .block(machine.block)
        .run();
    assertThat(read(0, 4)).isEqualTo(0x4200_4200);
    write(0, 4, 0x3f80_3f80);
    SingleStep.of("red.global.gpu.relaxed.add.noftz.bf16x2")
        .memory(U64, 0, lanes(buffer.start(), 0))
        .in(B32, 0x3f80_bf80L)
        .active(1)
        .block(machine.block)
        .run();
    assertThat(read(0, 4)).isEqualTo(0x4000_0000);
  }

  @Test
  void vectorsAddElementByElement() {
    for (int i = 0; i < 4; i++) {
      write(4 * i, 4, Float.floatToIntBits(i));
    }
    var result =
        SingleStep.of("red.global.v4.f32.add")
            .memory(U64, 0, lanes(buffer.start(), 0))
            .inVector(F32, F32, F32, F32)
            .active(1)
            .block(machine.block)
            .run();
    for (int i = 0; i < 4; i++) {
      float wanted = i + Float.intBitsToFloat((int) result.in()[0][1 + i]);
      if (!Float.isNaN(wanted) && Math.abs(wanted) >= Float.MIN_NORMAL) {
        assertThat(Float.intBitsToFloat((int) read(4 * i, 4))).isEqualTo(wanted);
      }
    }
  }

  @Test
  void onlyResultsThatDependOnTheOrderOfBlocksOrderThem() {
    assertThat(ordersBlocks("red.global.add.u32", U32, false)).isFalse();
    assertThat(ordersBlocks("atom.global.add.u32", U32, false)).isTrue();
    assertThat(ordersBlocks("atom.global.add.u32", U32, true)).isFalse();
    assertThat(ordersBlocks("red.global.add.f32", F32, false)).isTrue();
  }

  private boolean ordersBlocks(String mnemonic, PtxType type, boolean sink) {
    SingleStep step = SingleStep.of(mnemonic);
    if (sink) {
      step.sink();
    } else if (mnemonic.startsWith("atom")) {
      step.out(type);
    }
    return step.memory(U64, 0, lanes(buffer.start(), 4))
        .in(type)
        .block(machine.block)
        .run()
        .step()
        .ordersBlocks();
  }

  @Test
  void monitorsHearOfAtomicAccesses() {
    List<String> heard = new ArrayList<>();
    SingleStep.of("red.release.cluster.shared::cluster.or.b32")
        .memory(U32, 0, lanes(0, 4))
        .in(B32)
        .block(machine.block)
        .monitor(
            new Monitor() {
              @Override
              public void accesses(Access a) {
                heard.add(
                    "%s %s %s %s %s".formatted(a.atomic, a.reads, a.writes, a.order, a.scope));
              }
            })
        .run();
    assertThat(heard).containsExactly("true true true RELEASE CLUSTER");
  }

  @ParameterizedTest
  @ValueSource(strings = {"inc.s32", "min.f32", "add.b32", "add.u16", "exch.b128", "cas.u32"})
  void formsThatDoNotExistAreRefused(String form) {
    PtxType type = PtxType.parse(form.substring(form.indexOf('.') + 1)).orElseThrow();
    assertThatThrownBy(
            () ->
                SingleStep.of("red.global." + form)
                    .memory(U64, 0, lanes(buffer.start(), 16))
                    .in(type)
                    .block(machine.block)
                    .run())
        .isInstanceOf(MalformedInstruction.class);
  }

  @Test
  void progressCountsOnlyWhatChangesMemory() {
    write(0, 4, 1);
    Warp spinning =
        SingleStep.of("atom.global.exch.b32")
            .out(B32)
            .memory(U64, 0, lanes(buffer.start(), 0))
            .in(B32, lanes(1, 0))
            .block(machine.block)
            .run()
            .warp();
    assertThat(spinning.changes).isZero();
  }
}
