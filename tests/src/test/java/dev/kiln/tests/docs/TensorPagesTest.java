package dev.kiln.tests.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.ops.function.AdversarialLosses;
import dev.kiln.ops.function.CrossEntropies;
import dev.kiln.ops.function.Losses;
import dev.kiln.ops.nn.Module;
import dev.kiln.ops.optim.UpdateRule;
import dev.kiln.ops.schedule.Schedule;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.ops.tensor.TensorCreation;
import java.io.IOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The pages about tensors and layers name all there is, and their examples run. */
class TensorPagesTest {
  private static final Path DOCS = Path.of("..", "docs");
  private static final Path SOURCES = Path.of("..", "ops", "src", "main", "java");
  private static final List<String> PACKAGES =
      List.of(
          "dev.kiln.compiler.ir",
          "dev.kiln.runtime",
          "dev.kiln.ops.data",
          "dev.kiln.ops.function",
          "dev.kiln.ops.model",
          "dev.kiln.ops.nn",
          "dev.kiln.ops.optim",
          "dev.kiln.ops.schedule",
          "dev.kiln.ops.tensor",
          "java.util");

  @TempDir Path folder;

  @TestFactory
  Stream<DynamicTest> examplesRun() throws IOException {
    var examples = new ArrayList<Example>();
    for (String page : List.of("tensors.md", "layers.md")) {
      examples.addAll(Example.of(DOCS.resolve(page)));
    }
    Example.of(DOCS.resolveSibling("README.md")).stream()
        .filter(e -> e.code().contains("Optimizer"))
        .forEach(examples::add);
    assertThat(examples).hasSize(3);
    ClassLoader classes = KernelPagesTest.compiled(folder, examples, PACKAGES);
    return examples.stream()
        .filter(Example::isRun)
        .map(e -> DynamicTest.dynamicTest(e.toString(), () -> KernelPagesTest.run(classes, e)));
  }

  @Test
  void everyOperationOfTensorsIsNamed() throws IOException {
    String page = Files.readString(DOCS.resolve("tensors.md"));
    Stream<String> operations =
        Arrays.stream(Tensor.class.getInterfaces())
            .flatMap(type -> Arrays.stream(type.getMethods()))
            .filter(Method::isDefault)
            .map(Method::getName);
    Stream<String> made =
        Arrays.stream(TensorCreation.class.getMethods())
            .filter(Method::isDefault)
            .map(Method::getName);
    assertThat(Stream.concat(operations, made).distinct())
        .isNotEmpty()
        .allSatisfy(name -> assertThat(isNamed(page, name)).isTrue());
  }

  @Test
  void everyLayerIsNamed() throws Exception {
    String page = Files.readString(DOCS.resolve("layers.md"));
    for (String packageName : List.of("dev.kiln.ops.nn", "dev.kiln.ops.nn.sequence")) {
      try (var files = Files.list(SOURCES.resolve(packageName.replace('.', '/')))) {
        for (Path file : files.filter(f -> f.toString().matches(".*/\\w+\\.java")).toList()) {
          String name = file.getFileName().toString().replace(".java", "");
          Class<?> type = Class.forName(packageName + "." + name);
          if (Module.class.isAssignableFrom(type)
              && Modifier.isPublic(type.getModifiers())
              && !Modifier.isAbstract(type.getModifiers())) {
            assertThat(isNamed(page, name)).as(name).isTrue();
          }
        }
      }
    }
  }

  @Test
  void everyLossRuleAndScheduleIsNamed() throws IOException {
    String page = Files.readString(DOCS.resolve("layers.md"));
    for (Class<?> family : List.of(Losses.class, CrossEntropies.class, UpdateRule.class)) {
      Arrays.stream(family.getDeclaredMethods())
          .filter(m -> Modifier.isStatic(m.getModifiers()) && Modifier.isPublic(m.getModifiers()))
          .map(Method::getName)
          .forEach(name -> assertThat(isNamed(page, name)).as(name).isTrue());
    }
    assertThat(isNamed(page, AdversarialLosses.class.getSimpleName())).isTrue();
    for (Class<?> schedule : Schedule.class.getPermittedSubclasses()) {
      assertThat(isNamed(page, schedule.getSimpleName())).as(schedule.getName()).isTrue();
    }
  }

  /** As code, perhaps behind the name of its class. */
  private static boolean isNamed(String page, String name) {
    return Pattern.compile("`(\\w+\\.)?" + name + "`").matcher(page).find();
  }
}
