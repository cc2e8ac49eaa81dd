package dev.kiln.tests.gpu;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.gpu.GpuKernel;
import dev.kiln.runtime.gpu.Ptxas;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;

/**
 * What ptxas says of PTX. It is asked once for each text: what it said is kept in the build's
 * folder, under the hash of the text, the target and the version of ptxas. Where ptxas is missing
 * tests do without it, unless the variable {@value #REQUIRED} is set: then they fail.
 */
final class PtxasVerdicts {
  private static final String REQUIRED = "KILN_TEST_PTXAS";
  private static final Path FOLDER = Path.of("target", "ptxas-verdicts");
  private static final String ACCEPTED = "accepted";
  private static final String REFUSED = "refused";
  private static final Pattern TARGET_LINES =
      Pattern.compile("^\\.(version|target) .*$", Pattern.MULTILINE);

  /** The earliest GPU that is known to accept a text. */
  private static final Map<String, Target> ACCEPTED_BY = new ConcurrentHashMap<>();

  private static final Optional<Ptxas> PTXAS = Ptxas.find();
  private static final String VERSION = PTXAS.map(Ptxas::version).orElse("");

  private PtxasVerdicts() {}

  /**
   * What ptxas said of a text.
   *
   * @param log its messages
   */
  record Verdict(boolean accepted, String log) {
    Ptxas.Figures figures() {
      if (!accepted) {
        throw new AssertionError("ptxas refuses it:\n" + log);
      }
      return Ptxas.Figures.of(log);
    }
  }

  /**
   * Whether there is a ptxas to ask.
   *
   * @throws AssertionError if there is none and there must be one
   */
  static boolean areAvailable() {
    if (PTXAS.isEmpty() && System.getenv(REQUIRED) != null) {
      throw new AssertionError("ptxas is not on the PATH, and " + REQUIRED + " is set");
    }
    return PTXAS.isPresent();
  }

  /** Skips the test where ptxas is missing. */
  static void assume() {
    Assumptions.assumeTrue(areAvailable(), "ptxas is not on the PATH");
  }

  /**
   * Whether a kernel is accepted. A text that an earlier GPU has accepted is not tried again: GPUs
   * take what earlier ones took.
   *
   * @return empty, or what ptxas says against it; ptxas must be available
   */
  static Optional<String> refusal(GpuKernel kernel, Target target) {
    String text = TARGET_LINES.matcher(kernel.ptx()).replaceAll("");
    Target earliest = ACCEPTED_BY.get(text);
    if (earliest != null && earliest.compareTo(target) <= 0) {
      return Optional.empty();
    }
    Verdict verdict = of(kernel, target);
    if (!verdict.accepted()) {
      return Optional.of(verdict.log());
    }
    ACCEPTED_BY.put(text, target);
    return Optional.empty();
  }

  static Verdict of(GpuKernel kernel, Target target) {
    return of(kernel.ptx(), target);
  }

  /** The verdict on a text; ptxas must be available. */
  static Verdict of(String ptx, Target target) {
    Path file = FOLDER.resolve(key(ptx, target) + ".txt");
    Optional<Verdict> kept = read(file);
    if (kept.isPresent()) {
      return kept.get();
    }
    Ptxas.Assembly assembly = PTXAS.orElseThrow().assemble(ptx, target);
    var verdict = new Verdict(assembly.cubin().isPresent(), assembly.log());
    write(file, verdict);
    return verdict;
  }

  private static Optional<Verdict> read(Path file) {
    try {
      if (!Files.exists(file)) {
        return Optional.empty();
      }
      String[] parts = Files.readString(file).split("\n", 2);
      return Optional.of(new Verdict(parts[0].equals(ACCEPTED), parts[1]));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Through a file of its own, since several processes may ask for the same text. */
  private static void write(Path file, Verdict verdict) {
    try {
      Files.createDirectories(FOLDER);
      Path written = Files.createTempFile(FOLDER, "new", ".tmp");
      Files.writeString(written, (verdict.accepted() ? ACCEPTED : REFUSED) + "\n" + verdict.log());
      Files.move(written, file, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String key(String ptx, Target target) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String part : new String[] {VERSION, target.label(), ptx}) {
        digest.update(part.getBytes(StandardCharsets.UTF_8));
        digest.update((byte) 0);
      }
      return HexFormat.of().formatHex(digest.digest(), 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
