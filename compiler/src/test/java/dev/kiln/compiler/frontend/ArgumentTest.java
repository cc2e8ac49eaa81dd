package dev.kiln.compiler.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.TileFunction.Param;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A kernel's parameters in its specialisation. */
class ArgumentTest {
  @Test
  void runTimeArgumentsAreParametersAndConstantsAreNot() {
    List<Param> params =
        KernelText.body("x, n, BLOCK: tl.constexpr, m, t", "pass\n")
            .with("x=*kfp16:16, n=u32:16, BLOCK=128, m=None, t=(i64, (*fp32, 3))")
            .lower()
            .params();
    assertThat(params)
        .extracting(Param::name, Param::dtype, Param::divisibility, Param::isConst)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("x", DType.FP16, 16, true),
            org.assertj.core.groups.Tuple.tuple("n", DType.U32, 16, false),
            org.assertj.core.groups.Tuple.tuple("t.0", DType.I64, 1, false),
            org.assertj.core.groups.Tuple.tuple("t.1.0", DType.FP32, 1, false));
  }

  @Test
  void aConstAnnotationMakesAPointerReadOnly() {
    List<Param> params = KernelText.body("x: tl.const", "pass\n").with("x=*fp32").lower().params();
    assertThat(params.getFirst().isConst()).isTrue();
  }

  @Test
  void anAnnotatedTypeIsTheTypeInside() {
    KernelText kernel =
        KernelText.body(
                "out, n: tl.int64, m: \"i64\"",
                "x: tl.constexpr = n.dtype == m.dtype\n"
                    + "if x:\n    tl.store(out, (n + m).to(tl.int32))\n")
            .with("out=*i32, n=i32, m=i64");
    assertThat(kernel.run(3, 4L)).isEqualTo(7);
  }

  @Test
  void aDeclaredConstantNeedsAValue() {
    assertThat(KernelText.body("out, B: tl.constexpr", "pass\n").with("out=*i32, B=i32").message())
        .isEqualTo("parameter B is declared tl.constexpr, but has no constant value");
  }

  @Test
  void theCountsMustAgree() {
    assertThat(KernelText.body("out, n", "pass\n").with("out=*i32").message())
        .isEqualTo("kernel kernel has 2 parameters, but 1 arguments are described");
  }

  @Test
  void tupleArgumentsAreIndexed() {
    KernelText kernel =
        KernelText.body("out, t", "tl.store(out, t[0] * 10 + t[1])\n").with("out=*i32, t=(i32, 4)");
    assertThat(kernel.run(3)).isEqualTo(34);
  }

  @Test
  void aFunctionOfTheFileMayBeAnArgument() {
    KernelText kernel =
        KernelText.of(
                """
                @triton.jit
                def double(x):
                    return x * 2
                @triton.jit
                def kernel(out, n, f: tl.constexpr):
                    tl.store(out, f(n))
                """)
            .with("out=*i32, n=i32, f=double");
    assertThat(kernel.run(4)).isEqualTo(8);
  }
}
