package dev.kiln.tests.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Pages about kernels: every family has one, and their examples compile and run. */
class KernelPagesTest {
  private static final Path DOCS = Path.of("..", "docs");
  private static final Path SOURCES = Path.of("..", "kernels", "src", "main");
  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]*)(?:#([^)]*))?\\)");

  @TempDir Path folder;

  @TestFactory
  Stream<DynamicTest> examplesRun() throws IOException {
    var examples = new ArrayList<Example>();
    for (Path page : pages()) {
      examples.addAll(Example.of(page));
    }
    examples.addAll(Example.of(DOCS.resolve("cache.md")));
    examples.addAll(Example.of(DOCS.resolve("classical-methods.md")));
    examples.addAll(Example.of(DOCS.resolve("models.md")));
    examples.addAll(Example.of(DOCS.resolve("tuning.md")));
    ClassLoader classes = compiled(folder, examples, packages());
    return examples.stream()
        .filter(Example::isRun)
        .map(e -> DynamicTest.dynamicTest(e.toString(), () -> run(classes, e)));
  }

  /** Runs what was {@link #compiled}. */
  static void run(ClassLoader classes, Example example) throws Throwable {
    try {
      classes.loadClass(example.name()).getMethod("run", Device.class).invoke(null, Devices.cpu());
    } catch (InvocationTargetException thrown) {
      throw thrown.getCause();
    }
  }

  /**
   * Compiles examples.
   *
   * @param folder where classes go
   * @param packages whose classes examples may name
   */
  static ClassLoader compiled(Path folder, List<Example> examples, List<String> packages)
      throws IOException {
    var sources = new ArrayList<JavaFileObject>();
    for (Example example : examples) {
      sources.add(new Source(example.name(), example.source(packages)));
    }
    var diagnostics = new DiagnosticCollector<JavaFileObject>();
    String classPath = System.getProperty("java.class.path");
    List<String> options =
        List.of("-proc:none", "-nowarn", "-cp", classPath, "-d", folder.toString());
    ToolProvider.getSystemJavaCompiler()
        .getTask(null, null, diagnostics, options, null, sources)
        .call();
    assertThat(
            diagnostics.getDiagnostics().stream()
                .filter(d -> d.getKind() == Diagnostic.Kind.ERROR)
                .map(
                    d ->
                        d.getSource().getName()
                            + ":"
                            + d.getLineNumber()
                            + " "
                            + d.getMessage(null)))
        .as("examples that do not compile")
        .isEmpty();
    return new URLClassLoader(
        new URL[] {folder.toUri().toURL()}, KernelPagesTest.class.getClassLoader());
  }

  @Test
  void everyKernelFileStandsInTheTable() throws IOException {
    String table = Files.readString(DOCS.resolve("kernels.md"));
    try (var files = Files.list(SOURCES.resolve("resources/dev/kiln/kernels"))) {
      assertThat(files)
          .filteredOn(KernelPagesTest::hasKernel)
          .extracting(file -> "`" + file.getFileName() + "`")
          .allSatisfy(name -> assertThat(table).contains(name));
    }
  }

  @Test
  void everyPageTellsItsSourceAndHasAPictureAndAnExample() throws IOException {
    for (Path page : pages()) {
      String text = Files.readString(page);
      assertThat(Files.readString(DOCS.resolve("kernels.md")))
          .as("links in kernels.md")
          .contains("kernels/" + page.getFileName());
      assertThat(text).as("%s: a file of kernels", page).containsPattern("`\\w+\\.py`");
      assertThat(text).as("%s: an example", page).contains("```java");
      assertThat(text).as("%s: a picture", page).containsPattern("[┌│►]|\\+--|-> ");
      assertThat(text).as("%s: limits", page).containsPattern("(?i)limits?\\b");
    }
  }

  @Test
  void linksLeadSomewhere() throws IOException {
    var pages = new ArrayList<>(pages());
    pages.add(DOCS.resolveSibling("README.md"));
    try (var others = Files.list(DOCS)) {
      others.filter(page -> page.toString().endsWith(".md")).sorted().forEach(pages::add);
    }
    for (Path page : pages) {
      var links = LINK.matcher(Files.readString(page));
      while (links.find()) {
        Path target = links.group(1).isEmpty() ? page : page.resolveSibling(links.group(1));
        assertThat(target).as("link %s in %s", links.group(), page).exists();
        if (links.group(2) != null) {
          assertThat(anchors(target)).as("link in %s", page).contains(links.group(2));
        }
      }
    }
  }

  private static List<String> anchors(Path page) throws IOException {
    return Files.readString(page)
        .lines()
        .filter(line -> line.startsWith("#"))
        .map(line -> line.replaceFirst("#+ ", "").toLowerCase(Locale.ROOT))
        .map(line -> line.replaceAll("[^\\w -]", "").replace(' ', '-'))
        .toList();
  }

  private static boolean hasKernel(Path file) {
    try {
      return file.toString().endsWith(".py") && Files.readString(file).contains("_kernel(");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Path> pages() throws IOException {
    try (var pages = Files.list(DOCS.resolve("kernels"))) {
      return pages.filter(page -> page.toString().endsWith(".md")).sorted().toList();
    }
  }

  /** Packages whose classes examples may name. */
  private static List<String> packages() throws IOException {
    Path root = SOURCES.resolve("java");
    try (var files = Files.walk(root)) {
      var packages =
          files
              .filter(file -> file.toString().endsWith(".java"))
              .filter(file -> !file.endsWith("package-info.java"))
              .map(file -> root.relativize(file.getParent()).toString())
              .map(name -> name.replace(File.separatorChar, '.'))
              .filter(name -> !name.endsWith(".reference") && !name.endsWith(".launch"))
              .distinct()
              .sorted()
              .collect(Collectors.toCollection(ArrayList::new));
      packages.addAll(List.of("dev.kiln.compiler.ir", "dev.kiln.runtime", "java.util"));
      packages.add("dev.kiln.ops.classical");
      return packages;
    }
  }

  /** A source file in memory. */
  private static final class Source extends SimpleJavaFileObject {
    private final String text;

    Source(String name, String text) {
      super(URI.create("string:///" + name + ".java"), Kind.SOURCE);
      this.text = text;
    }

    @Override
    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
      return text;
    }
  }
}
