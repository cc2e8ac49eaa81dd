package dev.kiln.runtime.sim.isa.integer;

import static dev.kiln.runtime.sim.isa.ExactIntegers.exact;
import static dev.kiln.runtime.sim.isa.ExactIntegers.halves;
import static dev.kiln.runtime.sim.isa.ExactIntegers.register;
import static dev.kiln.runtime.sim.ptx.PtxType.S16X2;
import static dev.kiln.runtime.sim.ptx.PtxType.S32;
import static dev.kiln.runtime.sim.ptx.PtxType.U16X2;
import static dev.kiln.runtime.sim.ptx.PtxType.U32;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.isa.SingleStep;
import dev.kiln.runtime.sim.isa.lane.Types;
import dev.kiln.runtime.sim.program.MalformedInstruction;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.math.BigInteger;
import java.util.function.BinaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class IntegerArithmeticTest {
  private static final BigInteger S32_MIN = BigInteger.valueOf(Integer.MIN_VALUE);
  private static final BigInteger S32_MAX = BigInteger.valueOf(Integer.MAX_VALUE);

  /** {@code opcode.type d, a, b} does what the function does with the exact numbers. */
  private static void binary(String opcode, PtxType type, BinaryOperator<BigInteger> f) {
    SingleStep.of(opcode + type)
        .out(type)
        .in(type)
        .in(type)
        .expect(in -> register(f.apply(exact(in[0], type), exact(in[1], type)), type));
  }

  private static BigInteger clamp32(BigInteger value) {
    return value.max(S32_MIN).min(S32_MAX);
  }

  @ParameterizedTest
  @EnumSource(names = {"U16", "S16", "U32", "S32", "U64", "S64"})
  void sumsDifferencesAndProductsWrap(PtxType type) {
    binary("add", type, BigInteger::add);
    binary("sub", type, BigInteger::subtract);
    binary("mul.lo", type, BigInteger::multiply);
    binary("mul.hi", type, (a, b) -> a.multiply(b).shiftRight(type.bits()));
  }

  @ParameterizedTest
  @EnumSource(names = {"U16", "S16", "U32", "S32"})
  void wideProductsAreExact(PtxType type) {
    PtxType twice = Types.doubled(type);
    SingleStep.of("mul.wide" + type)
        .out(twice)
        .in(type)
        .in(type)
        .expect(in -> register(exact(in[0], type).multiply(exact(in[1], type)), twice));
    SingleStep.of("mad.wide" + type)
        .out(twice)
        .in(type)
        .in(type)
        .in(twice)
        .expect(
            in ->
                register(
                    exact(in[0], type).multiply(exact(in[1], type)).add(exact(in[2], twice)),
                    twice));
  }

  @ParameterizedTest
  @EnumSource(names = {"U16", "S16", "U32", "S32", "U64", "S64"})
  void productsAreAdded(PtxType type) {
    for (boolean high : new boolean[] {false, true}) {
      SingleStep.of("mad" + (high ? ".hi" : ".lo") + type)
          .out(type)
          .in(type)
          .in(type)
          .in(type)
          .expect(
              in -> {
                BigInteger product = exact(in[0], type).multiply(exact(in[1], type));
                BigInteger part = high ? product.shiftRight(type.bits()) : product;
                return register(part.add(exact(in[2], type)), type);
              });
    }
  }

  @Test
  void saturationClampsToTheRangeOfS32() {
    binary("add.sat", S32, (a, b) -> clamp32(a.add(b)));
    binary("sub.sat", S32, (a, b) -> clamp32(a.subtract(b)));
    SingleStep.of("mad.hi.sat.s32")
        .out(S32)
        .in(S32)
        .in(S32)
        .in(S32)
        .expect(
            in -> {
              BigInteger high = exact(in[0], S32).multiply(exact(in[1], S32)).shiftRight(32);
              return register(clamp32(high.add(exact(in[2], S32))), S32);
            });
  }

  @Test
  void pairsAreTreatedApart() {
    for (PtxType pair : new PtxType[] {U16X2, S16X2}) {
      PtxType half = pair == S16X2 ? PtxType.S16 : PtxType.U16;
      check(pair, "add" + pair, half, BigInteger::add);
      check(pair, "min" + pair, half, BigInteger::min);
      check(pair, "max" + pair, half, BigInteger::max);
    }
    check(S16X2, "max.relu.s16x2", PtxType.S16, (a, b) -> a.max(b).max(BigInteger.ZERO));
    check(S16X2, "min.relu.s16x2", PtxType.S16, (a, b) -> a.min(b).max(BigInteger.ZERO));
  }

  private static void check(
      PtxType pair, String mnemonic, PtxType half, BinaryOperator<BigInteger> f) {
    SingleStep.of(mnemonic).out(pair).in(pair).in(pair).expect(in -> halves(in[0], in[1], half, f));
  }

  @ParameterizedTest
  @EnumSource(names = {"U32", "S32"})
  void productsOf24BitsTakeTheLowBitsOfTheOperands(PtxType type) {
    for (boolean high : new boolean[] {false, true}) {
      String part = high ? ".hi" : ".lo";
      SingleStep.of("mul24" + part + type)
          .out(type)
          .in(type)
          .in(type)
          .expect(in -> register(product24(in, type, high), type));
      SingleStep.of("mad24" + part + type)
          .out(type)
          .in(type)
          .in(type)
          .in(type)
          .expect(in -> register(product24(in, type, high).add(exact(in[2], type)), type));
    }
    SingleStep.of("mad24.hi.sat.s32")
        .out(S32)
        .in(S32)
        .in(S32)
        .in(S32)
        .expect(in -> register(clamp32(product24(in, S32, true).add(exact(in[2], S32))), S32));
  }

  private static BigInteger product24(long[] in, PtxType type, boolean high) {
    BigInteger product = low24(in[0], type).multiply(low24(in[1], type));
    return high ? product.shiftRight(16) : product;
  }

  private static BigInteger low24(long bits, PtxType type) {
    BigInteger low = BigInteger.valueOf(bits & 0xff_ffff);
    return type.isSigned() && low.testBit(23) ? low.subtract(BigInteger.ONE.shiftLeft(24)) : low;
  }

  @ParameterizedTest
  @EnumSource(names = {"U16", "S16", "U32", "S32", "U64", "S64"})
  void absoluteDifferencesAreAdded(PtxType type) {
    SingleStep.of("sad" + type)
        .out(type)
        .in(type)
        .in(type)
        .in(type)
        .expect(
            in ->
                register(
                    exact(in[0], type).subtract(exact(in[1], type)).abs().add(exact(in[2], type)),
                    type));
  }

  @ParameterizedTest
  @EnumSource(names = {"U16", "S16", "U32", "S32", "U64", "S64"})
  void quotientsAndRemaindersTruncate(PtxType type) {
    binary("div", type, (a, b) -> b.signum() == 0 ? BigInteger.ONE.negate() : a.divide(b));
    binary(
        "rem",
        type,
        (a, b) ->
            b.signum() == 0 ? type.bits() == 16 ? a : BigInteger.ONE.negate() : a.remainder(b));
  }

  @ParameterizedTest
  @EnumSource(names = {"S16", "S32", "S64"})
  void signsChange(PtxType type) {
    SingleStep.of("abs" + type)
        .out(type)
        .in(type)
        .expect(in -> register(exact(in[0], type).abs(), type));
    SingleStep.of("neg" + type)
        .out(type)
        .in(type)
        .expect(in -> register(exact(in[0], type).negate(), type));
  }

  @ParameterizedTest
  @EnumSource(names = {"U16", "S16", "U32", "S32", "U64", "S64"})
  void extremaFollowTheSign(PtxType type) {
    binary("min", type, BigInteger::min);
    binary("max", type, BigInteger::max);
  }

  @Test
  void reluCutsOffBelowZero() {
    binary("max.relu", S32, (a, b) -> a.max(b).max(BigInteger.ZERO));
    binary("min.relu", S32, (a, b) -> a.min(b).max(BigInteger.ZERO));
  }

  @Test
  void literalsAndRepeatedRegistersAreOperands() {
    SingleStep.of("mad.lo.s32")
        .out(S32)
        .in(S32)
        .literal(-3)
        .literal(0xffff_ffffL)
        .expect(in -> (int) in[0] * -3 - 1);
    SingleStep.of("add.s32").inOut(S32).again().literal(1).expect(in -> in[0] + 1);
    SingleStep.of("mul.wide.u32").out(PtxType.U64).in(U32).again().expect(in -> in[0] * in[0]);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "add.sat.u32",
        "add.b32",
        "add",
        "mul.s32",
        "mul.wide.s64",
        "mad.lo.sat.s32",
        "abs.u32",
        "max.relu.u32",
        "sub.u16x2",
        "mul24.wide.s32"
      })
  void wrongFormsAreRefused(String mnemonic) {
    PtxType type = mnemonic.endsWith("64") ? PtxType.S64 : S32;
    SingleStep step = SingleStep.of(mnemonic).out(type).in(type).in(type);
    assertThatThrownBy(step::decode).isInstanceOf(MalformedInstruction.class);
  }

  @Test
  void aMissingOperandIsRefused() {
    assertThatThrownBy(() -> SingleStep.of("add.s32").out(S32).in(S32).decode())
        .isInstanceOf(MalformedInstruction.class)
        .hasMessageContaining("3 operands");
    assertThat(SingleStep.of("add.s32").out(S32).in(S32).in(S32).decode()).isNotNull();
  }
}
