package dev.kiln.compiler.frontend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Diagnostic;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Expressions with the type of their value, or the error that they end with, in {@code
 * operation-types.txt}.
 */
class OperationTypesTest {
  private static final String PREPARE =
      """
      from triton.language.extra import libdevice
      @triton.jit
      def add(a, b):
          return a + b
      @triton.jit
      def welford(m1, n1, m2, n2):
          return m1 + m2, n1 + n2
      @triton.jit
      def halve(a):
          return a / 2
      @triton.jit
      def kernel(p, ph, pb, pi, pl, p8, p1, pc, n, f, ONE):
          r = tl.arange(0, 64)
          x = tl.load(p + r)
          h = tl.load(ph + r)
          b = tl.load(pb + r)
          i = tl.load(pi + r)
          l = tl.load(pl + r)
          s = tl.load(p8 + r)
          m = tl.load(p1 + r)
          u = i.to(tl.uint32)
          d = x.to(tl.float64)
          A = tl.load(ph + r[:, None] * 32 + tl.arange(0, 32)[None, :])
          B = tl.load(ph + tl.arange(0, 32)[:, None] * 16 + tl.arange(0, 16)[None, :])
          D = tl.make_tensor_descriptor(ph, [n, n], [n, 1], [16, 32])
          Q = tl.make_block_ptr(p, (n, n), (n, 1), (0, 0), (16, 32), (1, 0))
          tl.static_print(EXPRESSION)
      """;

  private static final String SIGNATURE =
      "*fp32, *fp16, *bf16, *i32, *i64, *i8, *i1, *kfp32, i32, fp32, 1";

  @TestFactory
  Stream<DynamicTest> everyLine() throws IOException {
    String text;
    try (var in = getClass().getResourceAsStream("operation-types.txt")) {
      text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    return text.lines()
        .filter(line -> !line.isBlank() && !line.startsWith("#"))
        .map(
            line -> {
              int arrow = line.lastIndexOf(" => ");
              String expression = line.substring(0, arrow).strip();
              String expected = line.substring(arrow + " => ".length()).strip();
              return dynamicTest(
                  expression, () -> assertThat(value(expression)).isEqualTo(expected));
            });
  }

  private static String value(String expression) {
    KernelText kernel = KernelText.of(PREPARE.replace("EXPRESSION", expression)).with(SIGNATURE);
    try {
      kernel.lower();
    } catch (CompilationException fault) {
      Diagnostic first = fault.diagnostics().getFirst();
      return "! " + first.message() + first.hint().map(hint -> " [" + hint + "]").orElse("");
    }
    return kernel.output().getFirst();
  }
}
