package dev.kiln.compiler.python;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.diagnostics.Source;
import dev.kiln.compiler.syntax.KernelFileParser;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class PythonEvaluatorTest {
  /** {@code repr} of the value, or {@code !} and the error. */
  static String evaluated(String expression, Map<String, Object> names) {
    var evaluator = new PythonEvaluator(Environment.of(names).within(modules()));
    try {
      var syntax = KernelFileParser.parseExpression(new Source("test", expression));
      return PythonText.repr(evaluator.evaluate(syntax, Environment.of(names), names::put));
    } catch (PythonError e) {
      return "!" + e.type() + ": " + e.text();
    }
  }

  private static Environment modules() {
    return name ->
        switch (name) {
          case "math", "functools", "itertools", "operator", "triton" ->
              java.util.Optional.of(PySymbol.resolve(name));
          default -> java.util.Optional.empty();
        };
  }

  /** An expression, a tab, and what CPython 3.11 says of it. */
  static Stream<Arguments> whatPythonSays() {
    try (var in = PythonEvaluatorTest.class.getResourceAsStream("expressions.tsv")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .map(line -> line.split("\t"))
          .map(parts -> Arguments.of(parts[0].replace('\u240a', '\n'), parts[1]));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @MethodSource("whatPythonSays")
  void agreesWithPython(String expression, String result) {
    assertThat(evaluated(expression, new HashMap<>())).isEqualTo(result);
  }

  @Test
  void knowsTritonsArithmetic() {
    assertThat(
            evaluated(
                "triton.cdiv(7, 4), triton.next_power_of_2(5), triton.next_power_of_2(8)",
                new HashMap<>()))
        .isEqualTo("(2, 8, 8)");
  }
}
