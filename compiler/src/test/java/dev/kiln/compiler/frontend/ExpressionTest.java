package dev.kiln.compiler.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.MemoryOp;
import org.junit.jupiter.api.Test;

/** Expressions: constants stay with Python, everything else runs. */
class ExpressionTest {
  private static KernelText body(String body) {
    return KernelText.body("out, n, t, N: tl.constexpr", body)
        .with("out=*i32, n=i32, t=(i32, 4), N=6");
  }

  private static int value(String expression) {
    return body("tl.store(out, " + expression + ")\n").run(5, 3);
  }

  @Test
  void constantsFollowPython() {
    assertThat(value("-7 // 2")).isEqualTo(-4);
    assertThat(value("-7 % 3")).isEqualTo(2);
    assertThat(value("2 ** 10 + (N << 2)")).isEqualTo(1048);
    assertThat(value("int(7.9) + len((1, 2, 3))")).isEqualTo(10);
    assertThat(value("N if not (N > 6 or N < 6) else 0")).isEqualTo(6);
  }

  @Test
  void runTimeValuesFollowC() {
    assertThat(value("(0 - n) // 2")).isEqualTo(-2);
    assertThat(value("(0 - n) % 3")).isEqualTo(-2);
    assertThat(value("~n + (n ^ 1) + (n | 2) + (n & 4) + (n << 1) + (n >> 1)"))
        .isEqualTo(~5 + 4 + 7 + 4 + 10 + 2);
  }

  @Test
  void andAndOrOnRunTimeValuesAreLogical() {
    assertThat(value("((n > 3) and (n < 9)).to(tl.int32)")).isEqualTo(1);
    assertThat(value("((n > 7) or (n < 2)).to(tl.int32)")).isEqualTo(0);
    assertThat(value("(not (n > 7)).to(tl.int32)")).isEqualTo(1);
  }

  @Test
  void tuplesAreIndexedSlicedAndJoined() {
    assertThat(value("t[0] * 10 + t[-1]")).isEqualTo(34);
    assertThat(value("(t + (n, 7))[1:][1]")).isEqualTo(5);
    assertThat(value("len(t + (1,)) + len([1, 2])")).isEqualTo(5);
  }

  @Test
  void comprehensionsRunOverTuplesAndConstantRanges() {
    assertThat(value("[x * 2 for x in t][0]")).isEqualTo(6);
    assertThat(value("[x for x in (1, 2, 3, 4) if x % 2 == 0][1]")).isEqualTo(4);
    assertThat(value("[i * i for i in tl.static_range(N)][5]")).isEqualTo(25);
    assertThat(body("x = [i for i in n]\n").message())
        .isEqualTo("only tuple comprehensions are supported, not one over int32");
    assertThat(body("x = [i * j for i in t for j in t]\n").message())
        .isEqualTo("nested comprehensions are not supported");
  }

  @Test
  void theTargetOfAComprehensionIsItsOwn() {
    assertThat(body("x = 1\ny = [x for x in (5, 6)]\ntl.store(out, x)\n").run(5, 3)).isEqualTo(1);
  }

  @Test
  void membershipAndIdentityOfConstantsAreConstants() {
    KernelText kernel =
        body(
            """
            if N in (4, 6) and N not in (1, 2) and t is not None and None is None:
                tl.store(out, 1)
            else:
                tl.store(out, missing)
            """);
    assertThat(kernel.run(5, 3)).isEqualTo(1);
  }

  @Test
  void stringsAreFormattedAtCompileTime() {
    KernelText kernel =
        body("tl.static_print(f\"N is {N} or {N / 4:.2f}, {'x'!r} {tl.float32}\")\n");
    kernel.lower();
    assertThat(kernel.output()).containsExactly("N is 6 or 1.50, 'x' fp32");
  }

  @Test
  void constantsHaveTheirMethodsOfPython() {
    KernelText kernel =
        body(
            """
            if "abc".startswith("a") and "x" + "y" == "xy":
                tl.store(out, len("abc".upper()))
            """);
    assertThat(kernel.run(5, 3)).isEqualTo(3);
    assertThat(body("x = \"abc\".nothing\n").message()).endsWith("has no attribute 'nothing'");
  }

  @Test
  void lambdasAreEvaluatedInPlace() {
    assertThat(body("f = lambda x, k=2: x * k + n\ntl.store(out, f(3) + f(1, k=4))\n").run(5, 3))
        .isEqualTo(20);
  }

  @Test
  void attributesOfTypesAndTensorsAreKnown() {
    assertThat(value("n.dtype.primitive_bitwidth")).isEqualTo(32);
    assertThat(value("tl.zeros([4, 8], tl.float16).shape[1]")).isEqualTo(8);
    assertThat(value("out.dtype.element_ty.primitive_bitwidth")).isEqualTo(32);
    assertThat(value("getattr(n, 'dtype').primitive_bitwidth")).isEqualTo(32);
  }

  @Test
  void assertsBecomeAssertionsWhenDebugging() {
    String text = "assert n > 3, \"too small\"\n";
    assertThat(body(text).debug().ops(MemoryOp.Assert.class))
        .extracting(MemoryOp.Assert::message)
        .containsExactly("too small");
  }

  @Test
  void dictsSetsAndEllipsesAreRefused() {
    assertThat(body("x = {1: 2}\n").message()).isEqualTo("a dict is not supported in a kernel");
    assertThat(body("x = {1, 2}\n").message()).isEqualTo("a set is not supported in a kernel");
    assertThat(body("x = t[...]\n").message()).isEqualTo("`...` is not supported in a kernel");
  }

  @Test
  void whatIsAtFaultIsUnderlined() {
    assertThat(body("x = n + missing * 2\n").fault().render())
        .isEqualTo(
            """
            test.py:5:13: error: missing is not defined
                    x = n + missing * 2
                            ^~~~~~~\
            """);
  }

  @Test
  void variablesNameTheValuesOfTileIr() {
    String ir =
        body("total = n + 1\nfor i in range(n):\n    total += i\ntl.store(out, total)\n").ir();
    assertThat(ir).contains("%total = add").contains("%i: i32");
  }

  @Test
  void withRunsItsBody() {
    assertThat(body("with tl.constexpr(1) as x:\n    tl.store(out, x + n)\n").run(5, 3))
        .isEqualTo(6);
    assertThat(body("with tl.constexpr(1):\n    return\n").message())
        .isEqualTo("Cannot have `return` statements inside `with` statements");
  }
}
