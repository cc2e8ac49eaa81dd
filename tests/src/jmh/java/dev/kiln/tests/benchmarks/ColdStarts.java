package dev.kiln.tests.benchmarks;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.jar.JarOutputStream;
import java.util.zip.ZipEntry;

/**
 * Starts {@link StartedKernel} in new JVMs on one cache folder, from jars as users run it: the JVM
 * keeps loaded classes in an archive only of jars.
 */
final class ColdStarts {
  private static final int JVMS = 20;

  private final Path folder;
  private final String classPath;

  /**
   * Medians in milliseconds.
   *
   * @param ready until the kernel can run
   * @param ended until its first launch has ended
   * @param readyWork the processor's time of the calling thread until the kernel can run; 0 where
   *     the system does not tell
   * @param endedWork the same until its first launch has ended
   */
  record Medians(double ready, double ended, double readyWork, double endedWork) {}

  ColdStarts(Path folder) throws IOException {
    this.folder = folder;
    this.classPath = jars();
  }

  /** Folders of the class path as jars, and the jars that kernels need. */
  private String jars() throws IOException {
    List<String> jars = new ArrayList<>();
    for (String element : System.getProperty("java.class.path").split(java.io.File.pathSeparator)) {
      Path path = Path.of(element);
      if (Files.isDirectory(path)) {
        Path jar = folder.resolve("part" + jars.size() + ".jar");
        pack(path, jar);
        jars.add(jar.toString());
      } else if (element.contains("kiln") || element.contains("antlr4-runtime")) {
        jars.add(element);
      }
    }
    return String.join(java.io.File.pathSeparator, jars);
  }

  private static void pack(Path classes, Path jar) throws IOException {
    try (OutputStream file = Files.newOutputStream(jar);
        var out = new JarOutputStream(file)) {
      Files.walkFileTree(
          classes,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path path, BasicFileAttributes attributes)
                throws IOException {
              String name = classes.relativize(path).toString().replace('\\', '/');
              if (!name.equals("META-INF/MANIFEST.MF")) {
                out.putNextEntry(new ZipEntry(name));
                Files.copy(path, out);
                out.closeEntry();
              }
              return FileVisitResult.CONTINUE;
            }
          });
    }
  }

  /** One start that compiles, in milliseconds until the end of the first launch. */
  double compiling() {
    return start(List.of())[1] / 1e6;
  }

  /** Starts that find the kernel in the cache. */
  Medians cached(List<String> flags) {
    List<long[]> starts = new ArrayList<>();
    for (int i = 0; i < JVMS; i++) {
      starts.add(start(flags));
    }
    return new Medians(median(starts, 0), median(starts, 1), median(starts, 2), median(starts, 3));
  }

  private static double median(List<long[]> starts, int column) {
    return starts.stream().mapToLong(it -> it[column]).sorted().toArray()[JVMS / 2] / 1e6;
  }

  /** Flags for an archive of the classes that a start loads, which is made first. */
  List<String> archive() {
    Path archive = folder.resolve("start.jsa");
    start(List.of("-XX:ArchiveClassesAtExit=" + archive));
    return List.of("-XX:SharedArchiveFile=" + archive);
  }

  private long[] start(List<String> flags) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(JvmFlags.LAUNCHER);
    command.addAll(JvmFlags.START);
    command.addAll(flags);
    command.addAll(List.of("-Xlog:disable", "-cp", classPath, StartedKernel.class.getName()));
    var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
    builder.environment().remove("KILN_CACHE");
    builder.environment().put("KILN_CACHE_DIR", folder.resolve("cache").toString());
    try {
      Process process = builder.start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IllegalStateException("a start failed: " + output);
      }
      return Arrays.stream(output.strip().split(" ")).mapToLong(Long::parseLong).toArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
