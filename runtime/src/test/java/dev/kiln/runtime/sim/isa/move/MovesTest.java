package dev.kiln.runtime.sim.isa.move;

import static dev.kiln.runtime.sim.ptx.PtxType.B128;
import static dev.kiln.runtime.sim.ptx.PtxType.B16;
import static dev.kiln.runtime.sim.ptx.PtxType.B32;
import static dev.kiln.runtime.sim.ptx.PtxType.B64;
import static dev.kiln.runtime.sim.ptx.PtxType.B8;
import static dev.kiln.runtime.sim.ptx.PtxType.F32;
import static dev.kiln.runtime.sim.ptx.PtxType.PRED;
import static dev.kiln.runtime.sim.ptx.PtxType.S16;
import static dev.kiln.runtime.sim.ptx.PtxType.S32;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.runtime.sim.isa.SingleStep;
import dev.kiln.runtime.sim.program.MalformedInstruction;
import dev.kiln.runtime.sim.ptx.PtxType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class MovesTest {
  @ParameterizedTest
  @EnumSource(
      names = {"PRED", "B16", "B32", "B64", "U16", "U32", "U64", "S16", "S32", "S64", "F32", "F64"})
  void registersAreCopied(PtxType type) {
    SingleStep.of("mov" + type).out(type).in(type).expect(in -> in[0]);
  }

  @Test
  void registersOf128BitsAreCopied() {
    SingleStep.of("mov.b128")
        .out(B128)
        .in(B128)
        .verify((in, out) -> assertThat(out).containsExactly(in));
  }

  @Test
  void literalsAreCopied() {
    SingleStep.of("mov.b16").out(B16).literal(-1).expect(in -> 0xffff);
    SingleStep.of("mov.s16").out(S16).literal(-2).expect(in -> 0xfffe);
    SingleStep.of("mov.b32").out(B32).literal(1.5f).expect(in -> 0x3fc0_0000);
    SingleStep.of("mov.f32").out(F32).literal(-0f).expect(in -> 0x8000_0000L);
    SingleStep.of("mov.b64").out(B64).literal(Long.MIN_VALUE).expect(in -> Long.MIN_VALUE);
    SingleStep.of("mov.pred").out(PRED).literal(1).expect(in -> 1);
  }

  @Test
  void vectorsArePackedLowestFirst() {
    SingleStep.of("mov.b16").out(B16).inVector(B8, B8).expect(in -> in[0] | in[1] << 8);
    SingleStep.of("mov.b32").out(B32).inVector(B16, B16).expect(in -> in[0] | in[1] << 16);
    SingleStep.of("mov.b32")
        .out(B32)
        .inVector(B8, B8, B8, B8)
        .expect(in -> in[0] | in[1] << 8 | in[2] << 16 | in[3] << 24);
    SingleStep.of("mov.b64").out(B64).inVector(B32, B32).expect(in -> in[0] | in[1] << 32);
    SingleStep.of("mov.b64")
        .out(B64)
        .inVector(B16, B16, B16, B16)
        .expect(in -> in[0] | in[1] << 16 | in[2] << 32 | in[3] << 48);
    SingleStep.of("mov.b128")
        .out(B128)
        .inVector(B64, B64)
        .verify((in, out) -> assertThat(out).containsExactly(in));
    SingleStep.of("mov.b128")
        .out(B128)
        .inVector(B32, B32, B32, B32)
        .verify(
            (in, out) -> assertThat(out).containsExactly(in[0] | in[1] << 32, in[2] | in[3] << 32));
  }

  @Test
  void vectorsAreUnpackedLowestFirst() {
    SingleStep.of("mov.b32")
        .outVector(B16, B16)
        .in(B32)
        .verify((in, out) -> assertThat(out).containsExactly(in[0] & 0xffff, in[0] >>> 16));
    SingleStep.of("mov.b32")
        .outVector(B8, B8, B8, B8)
        .in(B32)
        .verify(
            (in, out) ->
                assertThat(out)
                    .containsExactly(
                        in[0] & 255, in[0] >>> 8 & 255, in[0] >>> 16 & 255, in[0] >>> 24));
    SingleStep.of("mov.b64")
        .outVector(B32, B32)
        .in(B64)
        .verify((in, out) -> assertThat(out).containsExactly(in[0] & 0xffff_ffffL, in[0] >>> 32));
    SingleStep.of("mov.b128")
        .outVector(B64, B64)
        .in(B128)
        .verify((in, out) -> assertThat(out).containsExactly(in));
    SingleStep.of("mov.b128")
        .outVector(B32, B32, B32, B32)
        .in(B128)
        .verify(
            (in, out) ->
                assertThat(out)
                    .containsExactly(
                        in[0] & 0xffff_ffffL, in[0] >>> 32, in[1] & 0xffff_ffffL, in[1] >>> 32));
  }

  @Test
  void unwantedElementsMayBeLeftOut() {
    SingleStep.of("mov.b64").outVector(null, B32).in(B64).expect(in -> in[0] >>> 32);
    SingleStep.of("mov.b32").outVector(B16, null).in(B32).expect(in -> in[0] & 0xffff);
  }

  @Test
  void aRegisterMayBeUnpackedIntoItself() {
    SingleStep.of("mov.b64").inOut(B64).again().expect(in -> in[0]);
  }

  @Test
  void vectorsThatDoNotFitAreRefused() {
    assertThatThrownBy(SingleStep.of("mov.b32").out(B32).inVector(B32, B32)::decode)
        .isInstanceOf(MalformedInstruction.class);
    assertThatThrownBy(SingleStep.of("mov.b16").out(B16).inVector(B8, B8, B8, B8)::decode)
        .isInstanceOf(MalformedInstruction.class);
    assertThatThrownBy(SingleStep.of("mov.b64").out(B32).in(B64)::decode)
        .isInstanceOf(MalformedInstruction.class);
  }

  @ParameterizedTest
  @EnumSource(names = {"B16", "B32", "B64", "U16", "U32", "U64", "S16", "S32", "S64", "F32", "F64"})
  void predicatesSelect(PtxType type) {
    SingleStep.of("selp" + type)
        .out(type)
        .in(type)
        .in(type)
        .in(PRED)
        .expect(in -> in[2] != 0 ? in[0] : in[1]);
    SingleStep.of("selp" + type)
        .out(type)
        .in(type)
        .literal(type == F32 ? 0 : 5)
        .inNot()
        .expect(in -> in[1] == 0 ? in[0] : type == F32 ? 0 : 5);
  }

  @ParameterizedTest
  @EnumSource(names = {"B16", "U32", "S64", "F32", "F64", "B64"})
  void signsSelect(PtxType type) {
    SingleStep.of("slct" + type + ".s32")
        .out(type)
        .in(type, 1)
        .in(type, 2)
        .in(S32)
        .expect(in -> (int) in[2] >= 0 ? in[0] : in[1]);
    for (boolean ftz : new boolean[] {false, true}) {
      SingleStep.of("slct" + (ftz ? ".ftz" : "") + type + ".f32")
          .out(type)
          .in(type, 1)
          .in(type, 2)
          .in(F32)
          .expect(in -> selectedByFloat(in[2], ftz) ? in[0] : in[1]);
    }
  }

  /** From the bits: NaN and negative numbers, -0 aside, choose the second. */
  private static boolean selectedByFloat(long bits, boolean ftz) {
    long magnitude = bits & 0x7fff_ffffL;
    boolean nan = magnitude > 0x7f80_0000L;
    boolean zero = magnitude == 0 || ftz && magnitude < 0x0080_0000L;
    return !nan && (zero || bits == magnitude);
  }
}
