package dev.kiln.compiler.syntax;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Diagnostic;
import dev.kiln.compiler.diagnostics.Source;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is kept of the module level of a file, and what host code around kernels does no harm. */
class KernelFileParserTest {
  private static KernelFile parse(String text) {
    return KernelFileParser.parse(new Source("k.py", text));
  }

  private static String kept(String text) {
    return AstPrinter.print(parse(text).statements());
  }

  private static List<String> notes(String text) {
    return parse(text).skipped().stream().map(Diagnostic::message).toList();
  }

  @Test
  void keepsWhatKernelsMayReferTo() {
    assertThat(
            kept(
                """
                \"\"\"A module.\"\"\"
                import triton
                SIZE: int = 4
                A, B = 1, 2
                names = []
                names += ["a"]
                names.append("b")
                for n in range(3):
                    names.append(n)
                def host(): pass
                class Config: pass
                @triton.jit
                def kernel(x): pass
                """))
        .isEqualTo(
            """
            import triton
            annotate SIZE int 4
            assign (tuple A B) (tuple 1 2)
            assign names (list)
            update + names (list "a")
            do (call names.append "b")
            for n (call range 3)
              do (call names.append n)
            def host()
              pass
            class Config
              pass
            @triton.jit
            def kernel(x)
              pass
            """);
  }

  @Test
  void dropsStatementsThatBindNothing() {
    assertThat(kept("assert True\ndel x\nwhile False:\n    pass\nraise E\npass\n")).isEmpty();
  }

  @Test
  void flattensBranchesAndKeepsTheirConditions() {
    var file =
        parse(
            """
            if VERSION >= 3:
                from new import f
                if DEBUG: A = 1
            elif OLD:
                from old import f
            else: B = 2
            C = 3
            """);
    assertThat(AstPrinter.print(file.statements()))
        .isEqualTo("from new import f\nassign A 1\nfrom old import f\nassign B 2\nassign C 3\n");
    assertThat(file.statements().stream().map(s -> guards(file, s)))
        .containsExactly(
            "(compare VERSION >= 3)",
            "(compare VERSION >= 3) DEBUG",
            "not (compare VERSION >= 3) OLD",
            "not (compare VERSION >= 3) not OLD",
            "");
  }

  private static String guards(KernelFile file, Stmt statement) {
    return String.join(
        " ",
        file.guards().getOrDefault(statement, List.of()).stream()
            .map(guard -> (guard.holds() ? "" : "not ") + AstPrinter.print(guard.test()))
            .toList());
  }

  @Test
  void ofTryKeepsTheBodyAndWhatOnlyHandlersBind() {
    assertThat(
            kept(
                """
                try:
                    from a import f, g
                    HAS = True
                except ImportError:
                    f = g = None
                    h = None
                    HAS = False
                else:
                    i = 1
                finally:
                    print("done")
                """))
        .isEqualTo("from a import f, g\nassign HAS True\nassign h None\nassign i 1\n");
  }

  @Test
  void looksIntoWith() {
    assertThat(kept("with open(x) as f:\n    A = 1\nwith a: B = 2\n"))
        .isEqualTo("assign A 1\nassign B 2\n");
  }

  @Test
  void findsKernelsUnderConditions() {
    assertThat(kept("if HAS_TRITON:\n    @triton.jit\n    def k(x):\n        pass\n"))
        .isEqualTo("@triton.jit\ndef k(x)\n  pass\n");
  }

  @Test
  void hostCodeThatDoesNotParseIsNoted() {
    String text =
        """
        def host():
            x = = 3
        exec "print"
        @decorated
        def other(x y): pass
        @triton.jit
        def kernel(x): pass
        """;
    assertThat(kept(text)).isEqualTo("@triton.jit\ndef kernel(x)\n  pass\n");
    assertThat(notes(text))
        .containsExactly(
            "expected an expression after '=', found '='",
            "expected the end of the statement, found a string",
            "expected ',' or ')', found 'y'");
    assertThat(parse(text).skipped())
        .allMatch(note -> note.severity() == Diagnostic.Severity.WARNING);
  }

  @Test
  void anUnclosedBracketOfTheHostDoesNotHideKernels() {
    String text = "x = foo(1,\n        2\n\n@triton.jit\ndef kernel(x):\n    y = [1,\n  2]\n";
    assertThat(kept(text)).isEqualTo("@triton.jit\ndef kernel(x)\n  assign y (list 1 2)\n");
    assertThat(notes(text)).containsExactly("'(' is never closed");
  }

  @Test
  void anUnclosedTripleQuoteHidesTheRestAndIsAnErrorAnywhere() {
    assertThatThrownBy(() -> parse("x = '''abc\n@triton.jit\ndef kernel(x): pass\n"))
        .isInstanceOf(CompilationException.class)
        .hasMessageStartingWith("k.py:1:5: error: string in triple quotes has no closing '''");
  }

  @Test
  void anUnclosedStringOfTheHostDoesNot() {
    String text = "x = 'abc\n@triton.jit\ndef kernel(x): pass\n";
    assertThat(kept(text)).isEqualTo("@triton.jit\ndef kernel(x)\n  pass\n");
    assertThat(notes(text)).containsExactly("string has no closing '");
  }

  @Test
  void stringsAndBracketsThatLookLikeCodeAreNone() {
    assertThat(
            kept(
                """
                TEXT = '''
                @triton.jit
                def fake(x):
                    pass
                '''
                CALL = f(
                    "def g(): pass",
                )
                """))
        .isEqualTo(
            "assign TEXT \"\\n"
                + "@triton.jit\\n"
                + "def fake(x):\\n"
                + "    pass\\n"
                + "\"\n"
                + "assign CALL (call f \"def g(): pass\")\n");
  }

  @Test
  void findsKernelsInFactoriesAndClasses() {
    String text =
        """
        def make(n):
            if n:
                @triton.autotune(configs=CONFIGS, key=["n"])
                @triton.jit
                def first(x):
                    pass
                return first
        class Op:
            @staticmethod
            @triton.jit
            def second(x):
                pass
        async def start():
            @triton.jit
            def third(x): pass
        """;
    assertThat(parse(text).statements().stream().skip(2).map(s -> ((Stmt.FunctionDef) s).name()))
        .containsExactly("first", "second", "third");
  }

  @Test
  void findsKernelsInHostFunctionsThatDoNotParse() {
    String text = "def make(n):\n    x = = 3\n    @triton.jit\n    def kernel(x):\n        pass\n";
    assertThat(kept(text)).isEqualTo("@triton.jit\ndef kernel(x)\n  pass\n");
  }

  @Test
  void aModuleLevelNameHidesANestedKernel() {
    String text =
        """
        def make():
            @triton.jit
            def kernel(x): pass
        @triton.jit
        def kernel(y): pass
        """;
    assertThat(parse(text).statements().getLast())
        .isInstanceOfSatisfying(
            Stmt.FunctionDef.class, f -> assertThat(f.loc().line()).isEqualTo(5));
    assertThat(notes(text))
        .containsExactly("the nested function 'kernel' is hidden by another of that name");
  }

  @Test
  void methodsOfAggregatesStayInTheirClass() {
    String text =
        "@triton.aggregate\n"
            + "class A:\n"
            + "    x: tl.tensor\n"
            + "    @triton.jit\n"
            + "    def get(self):\n"
            + "        return self.x\n";
    assertThat(parse(text).statements()).hasSize(1);
    assertThat(parse(text).statements().getFirst()).isInstanceOf(Stmt.ClassDef.class);
  }

  @Test
  void functionsForTheDeviceMustParse() {
    for (String decorator :
        List.of(
            "@triton.jit",
            "@jit",
            "@triton.jit()",
            "@libentry()\n@triton.jit",
            "@my_jit",
            "@triton.constexpr_function")) {
      assertThatThrownBy(() -> parse(decorator + "\ndef f(x):\n    x +\n"))
          .as(decorator)
          .isInstanceOf(CompilationException.class);
    }
    assertThatThrownBy(() -> parse("@triton.aggregate\nclass A:\n    x +\n"))
        .isInstanceOf(CompilationException.class);
  }

  @Test
  void hostFunctionsMayHoldAnyPython() {
    assertThat(
            notes(
                """
                async def f(x):
                    async for y in x: await y
                def g(x):
                    global z
                    try:
                        del x
                    except* ValueError: raise
                    match x:
                        case {"a": [1, *_]}: yield from x
                    class C(metaclass=M):
                        a, *b = c
                    lambda *a, k=1, **kw: (yield)
                    return {**a, "b": [*c]}, {1, *d}, 1j, b"x", x[1:, ...]
                """))
        .isEmpty();
  }

  @Test
  void anEmptyFileHasNoStatements() {
    assertThat(kept("")).isEmpty();
    assertThat(kept("\n\n# only a comment")).isEmpty();
  }

  @Test
  void aFileThatIsBeingTypedIsReadOrFaultedAtEveryCharacter() {
    String text =
        """
        import triton
        if X and f(1):
            Y = [1, {"a": f'{x!r:>{w}}'}]
        @triton.jit
        def kernel(x, *, n: tl.constexpr = 1 << 4):
            \"\"\"Doc.\"\"\"
            for i in range(0, n):
                x += a if b else (lambda q: q)(-c ** 2)
            match x:
                case [1, *_]: return x[:, None]
            return not x is None, *y
        """;
    for (int end = 0; end <= text.length(); end++) {
      try {
        AstPrinter.print(parse(text.substring(0, end)).statements());
      } catch (CompilationException e) {
        assertThat(e.getMessage()).contains("k.py:", "error: ").doesNotContain("something else");
      }
    }
  }
}
