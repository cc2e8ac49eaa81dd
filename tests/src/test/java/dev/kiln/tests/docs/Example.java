package dev.kiln.tests.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A block of Java in a page: the body of a method over {@code Device device}. What else it speaks
 * of is declared in a comment that readers do not see:
 *
 * <pre>
 *     &lt;!-- given
 *     var x = array(4, 3);
 *     --&gt;
 *     ```java
 * </pre>
 *
 * <p>Lines of the comment that begin with {@code import} decide between classes of one name.
 *
 * @param page the file's name
 * @param line of the block, from 1
 * @param given declarations, or nothing
 * @param isRun false after {@code given, not run}: what it does has no place in a test
 */
record Example(String page, int line, String given, String code, boolean isRun) {
  private static final Pattern BLOCK =
      Pattern.compile(
          "(?:<!-- given(, not run)?\\n(.*?)-->\\n\\s*)?```java\\n(.*?)```", Pattern.DOTALL);

  static List<Example> of(Path page) throws IOException {
    String text = Files.readString(page);
    var examples = new ArrayList<Example>();
    var matcher = BLOCK.matcher(text);
    while (matcher.find()) {
      int line =
          1 + (int) text.substring(0, matcher.start(3)).chars().filter(c -> c == '\n').count();
      String given = matcher.group(2) == null ? "" : matcher.group(2);
      examples.add(
          new Example(
              page.getFileName().toString(),
              line,
              given,
              matcher.group(3),
              matcher.group(1) == null));
    }
    return examples;
  }

  String name() {
    return "Example_" + page.replaceAll("\\W", "_") + "_" + line;
  }

  /** A class with a method {@code run}. */
  String source(List<String> packages) {
    var source = new StringBuilder();
    for (String name : packages) {
      source.append("import ").append(name).append(".*;\n");
    }
    source.append("import static ").append(Given.class.getName()).append(".*;\n");
    given
        .lines()
        .filter(line -> line.startsWith("import "))
        .forEach(line -> source.append(line).append('\n'));
    source.append("\npublic class ").append(name());
    source.append(" {\n  public static void run(Device device) throws Exception {\n");
    given.lines().filter(line -> !line.startsWith("import ")).forEach(line -> add(source, line));
    code.lines().forEach(line -> add(source, line));
    return source.append("  }\n}\n").toString();
  }

  private static void add(StringBuilder source, String line) {
    source.append("    ").append(line).append('\n');
  }

  @Override
  public String toString() {
    return page + ":" + line;
  }
}
