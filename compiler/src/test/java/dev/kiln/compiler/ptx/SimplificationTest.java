package dev.kiln.compiler.ptx;

import static dev.kiln.compiler.ptx.Snippet.i;
import static dev.kiln.compiler.ptx.Snippet.l;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Guard;
import dev.kiln.compiler.ptx.Operand.Address;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.Operand.Register;
import dev.kiln.compiler.ptx.Operand.Vector;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SimplificationTest {
  private final Snippet code = new Snippet();

  @ParameterizedTest
  @CsvSource({
    "add.s32, 2147483647, 1, -2147483648",
    "sub.u32, 1, 2, -1",
    "mul.lo.s32, 65536, 65536, 0",
    "mul.hi.u32, -1, -1, -2",
    "mul.hi.s32, -1, -1, 0",
    "and.b32, 12, 10, 8",
    "shl.b32, 1, 31, -2147483648",
    "shl.b32, 1, 32, 0",
    "shr.s32, -8, 1, -4",
    "shr.u32, -8, 1, 2147483644",
    "shr.s32, -8, 40, -1",
    "shr.u32, -8, 40, 0",
    "min.s32, -1, 1, -1",
    "min.u32, -1, 1, 1",
    "div.s32, -7, 2, -3",
    "rem.s32, -7, 2, -1",
    "div.u32, -2, 2, 2147483647"
  })
  void numbersFold(String opcode, int a, int b, int expected) {
    assertThat(code.b32(opcode, i(a), i(b))).isEqualTo(i(expected));
    assertThat(code.lines()).containsExactly("ret;");
  }

  @ParameterizedTest
  @CsvSource({"div.s32, 1, 0", "rem.u32, 1, 0", "div.s32, -2147483648, -1"})
  void divisionsWithoutAResultStay(String opcode, int a, int b) {
    assertThat(code.b32(opcode, i(a), i(b))).isInstanceOf(Register.class);
  }

  @ParameterizedTest
  @CsvSource({
    "setp.lt.s32, -1, 0, true", "setp.lt.u32, -1, 0, false",
    "setp.ge.u32, -1, 1, true", "setp.ne.s32, 3, 3, false"
  })
  void comparisonsOfNumbersFold(String opcode, int a, int b, boolean expected) {
    assertThat(code.pred(opcode, i(a), i(b))).isEqualTo(Immediate.pred(expected));
  }

  @Test
  void floatsFoldToTheSameBitsAndNeverToNan() {
    assertThat(code.b32("fma.rn.f32", Immediate.f32(0.1f), Immediate.f32(0.1f), Immediate.f32(1)))
        .isEqualTo(Immediate.f32(Math.fma(0.1f, 0.1f, 1f)));
    assertThat(code.b32("neg.f32", Immediate.f32(0))).isEqualTo(Immediate.f32(-0.0f));
    assertThat(code.b32("div.rn.f32", Immediate.f32(0), Immediate.f32(0)))
        .isInstanceOf(Register.class);
    Register x = code.b32();
    assertThat(code.b32("add.rn.f32", x, Immediate.f32(0))).isNotSameAs(x);
  }

  @Test
  void identitiesVanish() {
    Register x = code.b32();
    assertThat(code.b32("add.s32", x, i(0))).isSameAs(x);
    assertThat(code.b32("mul.lo.s32", i(1), x)).isSameAs(x);
    assertThat(code.b32("mul.lo.s32", x, i(0))).isEqualTo(i(0));
    assertThat(code.b32("shl.b32", x, i(0))).isSameAs(x);
    assertThat(code.b32("and.b32", x, i(-1))).isSameAs(x);
    assertThat(code.b32("sub.s32", x, x)).isEqualTo(i(0));
    assertThat(code.b32("xor.b32", x, x)).isEqualTo(i(0));
    assertThat(code.b32("max.s32", x, x)).isSameAs(x);
    assertThat(code.b32("mov.b32", x)).isSameAs(x);
    assertThat(code.lines()).hasSize(2);
  }

  @Test
  void equalInstructionsAreOneWhateverTheirSpelling() {
    Register x = code.b32();
    Register y = code.b32();
    assertThat(code.b32("add.u32", y, x)).isSameAs(code.b32("add.s32", x, y));
    assertThat(code.b32("mul.lo.s32", x, i(8))).isSameAs(code.b32("shl.b32", x, i(3)));
    assertThat(code.pred("setp.gt.s32", i(3), x)).isSameAs(code.pred("setp.lt.s32", x, i(3)));
  }

  @Test
  void valuesOfOneWayOfABranchAreNotUsedAfterIt() {
    Register x = code.b32();
    var inside = new Operand[1];
    code.ptx.branch(
        code.predicate(),
        () -> {
          inside[0] = code.b32("add.s32", x, i(1));
          return List.of();
        },
        List::of);
    assertThat(code.b32("add.s32", x, i(1))).isNotSameAs(inside[0]);
  }

  @Test
  void numbersOfSumsMeet() {
    Register x = code.b32();
    Register y = code.b32();
    Operand sum = code.b32("add.s32", code.b32("add.s32", x, i(3)), code.b32("add.s32", y, i(4)));
    assertThat(sum).isSameAs(code.b32("add.s32", code.b32("add.s32", x, y), i(7)));
    assertThat(code.b32("shl.b32", code.b32("add.s32", x, i(3)), i(2)))
        .isSameAs(code.b32("add.s32", code.b32("shl.b32", x, i(2)), i(12)));
  }

  @Test
  void disjointBitsAddUp() {
    Operand low = code.b32("and.b32", code.b32(), i(7));
    Operand high = code.b32("shl.b32", code.b32(), i(3));
    assertThat(code.b32("or.b32", high, low)).isSameAs(code.b32("add.s32", low, high));
    assertThat(code.b32("xor.b32", high, low)).isSameAs(code.b32("add.s32", low, high));
    assertThat(code.b32("and.b32", code.b32("add.s32", low, high), i(7))).isSameAs(low);
  }

  @Test
  void bitsOfTheThreadAreKnown() {
    Operand thread = code.thread();
    assertThat(code.b32("and.b32", thread, i(127))).isSameAs(thread);
    assertThat(code.b32("shr.u32", thread, i(7))).isEqualTo(i(0));
    assertThat(code.pred("setp.lt.s32", thread, i(128))).isEqualTo(Immediate.pred(true));
    assertThat(code.pred("setp.lt.s32", thread, i(127))).isInstanceOf(Register.class);
    assertThat(code.b32("rem.s32", thread, i(32))).isSameAs(code.b32("and.b32", thread, i(31)));
  }

  @Test
  void numbersLeaveWideProductsOnlyWithoutOverflow() {
    Operand thread = code.thread();
    Operand known = code.b64("mul.wide.s32", code.b32("add.s32", thread, i(5)), i(4));
    assertThat(known).isSameAs(code.b64("add.s64", code.b64("mul.wide.s32", thread, i(4)), l(20)));
    Register x = code.b32();
    Operand unknown = code.b64("mul.wide.s32", code.b32("add.s32", x, i(5)), i(4));
    assertThat(unknown).isNotSameAs(code.b64("add.s64", code.b64("mul.wide.s32", x, i(4)), l(20)));
    Operand even = code.b32("shl.b32", x, i(4));
    assertThat(code.b64("cvt.s64.s32", code.b32("add.s32", even, i(15))))
        .isSameAs(code.b64("add.s64", code.b64("cvt.s64.s32", even), l(15)));
  }

  @Test
  void assumptionsCount() {
    Register x = code.b32();
    code.ptx.assume(x, 0, 1000, 16);
    assertThat(code.b32("and.b32", x, i(15))).isEqualTo(i(0));
    assertThat(code.pred("setp.ge.s32", x, i(0))).isEqualTo(Immediate.pred(true));
  }

  @Test
  void predicatesFold() {
    Operand p = code.predicate();
    Operand not = code.pred("not.pred", p);
    assertThat(code.pred("not.pred", not)).isSameAs(p);
    assertThat(code.pred("and.pred", p, Immediate.pred(true))).isSameAs(p);
    assertThat(code.pred("or.pred", p, Immediate.pred(true))).isEqualTo(Immediate.pred(true));
    assertThat(code.pred("and.pred", p, not)).isEqualTo(Immediate.pred(false));
    Operand bit = code.b32("selp.b32", i(1), i(0), p);
    assertThat(code.pred("setp.ne.s32", bit, i(0))).isSameAs(p);
    assertThat(code.b32("selp.b32", i(1), i(0), Immediate.pred(false))).isEqualTo(i(0));
  }

  @Test
  void packingAndUnpackingCancel() {
    Register x = code.b32();
    Register low = code.ptx.register(RegisterClass.B16);
    Register high = code.ptx.register(RegisterClass.B16);
    code.ptx.emit("mov.b32", List.of(Vector.of(low, high)), x);
    assertThat(code.b32("mov.b32", Vector.of(low, high))).isSameAs(x);
    Operand turned = code.b32("mov.b32", Vector.of(high, low));
    assertThat(turned).isNotSameAs(x);
    Register first = code.ptx.register(RegisterClass.B16);
    Register second = code.ptx.register(RegisterClass.B16);
    code.ptx.emit("mov.b32", List.of(Vector.of(first, second)), turned);
    assertThat(code.b32("mov.b32", Vector.of(second, first))).isSameAs(x);
  }

  @Test
  void twoConversionsToHalfAreOne() {
    Operand a = code.ptx.emit("cvt.rn.f16.f32", RegisterClass.B16, code.b32());
    Operand b = code.ptx.emit("cvt.rn.f16.f32", RegisterClass.B16, code.b32());
    code.store(code.b64(), code.b32("mov.b32", Vector.of(a, b)));
    assertThat(code.optimized())
        .contains("cvt.rn.f16x2.f32 %r3, %r2, %r1;")
        .noneMatch(line -> line.contains("cvt.rn.f16.f32"));
  }

  @Test
  void exactConversionsThereAndBackVanish() {
    Register half = code.unknown(RegisterClass.B16);
    Operand wide = code.b32("cvt.f32.f16", half);
    assertThat(code.ptx.emit("cvt.rn.f16.f32", RegisterClass.B16, wide)).isSameAs(half);
  }

  @Test
  void addressesTakeNumbers() {
    Register base = code.b64();
    code.store(code.b64("add.s64", base, l(4096)), i(1));
    code.store(code.b64("add.s64", base, l(1L << 40)), i(1));
    assertThat(code.optimized())
        .contains("st.global.b32 [%d1+4096], 1;", "st.global.b32 [%d2], 1;");
  }

  @Test
  void decidedGuardsVanish() {
    Register address = code.b64();
    Register other = code.b32();
    Register never = code.load(address, new Guard(Immediate.pred(false), false), other);
    Register always = code.load(address, new Guard(Immediate.pred(true), false), other);
    code.store(address, never);
    code.store(address, always);
    assertThat(code.lines())
        .containsExactly(
            "ld.param.b64 %d1, [x];",
            "ld.param.b32 %r1, [x];",
            "ld.global.b32 %r2, [%d1];",
            "st.global.b32 [%d1], %r1;",
            "st.global.b32 [%d1], %r2;",
            "ret;");
  }

  @Test
  void negatedPredicatesTurnGuards() {
    Register address = code.b64();
    Operand p = code.predicate();
    code.ptx.add(
        "st.global.b32",
        List.of(),
        new Guard(code.pred("not.pred", p), false),
        List.of(),
        Effect.EFFECT,
        null,
        Address.of(address, 0),
        i(1));
    assertThat(code.optimized()).contains("@!%p1 st.global.b32 [%d1], 1;");
  }

  @Test
  void branchesThatAreDecidedAreNotEmitted() {
    List<Operand> values =
        code.ptx.branch(
            code.pred("setp.lt.s32", i(1), i(2)),
            () -> List.of(i(5)),
            () -> {
              throw new AssertionError("emitted in vain");
            });
    assertThat(values).containsExactly(i(5));
  }
}
