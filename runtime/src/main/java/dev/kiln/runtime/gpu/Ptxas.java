package dev.kiln.runtime.gpu;

import dev.kiln.compiler.Target;
import dev.kiln.runtime.KilnException;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The assembler of the CUDA toolkit, where it is installed: PTX to the code of one GPU.
 *
 * @param program the executable
 */
public record Ptxas(Path program) {
  private static final Pattern REGISTERS = Pattern.compile("Used (\\d+) registers");
  private static final Pattern SPILLS =
      Pattern.compile(
          "(\\d+) bytes stack frame, (\\d+) bytes spill stores, (\\d+) bytes spill loads");
  private static final Pattern SHARED = Pattern.compile("(\\d+) bytes smem");

  /** A loss of performance is no warning to ptxas: serialised wgmma is one. */
  private static final Pattern WARNING = Pattern.compile("(?i)warning|performance loss");

  /**
   * What ptxas made of a text.
   *
   * @param cubin empty if it refused
   * @param log all that it said
   * @param figures empty if it refused
   */
  public record Assembly(Optional<byte[]> cubin, String log, Optional<Figures> figures) {}

  /**
   * What ptxas tells of a module; of several functions the largest figures.
   *
   * @param registers of a thread
   * @param stackBytes of a thread
   * @param spillStores bytes that a thread spills
   * @param spillLoads bytes that a thread reads back
   * @param sharedBytes static shared memory of a block
   * @param warnings lines, among them that wgmma is serialised
   */
  public record Figures(
      int registers,
      long stackBytes,
      long spillStores,
      long spillLoads,
      long sharedBytes,
      List<String> warnings) {
    public Figures {
      warnings = List.copyOf(warnings);
    }

    /** Reads them off what {@code ptxas -v} said. */
    public static Figures of(String log) {
      List<String> warnings =
          log.lines().filter(line -> WARNING.matcher(line).find()).map(String::strip).toList();
      return new Figures(
          (int) largest(REGISTERS, 1, log),
          largest(SPILLS, 1, log),
          largest(SPILLS, 2, log),
          largest(SPILLS, 3, log),
          largest(SHARED, 1, log),
          warnings);
    }

    public boolean spills() {
      return spillStores > 0 || spillLoads > 0;
    }

    @Override
    public String toString() {
      return "%d registers, %,d bytes spilled, %,d bytes of static shared memory%s"
          .formatted(
              registers,
              Math.max(spillStores, spillLoads),
              sharedBytes,
              warnings.isEmpty() ? "" : "; " + String.join("; ", warnings));
    }
  }

  /** The one on the PATH, else that of CUDA_HOME or CUDA_PATH. */
  public static Optional<Ptxas> find() {
    List<Path> folders = new ArrayList<>();
    for (String folder : environment("PATH").split(File.pathSeparator)) {
      folders.add(Path.of(folder));
    }
    for (String home : List.of(environment("CUDA_HOME"), environment("CUDA_PATH"))) {
      folders.add(Path.of(home, "bin"));
    }
    return folders.stream()
        .flatMap(
            folder ->
                List.of(folder.resolve("ptxas"), folder.resolve("ptxas.exe")).stream()
                    .filter(Files::isRegularFile)
                    .filter(Files::isExecutable))
        .findFirst()
        .map(Ptxas::new);
  }

  private static String environment(String name) {
    return System.getenv().getOrDefault(name, "");
  }

  /**
   * Its version: {@code 13.0.88}.
   *
   * @throws KilnException if it cannot be run
   */
  public String version() {
    String text = run(List.of(program.toString(), "--version")).text();
    Matcher matcher = Pattern.compile("V(\\d+(\\.\\d+)+)").matcher(text);
    return matcher.find() ? matcher.group(1) : text.strip();
  }

  /**
   * Assembles a module.
   *
   * @throws KilnException if ptxas cannot be run
   */
  public Assembly assemble(String ptx, Target target) {
    Path folder = null;
    try {
      folder = Files.createTempDirectory("kiln-ptxas");
      Path input = folder.resolve("kernel.ptx");
      Path output = folder.resolve("kernel.cubin");
      Files.writeString(input, ptx);
      Run run =
          run(
              List.of(
                  program.toString(),
                  "-v",
                  "-arch=" + target.label(),
                  "-o",
                  output.toString(),
                  input.toString()));
      String log = run.text().replace(input.toString(), "kernel.ptx");
      return run.code() == 0
          ? new Assembly(Optional.of(Files.readAllBytes(output)), log, Optional.of(Figures.of(log)))
          : new Assembly(Optional.empty(), log, Optional.empty());
    } catch (IOException e) {
      throw new KilnException("cannot run " + program + ": " + e.getMessage(), e);
    } finally {
      delete(folder);
    }
  }

  private static long largest(Pattern pattern, int group, String log) {
    return pattern
        .matcher(log)
        .results()
        .mapToLong(found -> Long.parseLong(found.group(group)))
        .max()
        .orElse(0);
  }

  private record Run(int code, String text) {}

  private static Run run(List<String> command) {
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      process.getOutputStream().close();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Run(process.waitFor(), text);
    } catch (IOException e) {
      throw new KilnException("cannot run " + command.getFirst() + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new KilnException("interrupted while " + command.getFirst() + " ran", e);
    }
  }

  private static void delete(Path folder) {
    if (folder == null) {
      return;
    }
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
      Files.delete(folder);
    } catch (IOException e) {
      // What is left is in the folder for temporary files.
    }
  }
}
