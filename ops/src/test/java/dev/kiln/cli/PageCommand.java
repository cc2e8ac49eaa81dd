package dev.kiln.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;

/** A command line in a page, run from the folder of this module. */
final class PageCommand {
  static final String PROGRAM = "./kiln ";

  private PageCommand() {}

  /**
   * What a command prints, on either stream.
   *
   * @param command without the program; its words have no blanks
   */
  static List<String> output(String command) {
    StringWriter printed = new StringWriter();
    PrintWriter writer = new PrintWriter(printed, true);
    String[] words = command.strip().split("\\s+");
    for (int i = 0; i < words.length; i++) {
      words[i] = words[i].replaceFirst("^(@?|.*=)(examples|kernels|tests)/", "$1../$2/");
    }
    KilnCommand.execute(words, writer, writer);
    return printed.toString().lines().map(line -> line.replace("../", "").stripTrailing()).toList();
  }
}
