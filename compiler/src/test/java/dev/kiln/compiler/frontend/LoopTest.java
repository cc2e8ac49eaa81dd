package dev.kiln.compiler.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.DType;
import org.junit.jupiter.api.Test;

/** Loops: what they carry, over what they run, and what they refuse. */
class LoopTest {
  private static KernelText body(String body) {
    return KernelText.body("out, n", body).with("out=*i32, n=i32");
  }

  private static ControlOp.For loop(KernelText kernel) {
    return kernel.ops(ControlOp.For.class).getFirst();
  }

  @Test
  void variablesAreCarriedFromOneIterationToTheNext() {
    KernelText kernel =
        body(
            """
            a, b = 0, 1
            for i in range(n):
                a, b = b, a + b
            tl.store(out, a)
            """);
    assertThat(kernel.run(10)).isEqualTo(55);
    assertThat(kernel.run(0)).isEqualTo(0);
    assertThat(loop(kernel).inits()).hasSize(2);
  }

  @Test
  void onlyChangedVariablesAreCarried() {
    KernelText kernel =
        KernelText.body(
                "out, n, FLAG: tl.constexpr",
                """
                x = n * 2
                s = 0
                for i in range(n):
                    if FLAG:
                        x = x + 1
                    s += x
                tl.store(out, s)
                """)
            .with("out=*i32, n=i32, FLAG=False");
    assertThat(loop(kernel).inits()).hasSize(1);
    assertThat(kernel.run(3)).isEqualTo(18);
  }

  @Test
  void startStopAndStepMayBeGiven() {
    KernelText kernel =
        body("s = 0\nfor i in range(2, n, 3):\n    s = s * 10 + i\ntl.store(out, s)\n");
    assertThat(kernel.run(9)).isEqualTo(258);
  }

  @Test
  void aNegativeConstantStepCountsDown() {
    KernelText kernel =
        body("s = 0\nfor i in range(n, 0, -2):\n    s = s * 10 + i\ntl.store(out, s)\n");
    assertThat(kernel.run(5)).isEqualTo(531);
    assertThat(kernel.run(4)).isEqualTo(42);
    assertThat(kernel.run(0)).isEqualTo(0);
  }

  @Test
  void aStepOfZeroIsRefused() {
    assertThat(body("for i in range(0, n, 0):\n    pass\n").message())
        .isEqualTo("range: the step must not be 0");
  }

  @Test
  void theInductionVariableHasTheWidestTypeOfTheBounds() {
    KernelText wide =
        KernelText.body("out, n", "for i in range(n):\n    tl.store(out, i.to(tl.int32))\n")
            .with("out=*i32, n=i64");
    assertThat(loop(wide).induction().dtype()).isEqualTo(DType.I64);
    KernelText unsigned =
        KernelText.body("out, n", "for i in range(n):\n    tl.store(out, i.to(tl.int32))\n")
            .with("out=*i32, n=u32");
    assertThat(loop(unsigned).unsigned()).isTrue();
  }

  @Test
  void boundsMustBeIntegers() {
    assertThat(
            KernelText.body("out, n", "for i in range(n):\n    pass\n")
                .with("out=*i32, n=fp32")
                .message())
        .isEqualTo("range: bounds and step must be integers, got float32");
  }

  @Test
  void theInductionVariableMayBeReassigned() {
    KernelText kernel =
        body("s = 0\nfor i in range(n):\n    i = i * 2\n    s += i\ntl.store(out, s)\n");
    assertThat(kernel.run(4)).isEqualTo(12);
  }

  @Test
  void theInductionVariableEndsWithTheLoop() {
    KernelText kernel = body("for i in range(n):\n    pass\ntl.store(out, i)\n");
    assertThat(kernel.message()).isEqualTo("i is not defined");
    assertThat(kernel.fault().hint())
        .contains("i is the induction variable of the loop at line 5, which has no value after it");
  }

  @Test
  void variablesOfTheBodyEndWithTheLoop() {
    KernelText kernel = body("for i in range(n):\n    x = i\ntl.store(out, x)\n");
    assertThat(kernel.message()).isEqualTo("x is not defined");
    assertThat(kernel.fault().hint())
        .contains("x is assigned only inside the loop at line 5; assign it before the loop");
  }

  @Test
  void aCarriedVariableKeepsItsType() {
    KernelText kernel = body("s = 0\nfor i in range(n):\n    s = s + 0.5\n");
    assertThat(kernel.message())
        .isEqualTo(
            "Loop-carried variable s has initial type int32 but is re-assigned to float32 in the"
                + " loop");
    assertThat(kernel.fault().location().line()).isEqualTo(7);
  }

  @Test
  void aCarriedVariableKeepsItsShape() {
    assertThat(body("s = 0\nfor i in range(n):\n    s = s + tl.zeros([8], tl.int32)\n").message())
        .isEqualTo(
            "Loop-carried variable s has initial type int32 but is re-assigned to int32[8] in the"
                + " loop");
  }

  @Test
  void noneIsNotCarriedIntoAValue() {
    assertThat(body("s = None\nfor i in range(n):\n    s = i\n").message())
        .isEqualTo(
            "Loop-carried variable s has initial type constexpr None but is re-assigned to int32 in"
                + " the loop");
  }

  @Test
  void aDeclaredConstantIsNotCarried() {
    assertThat(
            KernelText.body("out, n, B: tl.constexpr", "for i in range(n):\n    B = B + 1\n")
                .with("out=*i32, n=i32, B=4")
                .message())
        .isEqualTo("cannot reassign constexpr B in the loop");
  }

  @Test
  void anArgumentThatHappensToBeConstantIsCarried() {
    KernelText kernel =
        KernelText.body("out, n, k", "for i in range(n):\n    k = k * 2\ntl.store(out, k)\n")
            .with("out=*i32, n=i32, k=1");
    assertThat(kernel.run(5)).isEqualTo(32);
  }

  @Test
  void tuplesAreCarriedItemByItem() {
    KernelText kernel =
        body(
            """
            p = (0, 1)
            for i in range(n):
                p = (p[1], p[0] + p[1])
            tl.store(out, p[0])
            """);
    assertThat(kernel.run(10)).isEqualTo(55);
  }

  @Test
  void loopsNest() {
    KernelText kernel =
        body(
            """
            s = 0
            for i in range(n):
                for j in range(i, n):
                    s += i * j
                    if j == 2:
                        s += 100
            tl.store(out, s)
            """);
    int expected = 0;
    for (int i = 0; i < 4; i++) {
      for (int j = i; j < 4; j++) {
        expected += i * j + (j == 2 ? 100 : 0);
      }
    }
    assertThat(kernel.run(4)).isEqualTo(expected);
  }

  @Test
  void aWhileLoopTestsBeforeEachIteration() {
    KernelText kernel =
        body(
            """
            steps = 0
            while n != 1:
                if n % 2 == 0:
                    n = n // 2
                else:
                    n = 3 * n + 1
                steps += 1
            tl.store(out, steps)
            """);
    assertThat(kernel.run(6)).isEqualTo(8);
    assertThat(kernel.run(1)).isEqualTo(0);
  }

  @Test
  void aWhileLoopMayChangeAConstantArgument() {
    KernelText kernel =
        KernelText.body("out, n", "while n > 0:\n    n = n - 1\n    tl.store(out, n + 5)\n")
            .with("out=*i32, n=1");
    assertThat(kernel.run()).isEqualTo(5);
  }

  @Test
  void anEndlessLoopIsRefused() {
    assertThat(body("while True:\n    tl.store(out, n)\n").message())
        .isEqualTo("the condition of this `while` is always true, so that the loop never ends");
  }

  @Test
  void aWalrusInTheTestOfAWhileLoopIsCarried() {
    KernelText kernel =
        body("x = 0\ns = 0\nwhile (x := x + 1) < n:\n    s += x\ntl.store(out, s * 100 + x)\n");
    assertThat(kernel.run(4)).isEqualTo(604);
  }

  @Test
  void staticRangesAreUnrolledWithConstants() {
    KernelText kernel =
        body(
            """
            for i in tl.static_range(3):
                if i == 1:
                    tl.store(out + i, 7)
                else:
                    tl.store(out + i, i + 1)
            """);
    assertThat(kernel.ops(ControlOp.If.class)).isEmpty();
    assertThat(kernel.ops(ControlOp.For.class)).isEmpty();
    assertThat(kernel.runAll(0)).startsWith(1, 7, 3);
  }

  @Test
  void tuplesAreIteratedAtCompileTime() {
    KernelText kernel =
        body("s = 0\nfor a, b in ((1, 2), (3, n)):\n    s += a * b\ntl.store(out, s)\n");
    assertThat(kernel.run(5)).isEqualTo(17);
  }

  @Test
  void otherIterablesAreRefused() {
    assertThat(body("for i in n:\n    pass\n").message())
        .isEqualTo("Only `range` and `static_range` iterators are currently supported, not int32");
  }

  @Test
  void elseAfterALoopIsRefused() {
    assertThat(body("for i in range(n):\n    pass\nelse:\n    pass\n").message())
        .isEqualTo("`else` after `for` is not supported in a kernel");
  }

  @Test
  void breakAndContinueAreRefusedWhenReached() {
    assertThat(body("for i in range(n):\n    break\n").message())
        .isEqualTo("`break` is not supported in a kernel");
    assertThat(body("for i in range(n):\n    continue\n").message())
        .isEqualTo("`continue` is not supported in a kernel");
    assertThat(body("for i in range(n):\n    if False:\n        break\n").ops(ControlOp.For.class))
        .hasSize(1);
  }
}
