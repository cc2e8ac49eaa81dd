package dev.kiln.tests.sim.fuzz;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * PTX texts spoilt at random. Each mutant has a number and is made from the seed and that number
 * alone, so that a failure can be repeated without the mutants before it.
 */
public final class PtxMutants {
  private static final Pattern TOKEN =
      Pattern.compile("[%$_]?[A-Za-z0-9_$]+|\\.[A-Za-z0-9_:]+|\\s+|[^A-Za-z0-9_$%.\\s]|.");

  private static final Pattern NUMBER = Pattern.compile("\\b(0[xX][0-9a-fA-F]+|[0-9]+)\\b");

  /** Numbers at borders: of widths, of sizes, and beyond all of them. */
  private static final String[] NUMBERS = {
    "0",
    "1",
    "-1",
    "2",
    "3",
    "7",
    "31",
    "32",
    "33",
    "127",
    "128",
    "255",
    "256",
    "1023",
    "1024",
    "65535",
    "65536",
    "2147483647",
    "2147483648",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "0xFFFFFFFF",
    "0x8000000000000000",
    "0f7F800000",
    "0f7FC00000",
    "0dFFF0000000000000",
    "1e400",
    "-1e-400",
    "0U",
    "(1<<63)",
    "1/0",
    "WARP_SZ"
  };

  private static final String[] SMALL_NUMBERS = {
    "0",
    "1",
    "2",
    "3",
    "4",
    "5",
    "8",
    "12",
    "16",
    "20",
    "31",
    "32",
    "33",
    "64",
    "96",
    "100",
    "128",
    "0xFF",
    "0xFFFF",
    "1024",
    "4096",
    "-1",
    "-4",
    "0f3F800000"
  };

  private static final String[] PIECES = {
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ";",
    ",",
    ":",
    "@",
    "!",
    "|",
    "_",
    "%",
    "\"",
    "/*",
    "*/",
    "//",
    "%r1",
    "%p1",
    "%rd1",
    ".reg .b32 %r<9>;",
    ".param",
    ".shared",
    ".v4",
    "::",
    "{{",
    "}}",
    "\u0000",
    "\u00e4",
    "\ud83d\ude00",
    "\r",
    ".align 64",
    "@%p1",
    "ret;",
    "bra L;",
    "L:",
    "<",
    ">",
    "=",
    "~-"
  };

  /** What each text costs beside its characters, when weights are made of it. */
  private static final double BASE_COST = 500;

  private final List<Original> originals;
  private final List<List<String>> tokens;
  private final double[] weightsUpTo;
  private final long seed;

  /** A text to be spoilt. */
  public record Original(String name, String text) {}

  /** A spoilt text and how it came about. */
  public record Mutant(int number, String text, String origin) {
    @Override
    public String toString() {
      return "mutant " + number + " " + origin;
    }
  }

  public PtxMutants(List<Original> originals, long seed) {
    this.originals = List.copyOf(originals);
    this.seed = seed;
    tokens = originals.stream().map(original -> split(original.text())).toList();
    weightsUpTo = new double[originals.size()];
    double sum = 0;
    for (int i = 0; i < weightsUpTo.length; i++) {
      sum += 1 / (BASE_COST + originals.get(i).text().length());
      weightsUpTo[i] = sum;
    }
  }

  /** A text, short ones more often, so that each text's mutants take about the same time. */
  private int choose(Random random) {
    double at = random.nextDouble() * weightsUpTo[weightsUpTo.length - 1];
    int found = Arrays.binarySearch(weightsUpTo, at);
    return Math.min(weightsUpTo.length - 1, found < 0 ? -found - 1 : found + 1);
  }

  private static List<String> split(String text) {
    return TOKEN.matcher(text).results().map(result -> result.group()).toList();
  }

  /** The mutant of that number, which is always the same. */
  public Mutant mutant(int number) {
    var random = new Random(seed * 0x9E37_79B9_7F4A_7C15L + number);
    int chosen = choose(random);
    String text = originals.get(chosen).text();
    var changes = new ArrayList<String>();
    boolean gentle = random.nextInt(3) != 0;
    int count = 1 + random.nextInt(4) * random.nextInt(2);
    for (int i = 0; i < count; i++) {
      var change = Change.any(random, gentle);
      changes.add(change.name());
      text = apply(change, text, random);
    }
    String origin = "of " + originals.get(chosen).name() + ", seed " + seed + ", " + changes;
    return new Mutant(number, text, origin);
  }

  private enum Change {
    FLIP_BIT,
    REPLACE_CHARACTER,
    INSERT_PIECE,
    DELETE_TOKEN,
    SWAP_TOKENS,
    REPEAT_TOKENS,
    REPLACE_TOKEN,
    CHANGE_NUMBER,
    TRUNCATE,
    DELETE_RANGE,
    SHUFFLE_LINES,
    DELETE_LINES,
    REPEAT_LINES,
    BORROW_LINES,
    DELETE_LINE,
    MOVE_LINE,
    REPLACE_ALIKE,
    REPLACE_NUMBER;

    /** Changes after which a text is often still PTX. */
    static final List<Change> GENTLE =
        List.of(
            DELETE_LINE, MOVE_LINE, REPLACE_ALIKE, REPLACE_ALIKE, REPLACE_ALIKE, REPLACE_NUMBER);

    static Change any(Random random, boolean gentle) {
      List<Change> from = gentle ? GENTLE : List.of(values());
      return from.get(random.nextInt(from.size()));
    }
  }

  private String apply(Change change, String text, Random random) {
    if (text.isEmpty()) {
      return PIECES[random.nextInt(PIECES.length)];
    }
    return switch (change) {
      case FLIP_BIT -> character(text, random, c -> (char) (c ^ 1 << random.nextInt(8)));
      case REPLACE_CHARACTER -> character(text, random, c -> (char) (32 + random.nextInt(95)));
      case INSERT_PIECE -> {
        int at = random.nextInt(text.length());
        String piece = PIECES[random.nextInt(PIECES.length)];
        yield text.substring(0, at) + repeated(piece, random) + text.substring(at);
      }
      case CHANGE_NUMBER -> number(text, random, NUMBERS);
      case REPLACE_NUMBER -> number(text, random, SMALL_NUMBERS);
      case TRUNCATE -> text.substring(0, random.nextInt(text.length()));
      case DELETE_RANGE -> {
        int from = random.nextInt(text.length());
        int to = Math.min(text.length(), from + 1 + random.nextInt(200));
        yield text.substring(0, from) + text.substring(to);
      }
      case DELETE_TOKEN, SWAP_TOKENS, REPEAT_TOKENS, REPLACE_TOKEN, REPLACE_ALIKE ->
          tokens(change, new ArrayList<>(split(text)), random);
      case SHUFFLE_LINES, DELETE_LINES, REPEAT_LINES, BORROW_LINES, DELETE_LINE, MOVE_LINE ->
          lines(change, new ArrayList<>(text.lines().toList()), random);
    };
  }

  private static String repeated(String piece, Random random) {
    return random.nextInt(20) == 0 ? piece.repeat(1 + random.nextInt(3000)) : piece;
  }

  private interface CharacterChange {
    char of(char character);
  }

  private static String character(String text, Random random, CharacterChange change) {
    int at = random.nextInt(text.length());
    return text.substring(0, at) + change.of(text.charAt(at)) + text.substring(at + 1);
  }

  private static String number(String text, Random random, String[] numbers) {
    var found = NUMBER.matcher(text).results().toList();
    if (found.isEmpty()) {
      return text;
    }
    var chosen = found.get(random.nextInt(found.size()));
    String number = numbers[random.nextInt(numbers.length)];
    return text.substring(0, chosen.start()) + number + text.substring(chosen.end());
  }

  private String tokens(Change change, List<String> all, Random random) {
    int at = random.nextInt(all.size());
    int end = Math.min(all.size(), at + 1 + random.nextInt(6));
    switch (change) {
      case DELETE_TOKEN -> all.remove(at);
      case SWAP_TOKENS -> Collections.swap(all, at, random.nextInt(all.size()));
      case REPEAT_TOKENS -> {
        var range = List.copyOf(all.subList(at, end));
        int times = random.nextInt(20) == 0 ? 300 : 1;
        all.addAll(at, Collections.nCopies(times, range).stream().flatMap(List::stream).toList());
      }
      case REPLACE_ALIKE -> alike(all, random);
      default -> {
        var source = tokens.get(random.nextInt(tokens.size()));
        all.set(at, source.get(random.nextInt(source.size())));
      }
    }
    return String.join("", all);
  }

  /** A register becomes another of its kind in the text, a modifier another of any text. */
  private void alike(List<String> all, Random random) {
    for (int tries = 0; tries < 50; tries++) {
      int at = random.nextInt(all.size());
      String old = all.get(at);
      var source = random.nextBoolean() ? all : tokens.get(random.nextInt(tokens.size()));
      String other = source.get(random.nextInt(source.size()));
      if (!other.equals(old) && kind(old) != 0 && kind(old) == kind(other)) {
        all.set(at, other);
        return;
      }
    }
  }

  /** A number for what may stand in each other's place; 0 for what has a place of its own. */
  private static int kind(String token) {
    if (token.startsWith("%")) {
      return token.replaceAll("[0-9]", "").hashCode() | 1;
    }
    return token.startsWith(".") ? 2 : Character.isLetter(token.charAt(0)) ? 4 : 0;
  }

  private String lines(Change change, List<String> all, Random random) {
    if (all.isEmpty()) {
      return "";
    }
    int at = random.nextInt(all.size());
    int end = Math.min(all.size(), at + 1 + random.nextInt(12));
    var range = all.subList(at, end);
    switch (change) {
      case SHUFFLE_LINES -> Collections.shuffle(range, random);
      case DELETE_LINES -> range.clear();
      case DELETE_LINE -> all.remove(at);
      case MOVE_LINE -> {
        String moved = all.remove(at);
        all.add(random.nextInt(all.size() + 1), moved);
      }
      case REPEAT_LINES -> all.addAll(at, List.copyOf(range));
      default -> {
        var source = originals.get(random.nextInt(originals.size())).text().lines().toList();
        int from = random.nextInt(source.size());
        int to = Math.min(source.size(), from + 1 + random.nextInt(12));
        all.addAll(at, source.subList(from, to));
      }
    }
    return all.stream().collect(Collectors.joining("\n", "", "\n"));
  }
}
