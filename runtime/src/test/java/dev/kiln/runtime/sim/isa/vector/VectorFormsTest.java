package dev.kiln.runtime.sim.isa.vector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.kiln.runtime.cpu.VectorSupport;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.isa.SingleStep;
import dev.kiln.runtime.sim.ptx.PtxType;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Vector forms and lane forms of the same instructions leave the same bits. */
class VectorFormsTest {
  @ParameterizedTest
  @CsvSource({
    "add.s32, S32, S32 S32",
    "sub.u32, U32, U32 U32",
    "mul.lo.s32, S32, S32 S32",
    "mul.hi.s32, S32, S32 S32",
    "mul.hi.u32, U32, U32 U32",
    "mad.lo.s32, S32, S32 S32 S32",
    "mul.wide.s32, S64, S32 S32",
    "mul.wide.u32, U64, U32 U32",
    "mad.wide.s32, S64, S32 S32 S64",
    "mad.wide.u32, U64, U32 U32 U64",
    "add.s64, S64, S64 S64",
    "sub.u64, U64, U64 U64",
    "mul.lo.u64, U64, U64 U64",
    "mad.lo.s64, S64, S64 S64 S64",
    "abs.s32, S32, S32",
    "neg.s32, S32, S32",
    "popc.b32, U32, B32",
    "min.s32, S32, S32 S32",
    "max.s32, S32, S32 S32",
    "min.u32, U32, U32 U32",
    "max.u32, U32, U32 U32",
    "and.b16, B16, B16 B16",
    "and.b32, B32, B32 B32",
    "or.b32, B32, B32 B32",
    "xor.b32, B32, B32 B32",
    "not.b32, B32, B32",
    "and.b64, B64, B64 B64",
    "or.b64, B64, B64 B64",
    "xor.b64, B64, B64 B64",
    "not.b64, B64, B64",
    "shl.b32, B32, B32 U32",
    "shr.u32, U32, U32 U32",
    "shr.s32, S32, S32 U32",
    "shl.b64, B64, B64 U32",
    "shr.u64, U64, U64 U32",
    "shr.s64, S64, S64 U32",
    "shf.l.wrap.b32, B32, B32 B32 U32",
    "shf.r.wrap.b32, B32, B32 B32 U32",
    "mov.b16, B16, B16",
    "mov.b32, B32, B32",
    "mov.b64, B64, B64",
    "selp.b32, B32, B32 B32 PRED",
    "selp.b64, B64, B64 B64 PRED",
    "setp.eq.s32, PRED, S32 S32",
    "setp.ne.b64, PRED, B64 B64",
    "setp.lt.s32, PRED, S32 S32",
    "setp.le.s64, PRED, S64 S64",
    "setp.gt.u32, PRED, U32 U32",
    "setp.ge.u64, PRED, U64 U64",
    "setp.ne.s32, PRED, S32 S32",
    "setp.eq.b64, PRED, B64 B64",
    "setp.ge.s32, PRED, S32 S32",
    "setp.hi.u64, PRED, U64 U64",
    "setp.ls.u32, PRED, U32 U32",
    "setp.lt.s64, PRED, S64 S64"
  })
  void agreeWithLaneForms(String mnemonic, PtxType result, String operands) {
    assumeTrue(VectorSupport.isAvailable());
    SplittableRandom random = new SplittableRandom(7);
    for (int mask : new int[] {-1, 1, 1 << 31, 0x7fff_fffe, random.nextInt(), random.nextInt()}) {
      SingleStep step = SingleStep.of(mnemonic).out(result).active(mask);
      for (String operand : operands.split(" ")) {
        step.in(PtxType.valueOf(operand));
      }
      Supplier<SingleStep.Result> run = step::run;
      SingleStep.Result vectors = run.get();
      SingleStep.Result lanes = VectorForms.without(run);
      assertThat(packageOf(vectors.step())).isEqualTo(VectorForms.class.getPackage());
      assertThat(packageOf(lanes.step())).isNotEqualTo(VectorForms.class.getPackage());
      assertThat(vectors.out(0)).as(mnemonic).isEqualTo(lanes.out(0));
    }
  }

  private static Package packageOf(Step step) {
    return step.getClass().getPackage();
  }
}
