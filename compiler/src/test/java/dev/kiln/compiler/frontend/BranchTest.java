package dev.kiln.compiler.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.ControlOp;
import org.junit.jupiter.api.Test;

/** Branches: decided at compile time, or merged where they meet. */
class BranchTest {
  private static KernelText body(String body) {
    return KernelText.body("out, n, m=None, FLAG: tl.constexpr = True", body)
        .with("out=*i32, n=i32, m=None, FLAG=True");
  }

  @Test
  void aConstantConditionPrunesTheOtherBranch() {
    KernelText kernel =
        body(
            """
            if FLAG:
                tl.store(out, 1)
            else:
                raise ValueError("whatever parses")
                undefined_function(tl.nothing)
            """);
    assertThat(kernel.ops(ControlOp.If.class)).isEmpty();
    assertThat(kernel.run(0)).isEqualTo(1);
  }

  @Test
  void anAbsentArgumentDecides() {
    assertThat(body("if m is None:\n    tl.store(out, 5)\nelse:\n    tl.load(m)\n").run(0))
        .isEqualTo(5);
    assertThat(body("if m:\n    tl.load(m)\nelse:\n    tl.store(out, 6)\n").run(0)).isEqualTo(6);
  }

  @Test
  void otherConstantsDoNotDecide() {
    assertThat(body("if \"text\":\n    pass\n").message())
        .startsWith("`if` conditionals can only accept values of type {bool, int, NoneType}, not");
  }

  @Test
  void variablesMergeWhereTheBranchesMeet() {
    KernelText kernel =
        body(
            """
            x = 1
            if n > 3:
                x = 2
                y = n
            else:
                y = 7
            tl.store(out, x * 100 + y)
            """);
    assertThat(kernel.run(5)).isEqualTo(205);
    assertThat(kernel.run(2)).isEqualTo(107);
  }

  @Test
  void elifChainsPickTheFirstThatHolds() {
    KernelText kernel =
        body(
            """
            if n == 0:
                x = 10
            elif n == 1:
                x = 20
            else:
                x = 30
            tl.store(out, x)
            """);
    assertThat(new int[] {kernel.run(0), kernel.run(1), kernel.run(2)}).containsExactly(10, 20, 30);
  }

  @Test
  void aVariableKeepsItsTypeInBothBranches() {
    KernelText kernel = body("x = 1\nif n > 3:\n    x = 2.0\ntl.store(out, x)\n");
    assertThat(kernel.message())
        .isEqualTo(
            "initial value for `x` is of type int32, but the then block redefines it as float32");
    assertThat(kernel.fault().location().line()).isEqualTo(7);
    assertThat(body("x = 1\nif n > 3:\n    pass\nelse:\n    x = 2.0\n").message())
        .isEqualTo(
            "initial value for `x` is of type int32, but the else block redefines it as float32");
  }

  @Test
  void newVariablesMustAgree() {
    assertThat(body("if n > 3:\n    x = 1\nelse:\n    x = 2.0\n").message())
        .isEqualTo("Mismatched type for x between then block (int32) and else block (float32)");
  }

  @Test
  void aVariableOfOneBranchIsNotVisibleAfterwards() {
    KernelText kernel = body("if n > 3:\n    x = 1\ntl.store(out, x)\n");
    assertThat(kernel.message()).isEqualTo("x is not defined");
    assertThat(kernel.fault().hint())
        .contains(
            "x is assigned in one branch only of the `if` at line 5; assign it before the `if` or"
                + " in both branches");
  }

  @Test
  void noneCannotBecomeAValueInABranch() {
    assertThat(body("x = None\nif n > 3:\n    x = 1\n").message())
        .startsWith(
            "initial value for `x` is of type constexpr None, but the then block redefines it as");
  }

  @Test
  void tuplesMergeItemByItem() {
    KernelText kernel =
        body(
            """
            p = (1, 2)
            if n > 3:
                p = (3, p[1])
            tl.store(out, p[0] * 10 + p[1])
            """);
    assertThat(kernel.run(5)).isEqualTo(32);
    assertThat(kernel.run(1)).isEqualTo(12);
    assertThat(kernel.ops(ControlOp.If.class).getFirst().results()).hasSize(1);
  }

  @Test
  void anUnchangedVariableIsNoResult() {
    KernelText kernel = body("x = n + 1\nif n > 3:\n    tl.store(out, x)\n");
    assertThat(kernel.ops(ControlOp.If.class).getFirst().results()).isEmpty();
  }

  @Test
  void conditionalExpressionsArePrunedOrMerged() {
    assertThat(body("tl.store(out, 1 if FLAG else nonsense)\n").run(0)).isEqualTo(1);
    KernelText kernel = body("tl.store(out, n if n > 3 else 0)\n");
    assertThat(kernel.run(5)).isEqualTo(5);
    assertThat(kernel.run(2)).isEqualTo(0);
  }

  @Test
  void bothSidesOfAConditionalExpressionMustAgree() {
    assertThat(body("x = n if n > 3 else 0.5\n").message())
        .isEqualTo(
            "Ternary expression with dynamic condition has inconsistent types int32 and float32");
  }

  @Test
  void aConditionOnManyElementsIsAmbiguous() {
    assertThat(body("if tl.zeros([8], tl.int32) == n:\n    pass\n").message())
        .isEqualTo("Boolean value of Tensor with more than one value is ambiguous");
  }

  @Test
  void aConditionOfOneElementIsTakenWithAWarning() {
    KernelText kernel = body("if tl.zeros([1], tl.int32) == n:\n    tl.store(out, 4)\n");
    assertThat(kernel.run(0)).isEqualTo(4);
    assertThat(kernel.warnings())
        .containsExactly(
            "a condition of type int1[1] stands for its element; write `.item()` after it");
  }

  @Test
  void aConstantArgumentThatABranchChangesBecomesARunTimeValue() {
    KernelText kernel =
        KernelText.body("out, n, k", "if n > 3:\n    k = k + 1\ntl.store(out, k)\n")
            .with("out=*i32, n=i32, k=1");
    assertThat(kernel.run(5)).isEqualTo(2);
    assertThat(kernel.run(0)).isEqualTo(1);
  }

  @Test
  void aDeclaredConstantDoesNot() {
    assertThat(body("if n > 3:\n    FLAG = False\n").message())
        .startsWith("initial value for `FLAG` is of type");
  }

  @Test
  void andOrDropOutOrDecideWhileTheyAreConstant() {
    assertThat(body("if FLAG or nonsense:\n    tl.store(out, 1)\n").run(0)).isEqualTo(1);
    assertThat(body("if m is not None and nonsense:\n    pass\ntl.store(out, 2)\n").run(0))
        .isEqualTo(2);
    KernelText kernel = body("if FLAG and n > 3 and n < 9:\n    tl.store(out, 3)\n");
    assertThat(kernel.run(5)).isEqualTo(3);
    assertThat(kernel.run(9)).isEqualTo(0);
  }

  @Test
  void comparisonsAreNotChained() {
    assertThat(body("if 1 < n < 3:\n    pass\n").message())
        .isEqualTo("simultaneous multiple comparison is not supported");
  }
}
