package dev.kiln.tests.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.ToolProvider;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;

/** The project of {@code docs/training.md} is built as it stands there, and prints what it says. */
class TrainingPageTest {
  private static final Path PAGE = Path.of("..", "docs", "training.md");

  /** A file's name in backticks, the last one before a block. */
  private static final Pattern FILE =
      Pattern.compile("`([\\w/.]+\\.(?:xml|py|java))`:\\n\\n```\\w+\\n(.*?)```", Pattern.DOTALL);

  private static final Pattern BLOCK = Pattern.compile("```(xml|python|java)\\n");
  private static final Pattern CONSOLE = Pattern.compile("```console\\n(.*?)```", Pattern.DOTALL);
  private static final Pattern COMMAND =
      Pattern.compile("^\\$ java .*?(?=example\\.)", Pattern.MULTILINE);

  @TempDir Path folder;
  private String page;
  private Map<String, String> files;

  @BeforeEach
  void read() throws IOException {
    page = Files.readString(PAGE);
    files = new LinkedHashMap<>();
    var found = FILE.matcher(page);
    while (found.find()) {
      files.put(found.group(1), found.group(2));
    }
  }

  @Test
  void everyBlockIsAFileOfTheProject() {
    assertThat(files).hasSize(Math.toIntExact(BLOCK.matcher(page).results().count()));
    assertThat(files).containsKeys("pom.xml", "src/main/resources/example/snake.py");
  }

  @Test
  void theProjectDependsOnThisBuild() throws Exception {
    Element project = xml(files.get("pom.xml"));
    Element dependency = (Element) project.getElementsByTagName("dependency").item(0);
    Element build = xml(Files.readString(Path.of("..", "pom.xml")));
    Element ops = xml(Files.readString(Path.of("..", "ops", "pom.xml")));
    assertThat(text(dependency, "groupId")).isEqualTo(text(build, "groupId"));
    assertThat(text(dependency, "version")).isEqualTo(text(build, "version"));
    assertThat(ops.getElementsByTagName("artifactId").item(1).getTextContent())
        .isEqualTo(text(dependency, "artifactId"));
    for (String plugin : List.of("maven-compiler-plugin", "maven-dependency-plugin")) {
      assertThat(files.get("pom.xml"))
          .contains("<version>" + text(build, plugin + ".version") + "</version>");
    }
  }

  private static Element xml(String text) throws Exception {
    var factory = DocumentBuilderFactory.newInstance();
    return factory
        .newDocumentBuilder()
        .parse(new org.xml.sax.InputSource(new java.io.StringReader(text)))
        .getDocumentElement();
  }

  private static String text(Element element, String name) {
    return element.getElementsByTagName(name).item(0).getTextContent();
  }

  @Test
  void theProjectPrintsWhatThePageSays() throws Exception {
    Path classes = compiled();
    String expected =
        CONSOLE
            .matcher(page)
            .results()
            .map(block -> COMMAND.matcher(block.group(1)).replaceAll("\\$ "))
            .collect(Collectors.joining())
            .replace("$ mvn -q package\n", "");
    List<String> commands =
        expected
            .lines()
            .filter(line -> line.startsWith("$ "))
            .map(line -> line.substring(2))
            .toList();
    assertThat(commands).hasSize(5);

    assertThat(run(classes, commands)).isEqualTo(plain(expected));

    assertThat(folder.resolve("run-fp32"))
        .isDirectoryContaining("glob:**/report.html")
        .isDirectoryContaining("glob:**/events.out.tfevents.*")
        .isDirectoryContaining("glob:**/steps.csv")
        .isDirectoryContaining("glob:**/validations.csv")
        .isDirectoryContaining("glob:**/step-*.checkpoint.safetensors")
        .isDirectoryContaining("glob:**/best.safetensors")
        .isDirectoryContaining("glob:**/run.json");
  }

  private static String plain(String text) {
    return text.lines().map(String::stripTrailing).collect(Collectors.joining("\n"));
  }

  private Path compiled() throws IOException {
    Path classes = Files.createDirectories(folder.resolve("target/classes"));
    var sources = new ArrayList<Path>();
    for (var file : files.entrySet()) {
      Path path = folder.resolve(file.getKey());
      Files.createDirectories(path.getParent());
      Files.writeString(path, file.getValue());
      if (file.getKey().endsWith(".java")) {
        sources.add(path);
      }
      if (file.getKey().startsWith("src/main/resources/")) {
        Path copy = classes.resolve(file.getKey().substring("src/main/resources/".length()));
        Files.createDirectories(copy.getParent());
        Files.copy(path, copy);
      }
    }
    var compiler = ToolProvider.getSystemJavaCompiler();
    var diagnostics = new DiagnosticCollector<JavaFileObject>();
    String classPath = classes + File.pathSeparator + System.getProperty("java.class.path");
    List<String> options = List.of("-proc:full", "-cp", classPath, "-d", classes.toString());
    try (var manager = compiler.getStandardFileManager(null, null, null)) {
      compiler
          .getTask(
              null,
              manager,
              diagnostics,
              options,
              null,
              manager.getJavaFileObjectsFromPaths(sources))
          .call();
    }
    assertThat(diagnostics.getDiagnostics())
        .filteredOn(d -> d.getKind() == Diagnostic.Kind.ERROR)
        .as("faults of the page's classes")
        .isEmpty();
    return classes;
  }

  private String run(Path classes, List<String> commands) throws Exception {
    String classPath = classes + File.pathSeparator + System.getProperty("java.class.path");
    List<String> line =
        Stream.concat(
                Stream.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "--add-modules",
                    "jdk.incubator.vector",
                    "--enable-native-access=ALL-UNNAMED",
                    "-XX:+UseSerialGC",
                    "-cp",
                    classPath,
                    PageProcess.class.getName()),
                commands.stream())
            .toList();
    Path output = folder.resolve("output");
    Path errors = folder.resolve("errors");
    Process process =
        new ProcessBuilder(line)
            .directory(folder.toFile())
            .redirectOutput(output.toFile())
            .redirectError(errors.toFile())
            .start();
    assertThat(process.waitFor(10, TimeUnit.MINUTES)).as("the page's commands end").isTrue();
    assertThat(process.exitValue()).as(Files.readString(errors)).isZero();
    return plain(Files.readString(output));
  }
}
