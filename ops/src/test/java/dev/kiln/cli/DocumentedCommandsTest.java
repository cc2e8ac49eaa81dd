package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What pages show is what the command line prints: each {@code console} block is run, and its
 * output compared. {@code -Dkiln.update=true} writes the output into the pages.
 */
class DocumentedCommandsTest {
  private static final Path ROOT = Path.of("..");
  private static final String OPENS = "```console";
  private static final String CLOSES = "```";
  private static final String PROMPT = "$ " + PageCommand.PROGRAM;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "README.md",
        "docs/simulator.md",
        "docs/simulator-counters.md",
        "docs/compiler.md",
        "docs/training-commands.md"
      })
  void pagesShowWhatCommandsPrint(String page) throws IOException {
    Path file = ROOT.resolve(page);
    List<String> written = Files.readAllLines(file);
    List<String> actual = executed(written);
    if (Boolean.getBoolean("kiln.update") && !actual.equals(written)) {
      Files.write(file, actual);
    }
    assertThat(actual)
        .as("%s is stale: run this test with -Dkiln.update=true", page)
        .isEqualTo(Files.readAllLines(file));
  }

  /** A page with its outputs as they are now. */
  private static List<String> executed(List<String> page) {
    List<String> result = new ArrayList<>();
    int at = 0;
    while (at < page.size()) {
      String line = page.get(at++);
      result.add(line);
      if (!line.equals(OPENS)) {
        continue;
      }
      List<String> commands = new ArrayList<>();
      while (!page.get(at).equals(CLOSES)) {
        String text = page.get(at++);
        boolean continues = !commands.isEmpty() && commands.getLast().endsWith("\\");
        if (text.startsWith(PROMPT)) {
          commands.add(text);
        } else if (continues) {
          commands.add(commands.removeLast() + "\n" + text);
        }
      }
      for (String command : commands) {
        result.addAll(command.lines().toList());
        result.addAll(PageCommand.output(command.replace("\\\n", " ").substring(PROMPT.length())));
      }
    }
    return result;
  }
}
