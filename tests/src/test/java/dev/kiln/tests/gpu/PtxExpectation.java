package dev.kiln.tests.gpu;

import dev.kiln.compiler.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A comment in a kernel's source that says what its PTX must be like:
 *
 * <pre>
 * comment := "# ptx" target {"," target} ["not"] ["[" case "]"] ":" item {"," item}
 * item    := measure relation (number | measure) | opcode
 * relation := "==" | "&lt;=" | "&gt;=" | "&lt;" | "&gt;"
 * </pre>
 *
 * <p>Behind code, an opcode (or how it begins) must occur, or after {@code not} must not, in what
 * is emitted for that line; on a line of its own the comment speaks of the whole kernel: the one in
 * which it is indented, else the next. Measures are those of {@link LaunchFigures}. A case is one
 * of {@link TunedCases}; without one all shipped cases that launch the kernel are meant.
 *
 * @param file name of the kernel file
 * @param line on which the comment stands, from 1
 * @param kernel the function that it speaks of
 * @param wholeKernel whether it stands on a line of its own
 * @param negated whether opcodes must not occur
 */
record PtxExpectation(
    String file,
    int line,
    String kernel,
    boolean wholeKernel,
    List<Target> targets,
    boolean negated,
    Optional<String> kernelCase,
    List<Item> items) {
  private static final Pattern COMMENT =
      Pattern.compile(
          "# ptx (?<targets>\\w+(?:, *\\w+)*)(?<not> not)?(?:"
              + " \\[(?<case>[^\\]]*)\\])?:(?<items>.*)");
  private static final Pattern ITEM =
      Pattern.compile("(?<left>\\w+) *(?<relation>==|<=|>=|<|>) *(?<right>[\\w.]+)");
  private static final Pattern OPCODE = Pattern.compile("[a-z]\\w*(\\.\\w+)*");
  private static final Pattern FUNCTION = Pattern.compile("def (\\w+)\\(.*");

  PtxExpectation {
    targets = List.copyOf(targets);
    items = List.copyOf(items);
  }

  /** What is demanded. */
  sealed interface Item {}

  /**
   * {@code left relation right}.
   *
   * @param right a number or another measure
   */
  record Bound(String left, String relation, String right) implements Item {
    boolean holds(double a, double b) {
      return switch (relation) {
        case "==" -> a == b;
        case "<=" -> a <= b;
        case ">=" -> a >= b;
        case "<" -> a < b;
        default -> a > b;
      };
    }

    @Override
    public String toString() {
      return left + " " + relation + " " + right;
    }
  }

  /** How an instruction begins. */
  record Opcode(String text) implements Item {
    boolean matches(String instruction) {
      return instruction.equals(text) || instruction.startsWith(text + ".");
    }
  }

  /**
   * The expectations of a kernel file.
   *
   * @throws IllegalArgumentException naming the line that is none
   */
  static List<PtxExpectation> read(String file, List<String> lines) {
    List<PtxExpectation> expectations = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      int at = lines.get(i).indexOf("# ptx");
      if (at >= 0) {
        expectations.add(parse(file, lines, i, at));
      }
    }
    return expectations;
  }

  private static PtxExpectation parse(String file, List<String> lines, int index, int at) {
    String text = lines.get(index).substring(at);
    String place = file + ":" + (index + 1) + ": ";
    Matcher matcher = COMMENT.matcher(text);
    if (!matcher.matches()) {
      throw new IllegalArgumentException(place + "no expectation: " + text);
    }
    List<Target> targets = new ArrayList<>();
    for (String label : matcher.group("targets").split(", *")) {
      targets.add(
          Target.parse(label)
              .filter(Target::isGpu)
              .orElseThrow(() -> new IllegalArgumentException(place + "no target: " + label)));
    }
    List<Item> items = new ArrayList<>();
    for (String item : matcher.group("items").split(",")) {
      items.add(item(place, item.strip()));
    }
    boolean alone = lines.get(index).substring(0, at).isBlank();
    return new PtxExpectation(
        file,
        index + 1,
        function(place, lines, index, at == 0),
        alone,
        targets,
        matcher.group("not") != null,
        Optional.ofNullable(matcher.group("case")),
        items);
  }

  private static Item item(String place, String text) {
    Matcher bound = ITEM.matcher(text);
    if (bound.matches()) {
      LaunchFigures.requireMeasure(place, bound.group("left"));
      if (!Character.isDigit(bound.group("right").charAt(0))) {
        LaunchFigures.requireMeasure(place, bound.group("right"));
      }
      return new Bound(bound.group("left"), bound.group("relation"), bound.group("right"));
    }
    if (!OPCODE.matcher(text).matches()) {
      throw new IllegalArgumentException(place + "neither a bound nor an opcode: " + text);
    }
    return new Opcode(text);
  }

  /** The function around a line, or after it if the comment is not indented. */
  private static String function(String place, List<String> lines, int index, boolean after) {
    int step = after ? 1 : -1;
    for (int i = index; i >= 0 && i < lines.size(); i += step) {
      Matcher matcher = FUNCTION.matcher(lines.get(i));
      if (matcher.matches()) {
        return matcher.group(1);
      }
    }
    throw new IllegalArgumentException(place + "there is no function for this comment");
  }

  boolean needsRun() {
    return items.stream()
        .anyMatch(item -> item instanceof Bound b && LaunchFigures.needsRun(b.left(), b.right()));
  }

  @Override
  public String toString() {
    return "%s:%d %s %s".formatted(file, line, kernel, items);
  }
}
