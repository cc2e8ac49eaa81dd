import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Formats the project's Java sources, or checks that they are formatted. Run by the root pom:
 * {@code java Format.java check|write|skip ROOT KNOWN}.
 *
 * <p>KNOWN is a file of digests of contents that need no change, so that a second run costs next to
 * nothing. Its name carries the formatter's version.
 */
final class Format {
  private static final List<String> MODULES =
      List.of("compiler", "runtime", "kernels", "ops", "references", "tests", ".ci");

  private enum Outcome {
    CLEAN,
    DIFFERS,
    BROKEN
  }

  private record Result(Path file, Outcome outcome, String digest) {}

  public static void main(String[] args) throws Exception {
    String mode = args[0];
    Path root = Path.of(args[1]);
    Path known = Path.of(args[2]);
    if (mode.equals("skip")) {
      return;
    }
    if (!mode.equals("check") && !mode.equals("write")) {
      System.err.println("kiln.format is " + mode + "; it may be check, write or skip");
      System.exit(2);
    }

    Set<String> clean =
        Files.exists(known) ? new HashSet<>(Files.readAllLines(known)) : new HashSet<>();
    List<Result> results =
        sources(root).parallelStream()
            .map(file -> format(file, clean, mode.equals("write")))
            .toList();
    Files.createDirectories(known.getParent());
    Files.write(
        known,
        results.stream()
            .filter(r -> r.outcome() == Outcome.CLEAN)
            .map(Result::digest)
            .distinct()
            .sorted()
            .toList());

    List<Path> differing = filesThat(Outcome.DIFFERS, results, root);
    if (!differing.isEmpty()) {
      differing.forEach(file -> System.err.println("not formatted: " + file));
      System.err.println("To format the sources: mvn -q -N -Pformat process-sources");
    }
    if (!differing.isEmpty() || !filesThat(Outcome.BROKEN, results, root).isEmpty()) {
      System.exit(1);
    }
  }

  private static List<Path> filesThat(Outcome outcome, List<Result> results, Path root) {
    return results.stream()
        .filter(r -> r.outcome() == outcome)
        .map(r -> root.relativize(r.file()))
        .sorted()
        .toList();
  }

  private static List<Path> sources(Path root) throws IOException {
    List<Path> files = new ArrayList<>();
    for (String module : MODULES) {
      Path folder = module.startsWith(".") ? root.resolve(module) : root.resolve(module, "src");
      if (Files.isDirectory(folder)) {
        try (Stream<Path> walk = Files.walk(folder)) {
          walk.filter(file -> file.toString().endsWith(".java")).forEach(files::add);
        }
      }
    }
    return files;
  }

  private static Result format(Path file, Set<String> clean, boolean write) {
    try {
      String source = Files.readString(file);
      String digest = digest(source);
      if (clean.contains(digest)) {
        return new Result(file, Outcome.CLEAN, digest);
      }
      String formatted = new Formatter().formatSourceAndFixImports(source);
      if (formatted.equals(source)) {
        return new Result(file, Outcome.CLEAN, digest);
      }
      if (!write) {
        return new Result(file, Outcome.DIFFERS, digest);
      }
      Files.writeString(file, formatted);
      return new Result(file, Outcome.CLEAN, digest(formatted));
    } catch (FormatterException e) {
      e.diagnostics().forEach(d -> System.err.println(file + ":" + d));
    } catch (IOException e) {
      System.err.println(file + ": " + e);
    }
    return new Result(file, Outcome.BROKEN, "");
  }

  private static String digest(String source) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(sha.digest(source.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
