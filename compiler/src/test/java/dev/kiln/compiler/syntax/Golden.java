package dev.kiln.compiler.syntax;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DynamicTest;

/**
 * A file of cases, each a title after {@code ###}, a text, and after {@code ---} what is made of
 * it. With the property {@code kiln.update} the file is rewritten with what is made now.
 */
final class Golden {
  private record Case(String title, String input, String expected) {}

  private Golden() {}

  static List<DynamicTest> tests(String resource, UnaryOperator<String> result) {
    Path file = Path.of("src/test/resources/dev/kiln/compiler/syntax", resource);
    try {
      var cases = parse(Files.readString(file));
      if (Boolean.getBoolean("kiln.update")) {
        Files.writeString(
            file,
            cases.stream()
                .map(c -> "### " + c.title() + "\n" + c.input() + "---\n" + result.apply(c.input()))
                .collect(Collectors.joining("\n")));
      }
      return parse(Files.readString(file)).stream()
          .map(
              c ->
                  DynamicTest.dynamicTest(
                      c.title(), () -> assertThat(result.apply(c.input())).isEqualTo(c.expected())))
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Case> parse(String text) {
    var cases = new ArrayList<Case>();
    for (String part : text.split("(?m)^### ")) {
      if (part.isBlank()) {
        continue;
      }
      int titleEnd = part.indexOf('\n');
      int divider = part.indexOf("\n---\n");
      String body =
          divider < 0 ? part.substring(titleEnd + 1) : part.substring(titleEnd + 1, divider + 1);
      String expected = divider < 0 ? "" : part.substring(divider + 5);
      cases.add(new Case(part.substring(0, titleEnd), body, expected.strip() + "\n"));
    }
    return cases;
  }
}
