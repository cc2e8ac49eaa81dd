package dev.kiln.compiler.ptx;

import java.util.List;
import java.util.function.Consumer;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Instructions that a kernel brings as text, as opcodes of one {@link Node.Instruction}: {@code
 * $0}, {@code $1} stand for its results, then its operands; {@code $$} is a dollar, <code>${:uid}
 * </code> a number that is different each time (LLVM's language reference, inline assembler
 * expressions).
 */
public final class InlineText {
  private static final String PREFIX = "inline\n";
  private static final Pattern PLACEHOLDER =
      Pattern.compile("\\$(?:(\\$)|(\\d+)|\\{(\\d+)\\}|\\{:(uid)\\})");

  private InlineText() {}

  /** The opcode for a text. */
  public static String opcode(String text) {
    return PREFIX + text.strip();
  }

  static boolean isInline(String opcode) {
    return opcode.startsWith(PREFIX);
  }

  /**
   * Writes the text with names in their places.
   *
   * @param operands results, then operands
   * @param number of this text in the kernel
   * @param write appends the name of an operand
   */
  static void write(
      StringBuilder text,
      String opcode,
      List<Operand> operands,
      int number,
      Consumer<Operand> write) {
    String template = opcode.substring(PREFIX.length());
    // Names that the text declares must not be in the way of its next copy.
    boolean opens = template.contains(".reg") && !template.startsWith("{");
    text.append(opens ? "{ " : "");
    Matcher matcher = PLACEHOLDER.matcher(template);
    int copied = 0;
    while (matcher.find()) {
      text.append(template, copied, matcher.start());
      copied = matcher.end();
      String index = matcher.group(2) == null ? matcher.group(3) : matcher.group(2);
      if (index != null) {
        write.accept(operands.get(Integer.parseInt(index)));
      } else {
        text.append(matcher.group(4) == null ? "$" : Integer.toString(number));
      }
    }
    text.append(template, copied, template.length());
    text.append(template.endsWith(";") || template.endsWith("}") ? "" : ";");
    text.append(opens ? " }\n" : "\n");
  }

  /** The greatest number of an operand that a text names; -1 if it names none. */
  public static int mostOperand(String text) {
    return PLACEHOLDER.matcher(text).results().mapToInt(InlineText::operand).max().orElse(-1);
  }

  private static int operand(MatchResult placeholder) {
    String index = placeholder.group(2) == null ? placeholder.group(3) : placeholder.group(2);
    return index == null ? -1 : Integer.parseInt(index);
  }
}
