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
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;

/**
 * What ptxas says of PTX. It is asked once for each text: what it said is kept in the build's
 * folder, under the hash of the text, the target and the version of ptxas.
 */
final class PtxasVerdicts {
  private static final Path FOLDER = Path.of("target", "ptxas-verdicts");
  private static final String ACCEPTED = "accepted";
  private static final String REFUSED = "refused";
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

  static boolean areAvailable() {
    return PTXAS.isPresent();
  }

  /** Skips the test where ptxas is missing. */
  static void assume() {
    Assumptions.assumeTrue(areAvailable(), "ptxas is not on the PATH");
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
