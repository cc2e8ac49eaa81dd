package dev.kiln.compiler.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.MemoryOp;
import org.junit.jupiter.api.Test;

/** Returns: early ones, those of called functions, and where they are refused. */
class EarlyReturnTest {
  private static KernelText body(String body) {
    return KernelText.body("out, n, FLAG: tl.constexpr = True", body)
        .with("out=*i32, n=i32, FLAG=True");
  }

  private static KernelText function(String function) {
    return KernelText.of(
            "@triton.jit\n"
                + function
                + "@triton.jit\ndef kernel(out, n):\n    tl.store(out, f(n))\n")
        .with("out=*i32, n=i32");
  }

  @Test
  void aKernelMayEndEarly() {
    KernelText kernel = body("if n >= 3:\n    return\ntl.store(out, 1)\n");
    assertThat(kernel.run(2)).isEqualTo(1);
    assertThat(kernel.run(3)).isEqualTo(0);
  }

  @Test
  void whatFollowsIsNotDuplicated() {
    KernelText kernel =
        body(
            """
            if n == 1:
                tl.store(out, 10)
                return
            if n == 2:
                if FLAG:
                    tl.store(out, 20)
                    return
            if n == 3:
                return
            tl.store(out, 30)
            """);
    assertThat(kernel.ops(MemoryOp.Store.class)).hasSize(3);
    assertThat(new int[] {kernel.run(1), kernel.run(2), kernel.run(3), kernel.run(4)})
        .containsExactly(10, 20, 0, 30);
  }

  @Test
  void aBranchThatMayReturnGuardsWhatFollows() {
    KernelText kernel =
        body(
            """
            x = 5
            if n > 2:
                if n > 4:
                    tl.store(out, 1)
                    return
                x = 6
            y = x + 1
            if n == 1:
                if n == 1:
                    y = 50
                    return
            tl.store(out, y)
            """);
    assertThat(kernel.ops(MemoryOp.Store.class)).hasSize(2);
    assertThat(kernel.run(5)).isEqualTo(1);
    assertThat(kernel.run(3)).isEqualTo(7);
    assertThat(kernel.run(2)).isEqualTo(6);
    assertThat(kernel.run(1)).isEqualTo(0);
  }

  @Test
  void codeAfterReturnIsDropped() {
    assertThat(body("tl.store(out, 1)\nreturn\nnonsense(1)\n").run(0)).isEqualTo(1);
  }

  @Test
  void aFunctionReturnsFromEitherBranch() {
    KernelText kernel =
        function(
            """
            def f(x):
                if x > 3:
                    return x * 2
                return x + 100
            """);
    assertThat(kernel.run(5)).isEqualTo(10);
    assertThat(kernel.run(1)).isEqualTo(101);
  }

  @Test
  void nestedReturnsMeetInOneValue() {
    KernelText kernel =
        function(
            """
            def f(x):
                y = 0
                if x > 3:
                    if x > 5:
                        return 1
                    y = 20
                else:
                    if x == 0:
                        return 2
                if x == 1:
                    return y + 3
                return y + 4
            """);
    assertThat(
            new int[] {kernel.run(6), kernel.run(4), kernel.run(0), kernel.run(1), kernel.run(2)})
        .containsExactly(1, 24, 2, 3, 4);
  }

  @Test
  void aConstantTakesTheTypeOfTheOtherReturns() {
    KernelText kernel =
        KernelText.of(
                """
                @triton.jit
                def f(x):
                    if x > 3:
                        return 0
                    return x
                @triton.jit
                def kernel(out, n):
                    tl.store(out, (f(n) + 1).to(tl.int32))
                """)
            .with("out=*i32, n=i64");
    assertThat(kernel.run(5)).isEqualTo(1);
    assertThat(kernel.run(2)).isEqualTo(3);
  }

  @Test
  void tuplesAreReturnedItemByItem() {
    KernelText kernel =
        KernelText.of(
                """
                @triton.jit
                def f(x):
                    if x > 3:
                        return x, 1
                    return 7, x
                @triton.jit
                def kernel(out, n):
                    a, b = f(n)
                    tl.store(out, a * 10 + b)
                """)
            .with("out=*i32, n=i32");
    assertThat(kernel.run(5)).isEqualTo(51);
    assertThat(kernel.run(2)).isEqualTo(72);
  }

  @Test
  void returnsOfDifferentTypesAreRefused() {
    KernelText kernel =
        KernelText.of(
                """
                @triton.jit
                def f(x):
                    if x > 3:
                        return x
                    return x.to(tl.float32)
                @triton.jit
                def kernel(out, n):
                    tl.store(out, f(n))
                """)
            .with("out=*i32, n=i32");
    assertThat(kernel.message())
        .isEqualTo("Inconsistent return types: int32 and float32 in function f");
  }

  @Test
  void anEndWithoutReturnIsWarnedAbout() {
    KernelText kernel = function("def f(x):\n    if x > 3:\n        return x\n");
    assertThat(kernel.run(5)).isEqualTo(5);
    assertThat(kernel.warnings())
        .containsExactly("function f may reach its end without `return`; its result is 0 there");
  }

  @Test
  void returnsInsideLoopsAreRefused() {
    assertThat(body("for i in range(n):\n    if i == 3:\n        return\n").message())
        .isEqualTo("Cannot have `return` statements inside `while` or `for` statements in triton");
    assertThat(body("i = n\nwhile i > 0:\n    i -= 1\n    return\n").message())
        .isEqualTo("Cannot have `return` statements inside `while` or `for` statements in triton");
  }

  @Test
  void aCalledFunctionMayReturnEarlyInsideALoop() {
    KernelText kernel =
        KernelText.of(
                """
                @triton.jit
                def f(x):
                    if x > 2:
                        return 10
                    return x
                @triton.jit
                def kernel(out, n):
                    s = 0
                    for i in range(n):
                        s += f(i)
                    tl.store(out, s)
                """)
            .with("out=*i32, n=i32");
    assertThat(kernel.run(5)).isEqualTo(23);
  }

  @Test
  void returnsInsideUnrolledLoopsAreAllowed() {
    KernelText kernel =
        function(
            """
            def f(x):
                for i in tl.static_range(4):
                    if x == i:
                        return i * 11
                return 99
            """);
    assertThat(kernel.run(2)).isEqualTo(22);
    assertThat(kernel.run(7)).isEqualTo(99);
  }

  @Test
  void aKernelReturnsNothing() {
    assertThat(body("return n\n").message()).isEqualTo("a kernel cannot return a value");
  }
}
