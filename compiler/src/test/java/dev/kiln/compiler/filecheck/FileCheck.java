package dev.kiln.compiler.filecheck;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Directives, each in a comment of its own, checked in order against a text:
 *
 * <ul>
 *   <li>{@code ; check: T} a line from here on contains T;
 *   <li>{@code ; check-next: T} the next line contains T;
 *   <li>{@code ; check-same: T} the line just matched contains T, further right;
 *   <li>{@code ; check-not: T} no line between the matches around it contains T (after the last: up
 *       to the end, or to the next label);
 *   <li>{@code ; check-label: T} a line contains T; checks before it look at lines before it only.
 * </ul>
 *
 * <p>In T, runs of blanks match any blanks, {@code {{..}}} is a regular expression, {@code
 * [[NAME:regex]]} matches and remembers, {@code [[NAME]]} is what was remembered.
 */
public final class FileCheck {
  private static final Pattern DIRECTIVE =
      Pattern.compile("^\\s*;\\s*check(-next|-same|-not|-label)?:\\s?(.*)$");
  private static final Pattern HOLE =
      Pattern.compile("\\{\\{(.+?)\\}\\}|\\[\\[(\\w+)(?::(.+?))?\\]\\]");

  private enum Kind {
    CHECK,
    NEXT,
    SAME,
    NOT,
    LABEL
  }

  private record Directive(Kind kind, String pattern, int line) {}

  private final List<Directive> directives;
  private final List<String> lines;
  private final Map<String, String> variables = new HashMap<>();

  private FileCheck(List<Directive> directives, List<String> lines) {
    this.directives = directives;
    this.lines = lines;
  }

  /** Whether a text holds any directives. */
  public static boolean hasDirectives(String expectations) {
    return !directives(expectations).isEmpty();
  }

  /** The first directive that the text does not fulfil, told in words; empty if there is none. */
  public static Optional<String> check(String expectations, String text) {
    return new FileCheck(directives(expectations), text.lines().toList()).run();
  }

  private static List<Directive> directives(String expectations) {
    var directives = new ArrayList<Directive>();
    int number = 0;
    for (String line : expectations.lines().toList()) {
      number++;
      Matcher matcher = DIRECTIVE.matcher(line);
      if (matcher.matches()) {
        Kind kind =
            matcher.group(1) == null
                ? Kind.CHECK
                : Kind.valueOf(matcher.group(1).substring(1).toUpperCase());
        directives.add(new Directive(kind, matcher.group(2).strip(), number));
      }
    }
    return directives;
  }

  private Optional<String> run() {
    int line = 0; // where the next check begins
    int start = 0;
    while (start < directives.size()) {
      int end = start;
      while (end < directives.size() && directives.get(end).kind != Kind.LABEL) {
        end++;
      }
      int limit = lines.size();
      if (end < directives.size()) {
        Optional<Integer> label = find(directives.get(end), line, lines.size());
        if (label.isEmpty()) {
          return fault(directives.get(end), "no line from " + (line + 1) + " on contains it");
        }
        limit = label.get();
      }
      Optional<String> fault = section(directives.subList(start, end), line, limit);
      if (fault.isPresent()) {
        return fault;
      }
      line = limit + 1;
      start = end + 1;
    }
    return Optional.empty();
  }

  private Optional<String> section(List<Directive> section, int from, int limit) {
    int line = from;
    int column = 0;
    var forbidden = new ArrayList<Directive>();
    for (Directive directive : section) {
      switch (directive.kind) {
        case NOT -> forbidden.add(directive);
        case CHECK -> {
          Optional<Integer> found = find(directive, line, limit);
          if (found.isEmpty()) {
            return fault(directive, "no line from " + (line + 1) + " on contains it");
          }
          Optional<String> fault = absent(forbidden, line, found.get());
          if (fault.isPresent()) {
            return fault;
          }
          line = found.get() + 1;
          column = end(directive, found.get(), 0);
        }
        case NEXT -> {
          if (line >= limit || end(directive, line, 0) < 0) {
            return fault(directive, "line " + (line + 1) + " does not contain it");
          }
          column = end(directive, line, 0);
          line++;
        }
        case SAME -> {
          column = line == 0 ? -1 : end(directive, line - 1, column);
          if (column < 0) {
            return fault(directive, "line " + line + " does not contain it further right");
          }
        }
        case LABEL -> throw new IllegalStateException("labels end sections");
      }
    }
    return absent(forbidden, line, limit);
  }

  private Optional<String> absent(List<Directive> forbidden, int from, int to) {
    for (Directive directive : forbidden) {
      Optional<Integer> found = find(directive, from, to);
      if (found.isPresent()) {
        return fault(directive, "line " + (found.get() + 1) + " contains it");
      }
    }
    forbidden.clear();
    return Optional.empty();
  }

  private Optional<Integer> find(Directive directive, int from, int to) {
    for (int line = from; line < to; line++) {
      if (end(directive, line, 0) >= 0) {
        return Optional.of(line);
      }
    }
    return Optional.empty();
  }

  /** Column after the match of a directive in a line, or -1; remembers its variables. */
  private int end(Directive directive, int line, int column) {
    var names = new ArrayList<String>();
    Matcher matcher = compile(directive.pattern, names).matcher(lines.get(line));
    if (!matcher.find(Math.max(0, column))) {
      return -1;
    }
    for (String name : names) {
      variables.put(name, matcher.group(name));
    }
    return matcher.end();
  }

  private Pattern compile(String text, List<String> names) {
    var regex = new StringBuilder();
    Matcher hole = HOLE.matcher(text);
    int position = 0;
    while (hole.find()) {
      literal(text.substring(position, hole.start()), regex);
      position = hole.end();
      if (hole.group(1) != null) {
        regex.append("(?:").append(hole.group(1)).append(')');
      } else if (hole.group(3) != null) {
        names.add(hole.group(2));
        regex.append("(?<").append(hole.group(2)).append('>').append(hole.group(3)).append(')');
      } else {
        regex.append(Pattern.quote(variables.getOrDefault(hole.group(2), hole.group())));
        regex.append("\\b");
      }
    }
    literal(text.substring(position), regex);
    return Pattern.compile(regex.toString());
  }

  private static void literal(String text, StringBuilder regex) {
    String[] words = text.split("\\s+", -1);
    for (int i = 0; i < words.length; i++) {
      regex.append(i == 0 ? "" : "\\s+").append(Pattern.quote(words[i]));
    }
  }

  private Optional<String> fault(Directive directive, String why) {
    String kind = directive.kind == Kind.CHECK ? "" : "-" + directive.kind.name().toLowerCase();
    return Optional.of(
        "line %d: check%s: %s%n  %s in:%n%s"
            .formatted(directive.line, kind, directive.pattern, why, String.join("\n", lines)));
  }
}
