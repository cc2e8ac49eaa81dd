package dev.kiln.compiler.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What assignments bind and refuse. */
class AssignmentTest {
  private static KernelText body(String body) {
    return KernelText.body("out", body).with("out=*i32");
  }

  @Test
  void aPlainConstantBecomesARunTimeValue() {
    assertThat(body("x = 3\n").ir()).contains("constant 3 : i32");
    assertThat(body("x: tl.constexpr = 3\n").ir()).doesNotContain("constant");
  }

  @Test
  void tuplesAreTakenApart() {
    KernelText kernel =
        body(
            """
            (a, b), c = (1, 2), 3
            tl.store(out, a * 100 + b * 10 + c)
            """);
    assertThat(kernel.run()).isEqualTo(123);
  }

  @Test
  void swappedNamesTakeEachOthersValues() {
    KernelText kernel =
        body(
            """
            a, b = 1, 2
            a, b = b, a
            tl.store(out, a * 10 + b)
            """);
    assertThat(kernel.run()).isEqualTo(21);
  }

  @Test
  void wrongCountsAreToldAsPythonTells() {
    assertThat(body("a, b = 1, 2, 3\n").message())
        .isEqualTo("too many values to unpack (expected 2, got 3)");
    assertThat(body("a, b, c = 1, 2\n").message())
        .isEqualTo("not enough values to unpack (expected 3, got 2)");
    assertThat(body("a, b = 7\n").message()).startsWith("cannot unpack non-iterable");
  }

  @Test
  void severalTargetsAreRefused() {
    assertThat(body("a = b = 0\n").message())
        .isEqualTo("simultaneous multiple assignment is not supported");
  }

  @Test
  void starredSubscriptAndAttributeTargetsAreRefused() {
    assertThat(body("a, *b = 1, 2, 3\n").message())
        .isEqualTo("a starred target is not supported in a kernel");
    assertThat(body("x = (1, 2)\nx[0] = 3\n").message())
        .isEqualTo("subscript assignment is not supported in a kernel");
    assertThat(body("out.x = 3\n").message())
        .isEqualTo("attribute assignment is not supported in a kernel");
  }

  @Test
  void augmentedAssignmentComputesAndBinds() {
    assertThat(body("x = 5\nx *= 3\nx -= 1\ntl.store(out, x)\n").run()).isEqualTo(14);
  }

  @Test
  void anAnnotatedConstantStaysConstant() {
    KernelText kernel =
        body(
            """
            N: tl.constexpr = 4
            for i in tl.static_range(N):
                tl.store(out + i, i)
            """);
    assertThat(kernel.runAll()).startsWith(0, 1, 2, 3, 0);
  }

  @Test
  void anAnnotationWithoutValueWaitsForTheAssignment() {
    KernelText kernel =
        body(
            """
            N: tl.constexpr
            N = 4
            for i in tl.static_range(N):
                tl.store(out + i, i)
            """);
    assertThat(kernel.runAll()).startsWith(0, 1, 2, 3, 0);
  }

  @Test
  void aConstantIsDeclaredOnce() {
    assertThat(body("N: tl.constexpr = 4\nN: tl.constexpr = 5\n").message())
        .isEqualTo("N is already defined. constexpr cannot be reassigned");
  }

  @Test
  void aRunTimeValueIsNoConstant() {
    assertThat(KernelText.body("out, n", "N: tl.constexpr = n\n").with("out=*i32, n=i32").message())
        .isEqualTo(
            "N is declared tl.constexpr, but its value of type int32 is known only at run time");
  }

  @Test
  void dtypesNoneAndStringsStayConstants() {
    KernelText kernel =
        body(
            """
            dtype = tl.int32
            missing = None
            text = "x"
            if missing is None:
                if text == "x":
                    tl.store(out, tl.zeros([1], dtype) + 1 if False else 9)
            """);
    assertThat(kernel.run()).isEqualTo(9);
  }

  @Test
  void theWalrusBindsAndGives() {
    assertThat(body("y = (x := 4) + 1\ntl.store(out, x * 10 + y)\n").run()).isEqualTo(45);
  }
}
