package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.gpu.GpuTarget;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Elementwise operations on every type, assembled for every target. */
class ElementAssemblyTest {
  static Stream<Arguments> chosen() {
    return on(Target.SM_80, Target.SM_90A);
  }

  static Stream<Arguments> others() {
    return on(Target.SM_89, Target.SM_100, Target.SM_120);
  }

  private static Stream<Arguments> on(Target... targets) {
    return Stream.of(targets)
        .flatMap(target -> ElementOps.types(target).map(dtype -> Arguments.of(target, dtype)));
  }

  @ParameterizedTest
  @MethodSource("chosen")
  void isAccepted(Target target, DType dtype) {
    check(target, dtype);
  }

  @ParameterizedTest
  @MethodSource("others")
  @Tag("slow")
  void isAcceptedForTheOtherTargets(Target target, DType dtype) {
    check(target, dtype);
  }

  private static void check(Target target, DType dtype) {
    PtxasVerdicts.assume();
    List<ElementwiseOp> ops = new ArrayList<>(ElementOps.binary(dtype));
    ops.addAll(ElementOps.exactUnary(dtype));
    ops.addAll(ElementOps.approximate(dtype));
    ops.addAll(ElementOps.comparisons(dtype));
    ops.addAll(ElementOps.casts(target, dtype));
    if (dtype.isFloat()) {
      ops.add(ElementKernel.fma(dtype));
    }
    String ptx = new ElementKernel(ops).ptx(GpuTarget.of(target));
    PtxasVerdicts.Verdict verdict = PtxasVerdicts.of(ptx, target);
    assertThat(verdict.accepted()).as(verdict.log()).isTrue();
    assertThat(verdict.figures().warnings()).isEmpty();
  }
}
