package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Excerpts in pages are true: a block behind a comment {@code <!-- from ./kiln ... -->} holds lines
 * of what that command prints, one after the other; {@code ...} stands for lines that are left out.
 * Numbers of registers and values do not count, nor do times, lengths of texts and {@code .loc}
 * lines; in blocks of {@code ptx} comments are the page's. {@code -Dkiln.update=true} puts in what
 * is printed now, by the operations of lines where they are not the same any more.
 */
class DocumentedExcerptsTest {
  private static final Path DOCS = Path.of("..", "docs");
  private static final Pattern FROM = Pattern.compile("<!-- from \\./kiln (.*) -->");
  private static final Pattern NAME = Pattern.compile("%[a-z]*\\d+|[\\d,.]+ (?:ms|lines)");

  /** Other versions of ptxas give others; an update brings those of now. */
  private static final Pattern REGISTERS = Pattern.compile("\\d+ registers");

  private static final String GAP = "...";
  private static final boolean UPDATES = Boolean.getBoolean("kiln.update");

  static Stream<Path> pages() throws IOException {
    try (var files = Files.list(DOCS)) {
      return files.filter(DocumentedExcerptsTest::hasExcerpts).sorted().toList().stream();
    }
  }

  private static boolean hasExcerpts(Path file) {
    try {
      return file.toString().endsWith(".md") && FROM.matcher(Files.readString(file)).find();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @MethodSource("pages")
  void excerptsStandInWhatCommandsPrint(Path page) throws IOException {
    List<String> lines = Files.readAllLines(page);
    List<String> now = new ArrayList<>();
    Map<String, List<String>> outputs = new HashMap<>();
    int at = 0;
    while (at < lines.size()) {
      String line = lines.get(at++);
      now.add(line);
      var from = FROM.matcher(line);
      if (!from.matches()) {
        continue;
      }
      String opening = lines.get(at++);
      assertThat(opening).as("%s:%d opens a block", page, at).startsWith("```");
      now.add(opening);
      List<String> output = outputs.computeIfAbsent(from.group(1), PageCommand::output);
      if (output.stream().anyMatch(printed -> printed.contains("not on the PATH"))) {
        continue; // ptxas is missing: what it would say stays unchecked
      }
      int end = at + lines.subList(at, lines.size()).indexOf("```");
      var excerpt = new Excerpt(output, opening.equals("```ptx"));
      while (at < end) {
        if (lines.get(at).equals(GAP)) {
          excerpt.leaveOut();
          now.add(lines.get(at++));
          continue;
        }
        int gap = lines.subList(at, end).indexOf(GAP);
        int stop = gap < 0 ? end : at + gap;
        now.addAll(excerpt.take(lines.subList(at, stop), page + ":" + (at + 1)));
        at = stop;
      }
    }
    if (UPDATES && !now.equals(lines)) {
      Files.write(page, now);
    }
  }

  @Test
  void kernelsInPagesAreThoseOfTheExamples() throws IOException {
    String readme = Files.readString(Path.of("..", "README.md"));
    String compiler = Files.readString(DOCS.resolve("compiler.md"));
    assertThat(block(readme, "python")).isEqualTo(example("add.py"));
    assertThat(block(compiler, "python")).isEqualTo(example("attention.py"));
  }

  private static String block(String page, String language) {
    int opening = page.indexOf("```" + language + "\n") + language.length() + 4;
    return page.substring(opening, page.indexOf("```", opening)).strip();
  }

  private static String example(String name) throws IOException {
    return Files.readString(Path.of("..", "examples", name)).replace("\n\n\n", "\n\n").strip();
  }

  /** Walks through an output along an excerpt. */
  private static final class Excerpt {
    private final List<String> output;
    private final boolean hasComments;
    private int next;
    private boolean mayLeaveOut;

    Excerpt(List<String> output, boolean hasComments) {
      this.output = output.stream().filter(line -> !line.startsWith("  .loc ")).toList();
      this.hasComments = hasComments;
    }

    void leaveOut() {
      mayLeaveOut = true;
    }

    /** Finds lines of the page that follow each other, and returns them as they are now. */
    List<String> take(List<String> written, String where) {
      List<String> shapes = written.stream().map(this::code).map(Excerpt::shape).toList();
      int found = find(shapes, UnaryOperator.identity());
      if (found < 0 && UPDATES) {
        found = find(shapes, Excerpt::operation);
      }
      assertThat(found)
          .as("%s is stale: not in what the command prints%n%s", where, String.join("\n", written))
          .isNotNegative();
      next = found + written.size();
      mayLeaveOut = false;
      List<String> now = new ArrayList<>();
      for (int i = 0; i < written.size(); i++) {
        now.add(withComment(output.get(found + i), written.get(i)));
      }
      return now;
    }

    /** Where lines begin that are the same in what the function leaves of them, or -1. */
    private int find(List<String> shapes, UnaryOperator<String> part) {
      int last = mayLeaveOut ? output.size() - shapes.size() : next;
      for (int at = next; at <= last; at++) {
        boolean isHere = at + shapes.size() <= output.size();
        for (int i = 0; isHere && i < shapes.size(); i++) {
          isHere = part.apply(shape(output.get(at + i))).equals(part.apply(shapes.get(i)));
        }
        if (isHere) {
          return at;
        }
      }
      return -1;
    }

    private String code(String written) {
      int comment = hasComments ? written.indexOf("//") : -1;
      return comment < 0 ? written : written.substring(0, comment);
    }

    private String withComment(String line, String written) {
      if (written.contains(" ms;") && shape(line).equals(shape(written))) {
        return written;
      }
      int width = code(written).length();
      return width == written.length()
          ? line
          : line + " ".repeat(Math.max(1, width - line.length())) + written.substring(width);
    }

    private static String shape(String line) {
      String named = NAME.matcher(line.strip()).replaceAll("%").replaceAll(" +", " ");
      return UPDATES ? named : REGISTERS.matcher(named).replaceAll("% registers");
    }

    private static String operation(String line) {
      return line.replaceFirst("^((?:%\\w* = )?\\S+).*", "$1");
    }
  }
}
