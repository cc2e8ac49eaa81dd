package dev.kiln.compiler.python;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.diagnostics.Source;
import dev.kiln.compiler.syntax.ImportResolver;
import dev.kiln.compiler.syntax.KernelFileParser;
import org.junit.jupiter.api.Test;

/** Functions and module-level names of a file, evaluated. */
class HostFunctionTest {
  private static Object value(String module, String expression) {
    var file = KernelFileParser.parse(new Source("k.py", module));
    return KernelDeclarations.of(file, ImportResolver.NONE)
        .evaluator()
        .evaluate(KernelFileParser.parseExpression(new Source("test", expression)));
  }

  private static String repr(String module, String expression) {
    return PythonText.repr(value(module, expression));
  }

  private static String error(String module, String expression) {
    try {
      return "no error but " + repr(module, expression);
    } catch (PythonError e) {
      return e.getMessage() + e.location().map(at -> " at " + at).orElse("");
    }
  }

  @Test
  void runsStatements() {
    String module =
        """
        def f(n, *rest, step=1, **named):
            total: int = 0
            for i in range(0, n, step):
                if i == 3:
                    continue
                elif i > 6:
                    break
                total += i
            else:
                total = -1
            while True:
                total += 100
                if total > 300: break
            a, (b, *c) = rest
            def inner(x): return x + total
            assert total, "never"
            return inner(1), a, b, c, sorted(named)
        """;
    assertThat(repr(module, "f(10, 1, (2, 3, 4), z=1, y=2)"))
        .isEqualTo("(319, 1, 2, [3, 4], ['y', 'z'])");
    assertThat(repr(module, "f(2, 1, (2,), step=2)")).isEqualTo("(400, 1, 2, [], [])");
  }

  @Test
  void returnsNoneWithoutReturn() {
    assertThat(repr("def f(): pass\n", "f()")).isEqualTo("None");
  }

  @Test
  void recursesAndClosesOverNames() {
    assertThat(repr("def fact(n):\n    return 1 if n < 2 else n * fact(n - 1)\n", "fact(25)"))
        .isEqualTo("15511210043330985984000000");
    assertThat(
            repr(
                "def adder(n):\n    def add(x):\n        return x + n\n    return add\n",
                "adder(3)(4)"))
        .isEqualTo("7");
    assertThat(
            repr(
                "def adder(n):\n    return lambda x: x + n\n",
                "[f(1) for f in (adder(1), adder(2))]"))
        .isEqualTo("[2, 3]");
  }

  @Test
  void defaultsAreEvaluatedWhereTheFunctionStands() {
    assertThat(repr("N = 4\ndef f(x=N * 2): return x\n", "f(), f(1)")).isEqualTo("(8, 1)");
  }

  @Test
  void generatorsGiveTheirItems() {
    assertThat(repr("def f(n):\n    for i in range(n):\n        if i % 2: yield i\n", "list(f(6))"))
        .isEqualTo("[1, 3, 5]");
  }

  @Test
  void decoratorsThatOnlyCacheAreNoHindrance() {
    assertThat(
            repr(
                "import functools\n@functools.lru_cache(maxsize=None)\ndef f(x): return x + 1\n",
                "f(1)"))
        .isEqualTo("2");
  }

  @Test
  void moduleNamesAreRunInOrder() {
    String module =
        """
        base = [1]
        base += [2]
        base.append(3)
        for i in range(2):
            base.append(i * 10)
        table = {}
        table["a"] = base
        A, B = 5, 6
        A = A + 1
        """;
    assertThat(repr(module, "base, table, A, B"))
        .isEqualTo("([1, 2, 3, 0, 10], {'a': [1, 2, 3, 0, 10]}, 6, 6)");
  }

  @Test
  void whatIsNotAskedForIsNotRun() {
    assertThat(repr("import torch\ndevice = torch.device('cuda')\nX = 3\n", "X")).isEqualTo("3");
  }

  @Test
  void namedTuplesHaveFields() {
    String classes =
        "from typing import NamedTuple\nclass P(NamedTuple):\n    x: int\n    y: int = 2\n";
    assertThat(repr(classes, "P(1), P(1, 3).y, P(y=5, x=4)._asdict()"))
        .isEqualTo("((x=1, y=2), 3, {'x': 4, 'y': 5})");
    String called = "from collections import namedtuple\nP = namedtuple('P', 'x y')\n";
    assertThat(repr(called, "P(1, 2).x, P(1, 2)._replace(x=3)")).isEqualTo("(1, (x=3, y=2))");
  }

  @Test
  void constantsOfClassesAreAttributes() {
    assertThat(repr("class C:\n    A = 1\n    B = A + 1\n", "C.B")).isEqualTo("2");
  }

  @Test
  void constexprWrapsNothing() {
    assertThat(
            repr(
                "import triton.language as tl\n"
                    + "X = tl.constexpr(8)\n"
                    + "Y: tl.constexpr = X.value * 2\n",
                "X, Y"))
        .isEqualTo("(8, 16)");
  }

  @Test
  void unknownModulesAreSymbols() {
    String module = "import torch\nfrom .sizes import LIMIT\n";
    assertThat(repr(module, "torch.float16, torch.float16 == torch.float16, LIMIT"))
        .isEqualTo("(torch.float16, True, .sizes.LIMIT)");
    assertThat(error(module, "torch.cuda.current_device()"))
        .isEqualTo(
            "NotSupported: 'torch.cuda.current_device' has no value at compile time at test:1:1");
    assertThat(error(module, "1 if LIMIT else 2"))
        .startsWith("NotSupported: '.sizes.LIMIT' has no value at compile time");
  }

  @Test
  void questionsAboutTheMachineAreAnsweredForCuda() {
    String module =
        """
        import torch, triton, os
        from packaging import version
        def is_hip():
            return triton.runtime.driver.active.get_current_target().backend == "hip"
        """;
    assertThat(repr(module, "is_hip(), torch.version.hip is None, os.environ.get('X', '7')"))
        .isEqualTo("(False, True, '7')");
    assertThat(repr(module, "version.parse(triton.__version__) >= version.parse('3.2.0')"))
        .isEqualTo("True");
  }

  @Test
  void endlessWorkIsAnError() {
    assertThat(error("def f():\n    while True: pass\n", "f()"))
        .startsWith("TimeoutError: this needs more than 5000000 steps");
    assertThat(error("def f(n): return f(n + 1)\n", "f(0)"))
        .startsWith("RecursionError: maximum recursion depth exceeded");
    assertThat(error("", "[0] * 10 ** 9")).startsWith("MemoryError");
    assertThat(error("", "10 ** 10 ** 10")).startsWith("OverflowError");
    assertThat(error("", "1 << 10 ** 12")).startsWith("OverflowError");
    assertThat(error("", "list(range(10 ** 12))")).startsWith("MemoryError");
    assertThat(error("x = x + 1\n", "x")).startsWith("NameError");
    assertThat(error("a = b\nb = a\n", "a")).startsWith("NameError");
  }

  @Test
  void errorsTellWhereTheyWereRaised() {
    String module =
        """
        def f(x):
            y = x + 1
            return y // (x - x)
        """;
    assertThat(error(module, "f(1)"))
        .isEqualTo("ZeroDivisionError: integer division or modulo by zero at k.py:3:12");
    assertThat(error(module, "f('a')"))
        .isEqualTo("TypeError: can only concatenate str (not \"int\") to str at k.py:2:9");
    assertThat(error("def f():\n    raise ValueError('no')\n", "f()"))
        .isEqualTo("ValueError: no at k.py:2:5");
    assertThat(error("def f():\n    assert 1 > 2, 'one'\n", "f()"))
        .isEqualTo("AssertionError: one at k.py:2:5");
    assertThat(error("def f():\n    x = y\n    y = 1\n", "f()"))
        .isEqualTo(
            "UnboundLocalError: cannot access local variable 'y' where it is not associated with a"
                + " value at k.py:2:9");
    assertThat(error("def f():\n    try:\n        pass\n    except E: pass\n", "f()"))
        .isEqualTo("NotSupported: 'try' is not evaluated at compile time at k.py:2:5");
  }

  @Test
  void anErrorBecomesADiagnostic() {
    assertThatThrownBy(() -> value("", "1 + 'a'"))
        .isInstanceOfSatisfying(
            PythonError.class,
            e ->
                assertThat(e.at(dev.kiln.compiler.diagnostics.Location.UNKNOWN))
                    .hasMessage(
                        "test:1:1: error: TypeError: unsupported operand type(s) for +: 'int' and"
                            + " 'str'\n"
                            + "    1 + 'a'\n"
                            + "    ^~~~~~~"));
  }

  @Test
  void foreignObjectsTakePart() {
    record Dtype(String name, int bits) implements PyObject, PyCallable {
      @Override
      public String typeName() {
        return "dtype";
      }

      @Override
      public java.util.Optional<Object> attribute(String attribute) {
        return attribute.equals("bits")
            ? java.util.Optional.of((long) bits)
            : java.util.Optional.empty();
      }

      @Override
      public java.util.Optional<Object> binary(
          dev.kiln.compiler.syntax.Expr.BinaryOp op, Object other, boolean reflected) {
        return java.util.Optional.of(name + op.symbol() + other + (reflected ? " reflected" : ""));
      }

      @Override
      public java.util.Optional<Object> compare(
          dev.kiln.compiler.syntax.Expr.CompareOp op, Object other) {
        return other instanceof Long bits
            ? java.util.Optional.of(op.symbol() + bits)
            : java.util.Optional.empty();
      }

      @Override
      public Object call(java.util.List<Object> args, java.util.Map<String, Object> kwargs) {
        return args;
      }

      @Override
      public String toString() {
        return name;
      }
    }

    var evaluator =
        new PythonEvaluator(
            Environment.of(
                java.util.Map.of("f16", new Dtype("f16", 16), "g16", new Dtype("f16", 16))));
    java.util.function.Function<String, String> eval =
        text ->
            PythonText.repr(
                evaluator.evaluate(KernelFileParser.parseExpression(new Source("test", text))));
    assertThat(eval.apply("f16.bits")).isEqualTo("16");
    assertThat(eval.apply("f16 + 1")).isEqualTo("'f16+1'");
    assertThat(eval.apply("1 - f16")).isEqualTo("'f16-1 reflected'");
    assertThat(eval.apply("3 < f16")).isEqualTo("'>3'");
    assertThat(eval.apply("f16 == g16, f16 is g16, f16 != 'x', f16 in (g16,)"))
        .isEqualTo("(True, True, True, True)");
    assertThat(eval.apply("{f16: 1}[g16]")).isEqualTo("1");
    assertThat(eval.apply("f'{f16}'")).isEqualTo("'f16'");
    assertThat(eval.apply("bool(f16)")).isEqualTo("True");
    assertThatThrownBy(() -> eval.apply("f16.nope"))
        .hasMessage("AttributeError: 'dtype' object has no attribute 'nope'");
    assertThatThrownBy(() -> eval.apply("-f16"))
        .hasMessage("TypeError: bad operand type for unary -: 'dtype'");
    assertThatThrownBy(() -> eval.apply("f16[0]"))
        .hasMessage("TypeError: 'dtype' object is not subscriptable");
    assertThatThrownBy(() -> eval.apply("len(f16)"))
        .hasMessage("TypeError: object of type 'dtype' has no len()");
  }
}
