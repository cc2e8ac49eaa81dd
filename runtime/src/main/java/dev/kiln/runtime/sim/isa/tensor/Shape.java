package dev.kiln.runtime.sim.isa.tensor;

import dev.kiln.runtime.sim.program.DecodeContext;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code .m16n8k16}: A is m x k, B k x n, C and D m x n. */
record Shape(int m, int n, int k) {
  private static final Pattern WORD = Pattern.compile("m(\\d{1,3})n(\\d{1,3})k(\\d{1,3})");

  /** Takes the shape out of an instruction's modifiers. */
  static Shape take(DecodeContext context) {
    for (String word : context.modifiers().left()) {
      Matcher matcher = WORD.matcher(word);
      if (matcher.matches()) {
        context.modifiers().take(word);
        return new Shape(
            Integer.parseInt(matcher.group(1)),
            Integer.parseInt(matcher.group(2)),
            Integer.parseInt(matcher.group(3)));
      }
    }
    throw context.malformed("has no shape");
  }

  boolean is(int otherM, int otherN, int otherK) {
    return m == otherM && n == otherN && k == otherK;
  }

  @Override
  public String toString() {
    return "m" + m + "n" + n + "k" + k;
  }
}
