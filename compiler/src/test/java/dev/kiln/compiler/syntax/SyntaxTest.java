package dev.kiln.compiler.syntax;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Source;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every form of expression and statement, and what it means. */
class SyntaxTest {
  @TestFactory
  List<DynamicTest> expressions() {
    return Golden.tests("expressions.txt", SyntaxTest::expression);
  }

  @TestFactory
  List<DynamicTest> statements() {
    return Golden.tests("statements.txt", SyntaxTest::statements);
  }

  private static String expression(String text) {
    try {
      return AstPrinter.print(KernelFileParser.parseExpression(new Source("test", text))) + "\n";
    } catch (CompilationException e) {
      return e.getMessage() + "\n";
    }
  }

  /** The statements in a function's body, since a module keeps only some. */
  private static String statements(String text) {
    boolean host = text.startsWith("def f():\n    yield");
    String body = text.strip().indent(4).replaceAll("(?m)^    (no indentation)$", "$1");
    String decorator = host ? "" : "@triton.jit\n";
    try {
      var file = KernelFileParser.parse(new Source("test", decorator + "def test():\n" + body));
      return AstPrinter.print(((Stmt.FunctionDef) file.statements().getFirst()).body());
    } catch (CompilationException e) {
      return e.getMessage() + "\n";
    }
  }

  private static Stmt.FunctionDef kernel(String text) {
    return (Stmt.FunctionDef)
        KernelFileParser.parse(new Source("test", text)).statements().getFirst();
  }

  @Test
  void locationsSpanTheWholeExpression() {
    var function = kernel("@triton.jit\ndef kernel(x):\n    y = (a + b) * c.d[0]\n");
    var assign = (Stmt.Assign) function.body().getFirst();
    assertThat(assign.loc()).hasToString("test:3:5");
    assertThat(assign.value().loc()).hasToString("test:3:9");
    assertThat(assign.value().loc().endColumn()).isEqualTo(25);
    var product = (Expr.Binary) assign.value();
    assertThat(product.right().loc().column()).isEqualTo(19);
    assertThat(product.right().loc().endColumn()).isEqualTo(25);
  }

  @Test
  void anExpressionOverSeveralLinesIsLocatedOnItsFirst() {
    var function = kernel("@triton.jit\ndef kernel(x):\n    y = f(a,\n          b)\n");
    var value = ((Stmt.Assign) function.body().getFirst()).value();
    assertThat(value.loc()).hasToString("test:3:9");
    assertThat(value.loc().endColumn()).isEqualTo(13);
  }

  @Test
  void partsOfAnFStringAreLocatedInTheFile() {
    var function = kernel("@triton.jit\ndef kernel(x):\n    y = f'''a\n  {b + c}'''\n");
    var string = (Expr.JoinedStr) ((Stmt.Assign) function.body().getFirst()).value();
    var part = (Expr.FormattedValue) string.parts().get(1);
    assertThat(part.value().loc()).hasToString("test:4:4");
    assertThat(part.value().loc().endColumn()).isEqualTo(9);
  }

  @Test
  void columnsCountUtf16UnitsAsSourceLinesDo() {
    var function = kernel("@triton.jit\ndef kernel(x):\n    f('\ud83d\ude00', y)\n");
    var call = (Expr.Call) ((Stmt.ExprStmt) function.body().getFirst()).value();
    assertThat(call.args().get(1).loc().column()).isEqualTo(13);
  }

  @Test
  void allLineEndsAndAByteOrderMarkAreRead() {
    String text = "@triton.jit\ndef kernel(x):\n    if x:\n        y = '''a\nb'''\n    return y\n";
    String expected = AstPrinter.print(List.of(kernel(text)));
    assertThat(AstPrinter.print(List.of(kernel(text.replace("\n", "\r\n"))))).isEqualTo(expected);
    assertThat(AstPrinter.print(List.of(kernel(text.replace("\n", "\r"))))).isEqualTo(expected);
    assertThat(AstPrinter.print(List.of(kernel("\uFEFF" + text)))).isEqualTo(expected);
    assertThat(AstPrinter.print(List.of(kernel(text.stripTrailing())))).isEqualTo(expected);
    assertThat(AstPrinter.print(List.of(kernel("\f\n" + text)))).isEqualTo(expected);
  }

  @Test
  void docstringsAreKept() {
    assertThat(kernel("@triton.jit\ndef kernel(x):\n    \"\"\"Adds.\"\"\"\n    pass\n").docstring())
        .contains("Adds.");
    assertThat(kernel("@triton.jit\ndef kernel(x):\n    pass\n").docstring()).isEmpty();
  }

  @Test
  void aDocstringIsFoundAlsoWhenItIsJoined() {
    assertThat(kernel("@triton.jit\ndef kernel(x):\n    'a' 'b'\n").docstring()).contains("ab");
  }
}
