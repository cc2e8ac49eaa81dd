package dev.kiln.runtime.sim.isa.integer;

import static dev.kiln.runtime.sim.isa.ExactIntegers.exact;
import static dev.kiln.runtime.sim.isa.ExactIntegers.register;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.isa.SingleStep;
import dev.kiln.runtime.sim.isa.lane.Types;
import dev.kiln.runtime.sim.program.MalformedInstruction;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.math.BigInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CarryArithmeticTest {
  private static final int CARRIES = 0x5a3c_96f1;

  /** A result that may be beyond the register, above or below. */
  private interface Exact {
    BigInteger of(BigInteger[] in, BigInteger carry);
  }

  /** Checks value and carry in all lanes, over several runs of sampled values. */
  private static void check(
      String mnemonic, PtxType type, int inputs, boolean readsCarry, Exact exact) {
    for (int mask : new int[] {-1, 0x00ff_1234}) {
      for (int salt = 0; salt < 8; salt++) {
        SingleStep step = SingleStep.of(mnemonic).out(type).active(mask).carry(CARRIES);
        for (int i = 0; i < inputs; i++) {
          step.in(type, samples(type, salt * 31 + i * 7, i));
        }
        SingleStep.Result result = step.run();
        for (int lane = 0; lane < 32; lane++) {
          if ((mask >>> lane & 1) != 0) {
            checkLane(mnemonic, type, readsCarry, exact, result, lane);
          }
        }
      }
    }
  }

  private static void checkLane(
      String mnemonic,
      PtxType type,
      boolean readsCarry,
      Exact exact,
      SingleStep.Result result,
      int lane) {
    long[] bits = result.in()[lane];
    BigInteger[] in = new BigInteger[bits.length];
    for (int i = 0; i < in.length; i++) {
      in[i] = exact(bits[i], type);
    }
    int carryIn = readsCarry ? CARRIES >>> lane & 1 : 0;
    BigInteger wanted = exact.of(in, BigInteger.valueOf(carryIn));
    assertThat(result.out(0)[lane]).as(mnemonic).isEqualTo(register(wanted, type));
    if (mnemonic.contains(".cc")) {
      boolean beyond = wanted.signum() < 0 || wanted.bitLength() > type.bits();
      assertThat(result.carry() >>> lane & 1).as("carry").isEqualTo(beyond ? 1 : 0);
    }
  }

  private static long[] samples(PtxType type, int salt, int operand) {
    long mask = type.bits() == 64 ? -1 : (1L << type.bits()) - 1;
    long[] special = {0, 1, mask, mask - 1, mask >>> 1, (mask >>> 1) + 1, 0x1234_5678, 2};
    long[] lanes = new long[32];
    for (int lane = 0; lane < 32; lane++) {
      int number = lane + salt;
      lanes[lane] =
          number % 5 == 4
              ? number * 0x9e37_79b9_7f4a_7c15L * (operand + 1) & mask
              : special[(operand == 0 ? number : number / 3 + salt) % special.length];
    }
    return lanes;
  }

  @ParameterizedTest
  @EnumSource(names = {"U32", "U64"})
  void sumsCarry(PtxType type) {
    check("add.cc" + type, type, 2, false, (in, c) -> in[0].add(in[1]));
    check("addc.cc" + type, type, 2, true, (in, c) -> in[0].add(in[1]).add(c));
    check("addc" + type, type, 2, true, (in, c) -> in[0].add(in[1]).add(c));
  }

  @ParameterizedTest
  @EnumSource(names = {"U32", "U64"})
  void differencesBorrow(PtxType type) {
    check("sub.cc" + type, type, 2, false, (in, c) -> in[0].subtract(in[1]));
    check("subc.cc" + type, type, 2, true, (in, c) -> in[0].subtract(in[1]).subtract(c));
    check("subc" + type, type, 2, true, (in, c) -> in[0].subtract(in[1]).subtract(c));
  }

  @ParameterizedTest
  @EnumSource(names = {"U32", "U64"})
  void halvesOfProductsCarryWhenAdded(PtxType type) {
    BigInteger modulus = BigInteger.ONE.shiftLeft(type.bits());
    check(
        "mad.lo.cc" + type,
        type,
        3,
        false,
        (in, c) -> in[0].multiply(in[1]).mod(modulus).add(in[2]));
    check(
        "madc.hi.cc" + type,
        type,
        3,
        true,
        (in, c) -> in[0].multiply(in[1]).divide(modulus).add(in[2]).add(c));
    check(
        "madc.lo" + type,
        type,
        3,
        true,
        (in, c) -> in[0].multiply(in[1]).mod(modulus).add(in[2]).add(c));
  }

  @ParameterizedTest
  @EnumSource(names = {"S32", "S64"})
  void signedHighHalvesAreThoseOfSignedProducts(PtxType type) {
    PtxType unsigned = Types.unsigned(type.bits());
    BigInteger modulus = BigInteger.ONE.shiftLeft(type.bits());
    SingleStep.of("madc.hi" + type)
        .out(type)
        .in(type)
        .in(type)
        .in(type)
        .carry(-1)
        .expect(
            in ->
                register(
                    exact(in[0], type)
                        .multiply(exact(in[1], type))
                        .shiftRight(type.bits())
                        .mod(modulus)
                        .add(exact(in[2], unsigned))
                        .add(BigInteger.ONE),
                    type));
  }

  @Test
  void formsWithoutACarryAreRefused() {
    SingleStep narrow =
        SingleStep.of("add.cc.u16").out(PtxType.U16).in(PtxType.U16).in(PtxType.U16);
    assertThatThrownBy(narrow::decode).isInstanceOf(MalformedInstruction.class);
  }
}
