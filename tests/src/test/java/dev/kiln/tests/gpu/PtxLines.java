package dev.kiln.tests.gpu;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Which instructions a PTX text has for which line of the source. */
final class PtxLines {
  private static final Pattern FILE = Pattern.compile("\\s*\\.file\\s+(\\d+)\\s+\"(.*)\".*");
  private static final Pattern LOC = Pattern.compile("\\s*\\.loc\\s+(\\d+)\\s+(\\d+)\\s+\\d+.*");
  private static final Pattern INSTRUCTION =
      Pattern.compile("\\s*(?:\\{\\s*)?(?:@!?[%$\\w]+\\s+)?([a-z]\\w*(?:\\.[\\w:]+)*)\\b.*;.*");

  private PtxLines() {}

  /**
   * Opcodes in the order of the text.
   *
   * @param file the end of the file's name
   * @param line from 1; 0 for all instructions
   */
  static List<String> opcodes(String ptx, String file, int line) {
    Map<String, String> files = new HashMap<>();
    ptx.lines()
        .map(FILE::matcher)
        .filter(Matcher::matches)
        .forEach(matcher -> files.put(matcher.group(1), matcher.group(2)));
    List<String> opcodes = new ArrayList<>();
    boolean wanted = line == 0;
    for (String text : ptx.lines().toList()) {
      Matcher loc = LOC.matcher(text);
      if (loc.matches()) {
        wanted =
            line == 0
                || Integer.parseInt(loc.group(2)) == line
                    && files.getOrDefault(loc.group(1), "").endsWith(file);
        continue;
      }
      Matcher instruction = INSTRUCTION.matcher(text);
      if (wanted && instruction.matches()) {
        opcodes.add(instruction.group(1));
      }
    }
    return opcodes;
  }
}
