package dev.kiln.compiler.ir;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.diagnostics.Source;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Functions that break an invariant, in files under {@code tir/invalid}: cases lie between lines
 * {@code ; ---}; after each stands, in comments {@code ; error:}, exactly what the verifier says.
 */
class InvalidFileTest {
  private static final Path FOLDER = Path.of("src/test/resources/tir/invalid");
  private static final String BETWEEN = "; ---\n";
  private static final String ERROR = "; error: ";

  @TestFactory
  List<DynamicTest> theVerifierNamesWhatIsWrong() throws IOException {
    var tests = new ArrayList<DynamicTest>();
    try (Stream<Path> files = Files.list(FOLDER)) {
      for (Path path : files.sorted().toList()) {
        List<String> cases = List.of(Files.readString(path).split(BETWEEN));
        if (Boolean.getBoolean("kiln.update")) {
          cases = cases.stream().map(InvalidFileTest::withErrors).toList();
          Files.writeString(path, String.join(BETWEEN, cases));
        }
        for (String text : cases) {
          tests.add(
              DynamicTest.dynamicTest(path.getFileName() + " " + name(text), () -> check(text)));
        }
      }
    }
    return tests;
  }

  private static String name(String text) {
    return text.substring(text.indexOf('@'), text.indexOf('('));
  }

  private static void check(String text) {
    assertThat(problems(text)).isNotEmpty();
    assertThat(withErrors(text)).isEqualTo(text);
  }

  private static List<Verifier.Problem> problems(String text) {
    return Parser.parse(new Source("tir", text)).stream()
        .flatMap(function -> Verifier.problems(function).stream())
        .toList();
  }

  /** The case with what the verifier says now. */
  private static String withErrors(String text) {
    String input =
        text.lines().filter(line -> !line.startsWith(ERROR)).collect(Collectors.joining("\n"));
    String errors =
        problems(input + "\n").stream()
            .map(problem -> ERROR + problem + "\n")
            .collect(Collectors.joining());
    return input + "\n" + errors;
  }
}
