package dev.kiln.runtime.sim.ptx;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Values as NVIDIA's assembler computes them, except where the manual says something else. */
class ConstantExpressionTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "-1 >> 1 # 0xffffffffffffffff",
        "-1U >> 63 # 0x1",
        "1 << 63 # 0x8000000000000000",
        "1 << 64 # 0x1",
        "1 << 65 # 0x2",
        "-1 >> 64 # 0xffffffffffffffff",
        "-1 >> 100 # 0xffffffffffffffff",
        "-1U >> 64 # 0xffffffffffffffff",
        "1 << -1 # 0x8000000000000000",
        "-8 / 3 # 0xfffffffffffffffe",
        "-8 % 3 # 0x2",
        "-8U / 3 # 0x5555555555555552",
        "8 / -3U # 0x0",
        "-8 / 3U # 0x5555555555555552",
        "-8 % 3U # 0x2",
        "~0 # 0xffffffffffffffff",
        "~0 >> 4 # 0xfffffffffffffff",
        "~0U >> 4 # 0xfffffffffffffff",
        "(~0) / 2 # 0x7fffffffffffffff",
        "-1 & 0xFF # 0xff",
        "(-1 & -1) >> 4 # 0xffffffffffffffff",
        "(-1 | 0) / 2 # 0x0",
        "(1 ^ -1) / 2 # 0xffffffffffffffff",
        "(-1 < 0) # 0x1",
        "(-1 < 0U) # 0x0",
        "(-1 > 0U) # 0x1",
        "0x8000000000000000 / 2 # 0x4000000000000000",
        "0x8000000000000000 >> 1 # 0x4000000000000000",
        "9223372036854775807 + 1 # 0x8000000000000000",
        "18446744073709551615 >> 60 # 0xf",
        "-9223372036854775808 / 2 # 0x4000000000000000",
        "!5 # 0x0",
        "!0 # 0x1",
        "!!7 # 0x1",
        "-!0 # 0xffffffffffffffff",
        "~!0 # 0xfffffffffffffffe",
        "1 ? 2 : 3 # 0x2",
        "0 ? 2 : 3 # 0x3",
        "0 ? 1 : 0 ? 2 : 5 # 0x5",
        "1 ? 0 ? 7 : 8 : 9 # 0x8",
        "1 + 2 * 3 - 4 # 0x3",
        "1 << 2 + 3 # 0x20",
        "7 & 3 == 3 # 0x1",
        "6 | 1 ^ 3 & 2 # 0x7",
        "1 || 0 && 0 # 0x1",
        "2 && 3 # 0x1",
        "-1 == -1U # 0x1",
        "10 - 3 - 2 # 0x5",
        "100 / 5 / 2 # 0xa",
        "2 * 3 % 4 # 0x2",
        "(.u64)-1 / 2 # 0x7fffffffffffffff",
        "(.s64)18446744073709551615 / 2 # 0x0",
        "((.u64)-1 > 0) # 0x1",
        "-(.u64)1 / 2 # 0x7fffffffffffffff",
        "1 ? -1 : 0U # 0xffffffffffffffff",
        "(-5 + 0U) / 2 # 0x7ffffffffffffffd",
        "017 # 0xf",
        "0b101U # 0x5",
        "0x1fU # 0x1f",
        "WARP_SZ * 2 # 0x40",
        "3 >= 3 # 0x1",
        "3 != 3 # 0x0",
        "-1 <= 0U # 0x0",
        "(2 > 1) - 2 # 0xffffffffffffffff",
        "(0U > 1) - 2 # 0xfffffffffffffffe",
        "((0U > 1) - 2) / 2 # 0xffffffffffffffff",
        "((1U == 1) - 2) / 2 # 0x0",
        "(!1U - 1) / 2 # 0x0",
        "(~1 - 1) / 2 # 0x7ffffffffffffffe",
        "+5 # 0x5",
        "- - 5 # 0x5",
        "-1U / 2 # 0x7fffffffffffffff",
        "(5 & -1) / -3 # 0xffffffffffffffff",
        "(-6 & -1) / 3 # 0xfffffffffffffffe",
        "(-6 & -1U) / 3 # 0x5555555555555553",
        "(-6 | 0U) / 3 # 0x5555555555555553",
        "(-6 ^ 0) / 3 # 0xfffffffffffffffe",
        "((-6 & -1) > 0) # 0x0",
        "(-6 % 7) - 3 # 0x0",
        "-8 % -3 # 0xfffffffffffffff8",
        "((~5) > 0) # 0x1",
        "((~5 & -1) > 0) # 0x1",
        "((!0 - 3) > 0) # 0x0",
        "((1 << 3U) - 9 > 0) # 0x0",
        "((1U << 3) - 9 > 0) # 0x1",
        "(((-6 && 1) - 3) > 0) # 0x0",
        "(((-6U == 1) - 3) > 0) # 0x0",
        "((0x7 - 8) > 0) # 0x0",
      })
  void integersAreFoldedAsTheManualSays(String expression, String bits) {
    var variable = PtxTexts.module(".global .u64 q = " + expression + ";").variables().getFirst();
    var constant = (Variable.Initializer.Constant) variable.initializer().orElseThrow();
    assertThat(constant.literal()).isInstanceOf(Operand.IntegerLiteral.class);
    assertThat("0x" + Long.toHexString(((Operand.IntegerLiteral) constant.literal()).value()))
        .isEqualTo(bits);
    var operand = PtxTexts.instruction("mov.b64 %rd1, " + expression + ";").operands().get(1);
    assertThat(PtxTexts.withoutPositions(operand))
        .isEqualTo(PtxTexts.withoutPositions(constant.literal()));
  }

  /** "%" and "? :" of the manual's table; the assembler is of another opinion on these types. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "(-6 % 7) / -1 # 0xfffffffffffffffd",
        "(5U % 7 - 6) / 3 # 0x0",
        "(1 ? -1 : 0U) / 2 # 0x7fffffffffffffff",
        "(0 ? 1U : -4) / 2 # 0x7ffffffffffffffe",
      })
  void remaindersAreSignedAndChoicesConvertBothSides(String expression, String bits) {
    integersAreFoldedAsTheManualSays(expression, bits);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "1.0 # 3ff0000000000000",
        "-1e-3 # bf50624dd2f1a9fc",
        ".5 # 3fe0000000000000",
        ".5e3 # 407f400000000000",
        "25e-2 # 3fd0000000000000",
        "3. # 4008000000000000",
        "1.0 + 2 * 0.25 # 3ff8000000000000",
        "0d400921FB54442D18 # 400921fb54442d18",
        "-0d0000000000000000 # 8000000000000000",
        "0f3F800000 # 3f800000",
        "-0f3F800000 # bf800000",
        "0F7FC00001 # 7fc00001",
        "0f3F800000 + 1.0 # 4000000000000000",
      })
  void floatingPointNumbersKeepTheirBits(String expression, String bits) {
    var operand = PtxTexts.instruction("mov.f64 %fd1, " + expression + ";").operands().get(1);
    assertThat(operand).isInstanceOf(Operand.FloatLiteral.class);
    var literal = (Operand.FloatLiteral) operand;
    assertThat(Long.toHexString(literal.bits())).isEqualTo(bits);
    assertThat(literal.single()).isEqualTo(bits.length() == 8);
  }

  @Test
  void whatCannotBeFoldedIsReportedWhereItStands() {
    assertThat(
            PtxTexts.faults(
                PtxTexts.HEADER
                    + """
                    .global .u64 a = 1 / 0;
                    .global .u64 b = 5 % (3 - 3);
                    .global .u64 c = 0x1FFFFFFFFFFFFFFFF;
                    .global .u64 d = ~1.5;
                    .global .u64 e = 1.5 << 2;
                    .global .u64 f = 1 ? 2;
                    .global .u64 g = 1 : 2;
                    .global .u64 h = a * 2;
                    """))
        .containsExactly(
            "4:20: this constant is divided by 0",
            "5:20: this constant is divided by 0",
            "6:18: the number does not fit into 64 bits",
            "7:18: '~' does not apply to a floating-point number",
            "8:22: '<<' does not apply to floating-point numbers",
            "9:20: '?' without ':'",
            "10:20: ':' without '?'",
            "11:20: '*' joins constants only");
  }
}
