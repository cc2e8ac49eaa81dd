package dev.kiln.compiler.frontend;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Which names of its file, and of others, a kernel sees. */
class GlobalsTest {
  private static KernelText file(String globals, String body) {
    return KernelText.of(globals + "@triton.jit\ndef kernel(out, n):\n" + body.indent(4))
        .with("out=*i32, n=i32");
  }

  @Test
  void constantsOfTheFileAreSeen() {
    assertThat(file("N = tl.constexpr(7)\n", "tl.store(out, N)\n").run(0)).isEqualTo(7);
    assertThat(file("N: tl.constexpr = 7\n", "tl.store(out, N)\n").run(0)).isEqualTo(7);
    assertThat(file("K = 3\nN = tl.constexpr(K * 2)\nM = N + 1\n", "tl.store(out, M)\n").run(0))
        .isEqualTo(7);
  }

  @Test
  void plainGlobalsAreNot() {
    KernelText kernel = file("N = 7\n", "tl.store(out, N)\n");
    assertThat(kernel.message())
        .isEqualTo("Cannot access global variable N from within @jit'ed function");
    assertThat(kernel.fault().hint())
        .contains(
            "kernels can only read global variables that are instantiated as constexpr: `N ="
                + " tl.constexpr(...)`");
  }

  @Test
  void defaultsMayUseThem() {
    KernelText kernel =
        KernelText.of(
                """
                N = 7
                @triton.jit
                def f(x, k=N):
                    return x + k
                @triton.jit
                def kernel(out, n):
                    tl.store(out, f(n))
                """)
            .with("out=*i32, n=i32");
    assertThat(kernel.run(1)).isEqualTo(8);
  }

  @Test
  void aliasesOfTypesAndFunctionsAreSeen() {
    KernelText kernel =
        file(
            """
            dtype = tl.int32
            @triton.jit
            def f(x):
                return x + 1
            g = f
            """,
            "tl.store(out, g(n).to(dtype))\n");
    assertThat(kernel.run(1)).isEqualTo(2);
  }

  @Test
  void hostFunctionsAreNotCalled() {
    KernelText kernel = file("def f(x):\n    return x\n", "tl.store(out, f(n))\n");
    assertThat(kernel.message())
        .isEqualTo("Cannot call f from within @jit'ed function: it is not decorated");
  }

  @Test
  void constexprFunctionsRunAtCompileTime() {
    String f =
        """
        @triton.constexpr_function
        def log2(x):
            n = 0
            while x > 1:
                x //= 2
                n += 1
            return n
        """;
    assertThat(file(f, "tl.store(out, log2(1024))\n").run(0)).isEqualTo(10);
    assertThat(file(f, "tl.store(out, log2(n))\n").message())
        .isEqualTo(
            "a function that runs at compile time takes constants only, not a value of type int32");
  }

  @Test
  void errorsOfConstexprFunctionsAreTold() {
    assertThat(
            file(
                    """
                    @triton.constexpr_function
                    def f(x):
                        return 1 // x
                    """,
                    "tl.store(out, f(0))\n")
                .message())
        .isEqualTo("ZeroDivisionError: integer division or modulo by zero");
  }

  @Test
  void otherKernelFilesAreImported() {
    String helpers =
        """
        import triton
        import triton.language as tl
        SCALE = tl.constexpr(10)
        @triton.jit
        def scaled(x):
            return x * SCALE
        """;
    assertThat(
            file("from helpers import scaled\n", "tl.store(out, scaled(n))\n")
                .sibling("helpers", helpers)
                .run(3))
        .isEqualTo(30);
    assertThat(
            file("from .helpers import scaled as s, SCALE\n", "tl.store(out, s(n) + SCALE)\n")
                .sibling("helpers", helpers)
                .run(3))
        .isEqualTo(40);
    assertThat(
            file("import helpers as h\n", "tl.store(out, h.scaled(n))\n")
                .sibling("helpers", helpers)
                .run(3))
        .isEqualTo(30);
    assertThat(
            file("from helpers import *\n", "tl.store(out, scaled(n))\n")
                .sibling("helpers", helpers)
                .run(3))
        .isEqualTo(30);
    assertThat(
            file("import helpers as h\n", "tl.store(out, h.scaledd(n))\n")
                .sibling("helpers", helpers)
                .fault()
                .hint())
        .contains("did you mean scaled?");
  }

  @Test
  void languageNamesMayBeImportedOneByOne() {
    KernelText kernel =
        KernelText.of(
                """
                from triton import jit
                from triton.language import store, int32 as i32
                @jit
                def kernel(out, n):
                    store(out, n.to(i32))
                """)
            .with("out=*i32, n=i32");
    assertThat(kernel.run(4)).isEqualTo(4);
  }

  @Test
  void unknownNamesHaveTheNearestOneAsHint() {
    KernelText kernel = file("", "offsets = n\ntl.store(out, offset)\n");
    assertThat(kernel.message()).isEqualTo("offset is not defined");
    assertThat(kernel.fault().hint()).contains("did you mean offsets?");
  }

  @Test
  void aMissingKernelIsTold() {
    KernelText kernel = KernelText.of("@triton.jit\ndef other():\n    pass\n");
    assertThat(kernel.message()).isEqualTo("there is no kernel kernel in test.py");
    assertThat(kernel.fault().hint()).contains("its @triton.jit functions are other");
  }

  @Test
  void namedTuplesMakeTuplesWithNames() {
    String types =
        """
        from typing import NamedTuple
        from collections import namedtuple
        class Pair(NamedTuple):
            a: tl.tensor
            b: tl.tensor = 5
        Other = namedtuple("Other", ["x", "y"])
        """;
    assertThat(file(types, "p = Pair(n)\ntl.store(out, p.a * 10 + p.b)\n").run(3)).isEqualTo(35);
    assertThat(file(types, "p = Other(y=n, x=1)\ntl.store(out, p.x * 10 + p.y)\n").run(3))
        .isEqualTo(13);
  }

  @Test
  void aggregatesHaveFieldsMethodsAndOperators() {
    String type =
        """
        @triton.aggregate
        class Point:
            x: tl.tensor
            y: tl.tensor
            SCALE: tl.constexpr
            def __init__(self, x, y, scale=2):
                self.x = x
                self.y = y
                self.SCALE = scale
            @triton.jit
            def weight(self, k):
                return (self.x * 10 + self.y) * self.SCALE + k
            @triton.jit
            def __add__(self, other):
                return Point(self.x + other.x, self.y + other.y)
        """;
    assertThat(file(type, "p = Point(n, 2)\ntl.store(out, p.weight(1))\n").run(3)).isEqualTo(65);
    assertThat(
            file(
                    type,
                    """
                    p = Point(n, 1)
                    for i in range(n):
                        p = p + Point(i, 1)
                    tl.store(out, p.weight(0))
                    """)
                .run(3))
        .isEqualTo((6 * 10 + 4) * 2);
    assertThat(
            file(
                    type,
                    """
                    p = tl.aggregate_replace(Point(n, 2), y=7)
                    if hasattr(p, "x") and not hasattr(p, "z"):
                        tl.store(out, getattr(p, "y"))
                    """)
                .run(3))
        .isEqualTo(7);
    assertThat(file(type, "p = Point(n, 2)\ntl.store(out, p.z)\n").message())
        .isEqualTo("'Point' object has no attribute 'z'");
    assertThat(file(type, "p = Point(1, 2, n)\n").message())
        .startsWith("attribute 'SCALE' of Point is declared tl.constexpr, but its value");
    assertThat(file(type, "p = Point(n, 2)\np.x = 3\n").message())
        .isEqualTo("attribute assignment is not supported in a kernel");
  }

  @Test
  void functionsMayBeMadeKernelsByCalls() {
    KernelText kernel =
        KernelText.of(
                """
                def twice(x, BIG: tl.constexpr):
                    return x * 20 if BIG else x * 2
                twice = triton.jit(twice)
                twice = triton.heuristics({"BIG": lambda args: False})(twice)
                def plain(out, n):
                    tl.store(out, twice(n, False))
                kernel = triton.autotune(configs=[], key=[])(triton.jit(plain))
                """)
            .with("out=*i32, n=i32");
    assertThat(kernel.run(4)).isEqualTo(8);
  }

  @Test
  void nothingInPlaceOfKernelWithoutTritonDoesNotHideIt() {
    KernelText kernel =
        KernelText.of(
                """
                if has_triton():
                    @triton.jit
                    def kernel(out, n):
                        tl.store(out, n + 1)
                else:
                    kernel = None
                """)
            .with("out=*i32, n=i32");
    assertThat(kernel.run(4)).isEqualTo(5);
  }

  @Test
  void filesMayImportEachOtherWhileTheirConstantsAreRead() {
    KernelText kernel =
        file("from sibling import constexpr\nN: constexpr = 3\n", "tl.store(out, N)\n")
            .sibling(
                "sibling",
                """
                from triton.language import constexpr
                from third import word
                M: word = 1
                """)
            .sibling("third", "from sibling import constexpr as word\nK: word = 1\n");
    assertThat(kernel.run(0)).isEqualTo(3);
  }
}
