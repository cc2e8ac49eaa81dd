package dev.kiln.tests.cuda.binding;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * The official {@code cuda.h} and a C compiler. Tests do without where one is missing, unless the
 * variable {@value #REQUIRED} is set: then they fail.
 *
 * @param include the folder of the header
 * @param compiler the program
 */
public record CudaToolkit(Path include, Path compiler) {
  /** The variable of the environment that demands both. */
  public static final String REQUIRED = "KILN_TEST_CUDA_HEADER";

  /**
   * The toolkit of this machine. Skips the test where there is none.
   *
   * @throws AssertionError if there is none and there must be one
   */
  public static CudaToolkit assume() {
    Optional<Path> include = include(System.getenv(), Path.of("/usr/local"));
    Optional<Path> compiler = compiler(System.getenv());
    if (include.isPresent() && compiler.isPresent()) {
      return new CudaToolkit(include.get(), compiler.get());
    }
    String reason =
        include.isEmpty()
            ? "no cuda.h: neither CUDA_HOME nor CUDA_PATH nor nvcc on the PATH lead to it"
            : "no C compiler (gcc or cc) on the PATH";
    if (System.getenv(REQUIRED) != null) {
      throw new AssertionError(reason + ", and " + REQUIRED + " is set");
    }
    Assumptions.abort(reason);
    throw new IllegalStateException("aborted");
  }

  /** The folder of {@code cuda.h}: what variables name, beside nvcc, else the newest toolkit. */
  static Optional<Path> include(Map<String, String> environment, Path installed) {
    List<Path> homes = new ArrayList<>();
    for (String variable : List.of("CUDA_HOME", "CUDA_PATH")) {
      Optional.ofNullable(environment.get(variable)).map(Path::of).ifPresent(homes::add);
    }
    onPath(environment, "nvcc").map(nvcc -> nvcc.getParent().getParent()).ifPresent(homes::add);
    homes.addAll(toolkits(installed));
    return homes.stream()
        .flatMap(home -> Stream.of("include", "targets/x86_64-linux/include").map(home::resolve))
        .filter(folder -> Files.isRegularFile(folder.resolve("cuda.h")))
        .findFirst();
  }

  static Optional<Path> compiler(Map<String, String> environment) {
    return onPath(environment, "gcc").or(() -> onPath(environment, "cc"));
  }

  private static List<Path> toolkits(Path installed) {
    if (!Files.isDirectory(installed)) {
      return List.of();
    }
    try (Stream<Path> folders = Files.list(installed)) {
      return folders
          .filter(folder -> folder.getFileName().toString().startsWith("cuda"))
          .sorted(Comparator.reverseOrder())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Optional<Path> onPath(Map<String, String> environment, String program) {
    return Stream.of(environment.getOrDefault("PATH", "").split(File.pathSeparator))
        .filter(folder -> !folder.isEmpty())
        .map(folder -> Path.of(folder, program))
        .filter(Files::isExecutable)
        .findFirst()
        .map(CudaToolkit::real);
  }

  private static Path real(Path file) {
    try {
      return file.toRealPath();
    } catch (IOException e) {
      return file;
    }
  }

  /** The source with all that it includes, macros kept as {@code #define}. */
  String preprocess(String source) {
    Outcome outcome = compile(source, "-E", "-dD", "-P");
    if (outcome.status() != 0) {
      throw new AssertionError(outcome.text());
    }
    return outcome.text();
  }

  /** What the compiler has against a source; empty if nothing. */
  Optional<String> faults(String source) {
    Outcome outcome = compile(source, "-fsyntax-only", "-Wall", "-Werror", "-ferror-limit=0");
    return outcome.status() == 0 ? Optional.empty() : Optional.of(outcome.text());
  }

  /** A shared library of the source, which includes nothing but standard headers and cuda.h. */
  public void library(String source, Path file) {
    Outcome outcome = compile(source, "-shared", "-fPIC", "-O1", "-o", file.toString());
    if (outcome.status() != 0) {
      throw new AssertionError(outcome.text());
    }
  }

  private record Outcome(int status, String text) {}

  private Outcome compile(String source, String... options) {
    List<String> command = new ArrayList<>(List.of(compiler.toString(), "-std=gnu11"));
    Stream.of(options)
        .filter(option -> !option.startsWith("-ferror-limit")) // of clang alone
        .forEach(command::add);
    command.addAll(List.of("-I", include.toString(), "-x", "c", "-"));
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      Thread.ofVirtual().start(() -> write(source, process));
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      return new Outcome(process.waitFor(), text);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static void write(String source, Process process) {
    try (var input = process.outputWriter(StandardCharsets.UTF_8)) {
      input.write(source);
    } catch (IOException e) {
      // The compiler has ended early, and says why.
    }
  }
}
