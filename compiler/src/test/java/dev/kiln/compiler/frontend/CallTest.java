package dev.kiln.compiler.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Calls of functions of a kernel file. */
class CallTest {
  private static KernelText file(String text) {
    return KernelText.of(text).with("out=*i32, n=i32");
  }

  private static KernelText calling(String function, String call) {
    return file(
        "@triton.jit\n"
            + function
            + "@triton.jit\ndef kernel(out, n):\n    tl.store(out, "
            + call
            + ")\n");
  }

  @Test
  void argumentsAreBoundByPlaceByNameAndByDefault() {
    String f = "def f(a, b, c=3, *, d=4):\n    return a * 1000 + b * 100 + c * 10 + d\n";
    assertThat(calling(f, "f(n, 2)").run(1)).isEqualTo(1234);
    assertThat(calling(f, "f(b=n, a=7, d=9)").run(2)).isEqualTo(7239);
    assertThat(calling(f, "f(*(1, n), c=0)").run(2)).isEqualTo(1204);
  }

  @Test
  void furtherArgumentsBecomeATuple() {
    String f =
        """
        def f(a, *rest):
            s = a
            for x in rest:
                s = s * 10 + x
            return s
        """;
    assertThat(calling(f, "f(n)").run(1)).isEqualTo(1);
    assertThat(calling(f, "f(n, 2, n)").run(1)).isEqualTo(121);
  }

  @Test
  void wrongArgumentsAreToldAsPythonTells() {
    String f = "def f(a, b, c=3):\n    return a\n";
    assertThat(calling(f, "f(n)").message())
        .isEqualTo("f() missing 1 required positional argument: 'b'");
    assertThat(calling(f, "f()").message())
        .isEqualTo("f() missing 2 required positional arguments: 'a' and 'b'");
    assertThat(calling(f, "f(1, 2, 3, 4)").message())
        .isEqualTo("f() takes from 2 to 3 positional arguments but 4 were given");
    assertThat(calling(f, "f(1, 2, a=3)").message())
        .isEqualTo("f() got multiple values for argument 'a'");
    assertThat(calling(f, "f(1, 2, cc=3)").message())
        .isEqualTo("f() got an unexpected keyword argument 'cc'");
    assertThat(calling(f, "f(1, 2, cc=3)").fault().hint()).contains("did you mean c?");
    assertThat(calling("def f(*, k):\n    return k\n", "f()").message())
        .isEqualTo("f() missing 1 required keyword-only argument: 'k'");
  }

  @Test
  void constantArgumentsStayConstant() {
    String f =
        """
        def f(x, N: tl.constexpr):
            s = x
            for i in tl.static_range(N):
                s += i
            return s
        """;
    assertThat(calling(f, "f(n, 4)").run(1)).isEqualTo(7);
  }

  @Test
  void aConstantResultStaysConstant() {
    String f = "def f(N):\n    if N > 3:\n        return 2\n    else:\n        return 1\n";
    KernelText kernel =
        file(
            "@triton.jit\n"
                + f
                + """
                @triton.jit
                def kernel(out, n):
                    for i in tl.static_range(f(4)):
                        tl.store(out + i, 5)
                """);
    assertThat(kernel.runAll(0)).startsWith(5, 5, 0);
  }

  @Test
  void functionsAreArguments() {
    KernelText kernel =
        file(
            """
            @triton.jit
            def double(x):
                return x * 2
            @triton.jit
            def apply(f, x):
                return f(f(x))
            @triton.jit
            def kernel(out, n):
                tl.store(out, apply(double, n) + apply(lambda x: x + 1, n))
            """);
    assertThat(kernel.run(3)).isEqualTo(17);
  }

  @Test
  void recursionEndsByConstants() {
    KernelText kernel =
        file(
            """
            @triton.jit
            def power(x, k: tl.constexpr):
                if k == 0:
                    return 1
                else:
                    return x * power(x, k - 1)
            @triton.jit
            def kernel(out, n):
                tl.store(out, power(n, 5))
            """);
    assertThat(kernel.run(3)).isEqualTo(243);
  }

  @Test
  void endlessRecursionIsToldAsSuch() {
    KernelText kernel =
        file(
            """
            @triton.jit
            def f(x):
                if x > 0:
                    return f(x - 1)
                return x
            @triton.jit
            def kernel(out, n):
                tl.store(out, f(n))
            """);
    assertThat(kernel.message()).isEqualTo("calls are nested more than 64 deep at f");
  }

  @Test
  void anErrorInACalledFunctionShowsTheCalls() {
    KernelText kernel =
        file(
            """
            @triton.jit
            def inner(x):
                return x + missing
            @triton.jit
            def outer(x):
                return inner(x)
            @triton.jit
            def kernel(out, n):
                tl.store(out, outer(n))
            """);
    assertThat(kernel.fault().render())
        .isEqualTo(
            """
            test.py:5:16: error: missing is not defined
                    return x + missing
                               ^~~~~~~
              called from test.py:8:12
                    return inner(x)
                           ^~~~~~~~
              called from test.py:11:19
                    tl.store(out, outer(n))
                                  ^~~~~~~~\
            """);
  }

  @Test
  void nestedFunctionsAreRefused() {
    assertThat(
            file("@triton.jit\ndef kernel(out, n):\n    def f(x):\n        return x\n").message())
        .isEqualTo("nested function definition is not supported");
  }

  @Test
  void whatIsNoFunctionCannotBeCalled() {
    assertThat(file("@triton.jit\ndef kernel(out, n):\n    n(3)\n").message())
        .isEqualTo("int32 object is not callable");
  }

  @Test
  void localsOfTheCallerAreNotSeen() {
    KernelText kernel =
        file(
            """
            @triton.jit
            def f():
                return hidden
            @triton.jit
            def kernel(out, n):
                hidden = n
                tl.store(out, f())
            """);
    assertThat(kernel.message()).isEqualTo("hidden is not defined");
  }
}
