package dev.kiln.compiler.syntax;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Source;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The messages for kernels that are not well formed, to the letter. */
class SyntaxFaultsTest {
  @TestFactory
  List<DynamicTest> kernelFaults() {
    return Golden.tests("faults.txt", SyntaxFaultsTest::fault);
  }

  private static String fault(String text) {
    try {
      KernelFileParser.parse(new Source("k.py", text));
      return "no fault\n";
    } catch (CompilationException e) {
      return e.getMessage() + "\n";
    }
  }

  @Test
  void nestingBeyondTheStackIsADiagnostic() {
    String text = "@triton.jit\ndef kernel(x):\n    y = " + "-x**".repeat(20_000) + "x\n";
    assertThatThrownBy(() -> KernelFileParser.parse(new Source("k.py", text)))
        .isInstanceOf(CompilationException.class)
        .hasMessageContaining("this statement is nested too deeply");
  }

  @Test
  void bracketsNestedBeyondPythonsLimitAreADiagnostic() {
    String text =
        "@triton.jit\ndef kernel(x):\n    y = " + "(".repeat(201) + ")".repeat(201) + "\n";
    assertThatThrownBy(() -> KernelFileParser.parse(new Source("k.py", text)))
        .isInstanceOf(CompilationException.class)
        .hasMessageContaining("more than 200 nested brackets");
  }

  @Test
  void anExpressionAloneReportsItsFaultToo() {
    assertThatThrownBy(() -> KernelFileParser.parseExpression(new Source("--grid", "(n + 1")))
        .hasMessage("--grid:1:1: error: '(' is never closed\n    (n + 1\n    ^");
    assertThatThrownBy(() -> KernelFileParser.parseExpression(new Source("--grid", "n +")))
        .hasMessage(
            "--grid:1:4: error: expected an expression after '+', found the end of the text\n"
                + "    n +\n"
                + "       ^");
    assertThatThrownBy(() -> KernelFileParser.parseExpression(new Source("--grid", "a b")))
        .hasMessageContaining("--grid:1:3: error: expected the end of the expression, found 'b'");
    assertThatThrownBy(() -> KernelFileParser.parseExpression(new Source("--grid", "")))
        .hasMessageContaining("expected an expression, found the end of the text");
  }
}
