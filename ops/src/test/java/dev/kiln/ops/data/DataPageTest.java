package dev.kiln.ops.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.ops.text.BytePairTokenizer;
import dev.kiln.ops.text.BytePairTraining;
import dev.kiln.ops.text.TextSource;
import dev.kiln.ops.text.TokenBatch;
import dev.kiln.ops.text.TokenSource;
import dev.kiln.ops.text.TokenWindows;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The code of {@code docs/data.md} stands here, too, between blank lines, and does what it says.
 */
class DataPageTest {
  @TempDir Path folder;

  @Test
  void blocksOfThePageStandInThisTest() throws IOException {
    String page = Files.readString(Path.of("..", "docs", "data.md"));
    String name = getClass().getName().replace('.', '/') + ".java";
    String test = plain(Files.readString(Path.of("src", "test", "java").resolve(name)));
    List<String> blocks =
        Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
            .matcher(page)
            .results()
            .map((MatchResult block) -> plain(block.group(1)))
            .toList();
    assertThat(blocks).hasSize(4).allSatisfy(block -> assertThat(test).contains(block));
  }

  private static String plain(String code) {
    return code.replaceAll("\\s+", " ").strip();
  }

  @Test
  void imagesAreSplitAugmentedAndDealtOut() {

    LabeledImages digits = Mnist.bundled().training();
    Split split = Split.stratified(digits.classOfEach(), 0.1, 0, 7);
    var plan =
        ExamplePlan.of(digits.subset(split.training()), 64)
            .shuffled(7)
            .augmented(ImageAugmentations.distort(Distortion.DIGITS).then(Normalization.MNIST))
            .dropLast();
    Position position;
    try (var batches = new Prefetcher<>(plan, 4)) {
      Batch first = batches.next(); // 64 x 1 x 28 x 28 values, 64 classes
      position = batches.position(); // for a checkpoint

      assertThat(first.shape()).containsExactly(64, 1, 28, 28);
    }

    try (var batches = new BatchLoader<>(plan)) {
      batches.restore(position);
      Batch second = batches.next(); // what would have come second

      assertThat(second.values()).isEqualTo(plan.batch(0, 1).values());
    }
  }

  @Test
  void tablesAreEncodedByTheirTrainingPart() throws IOException {
    var text = new StringBuilder("age,size,colour,kind\n");
    for (int i = 0; i < 40; i++) {
      text.append(i).append(i % 3 == 0 ? ",small," : ",large,").append(i % 2 == 0 ? "red," : ",");
      text.append(i < 20 ? "cat\n" : "dog\n");
    }
    Path file = Files.writeString(folder.resolve("animals.csv"), text);

    Table table = CsvFile.read(file, CsvFormat.DETECTED);
    Split split = Split.stratified(table.codes("kind"), 0.2, 0, 7);
    TableSchema schema =
        TableSchema.infer(table)
            .classes("kind")
            .with("size", Column.ordinal("small", "large"))
            .with("age", Column.number().scaled(Scaling.ROBUST).missing(Missing.MEAN).indicated());
    TableEncoder encoder = TableEncoder.fit(table.subset(split.training()), schema);
    EncodedTable validation = encoder.encode(table.subset(split.validation()));
    String state = encoder.toJson(); // for a checkpoint; TableEncoder.fromJson reads it

    assertThat(validation.names()).containsExactly("age", "age missing", "size", "colour=red");
    assertThat(state).contains("\"colour\"");
  }

  @Test
  void textBecomesWindowsOfTokens() throws IOException {
    Path file = Files.writeString(folder.resolve("t"), "to be or not to be. ".repeat(100));

    String text = TextSource.read(file, 20_000_000);
    BytePairTokenizer tokenizer = new BytePairTraining(300).add(text).train();
    TokenSource tokens = TokenSource.of(tokenizer.encode(text), tokenizer.vocabularySize());
    TokenSource.Parts parts = tokens.split(0.1);
    TokenWindows training = TokenWindows.random(parts.training(), 8, 16, 7);
    TokenWindows validation = TokenWindows.inOrder(parts.validation(), 8, 16);
    TokenBatch batch = training.batch(0, 0); // 8 x 16 inputs, and what follows each

    assertThat(batch.inputs()).hasSize(128);
    assertThat(validation.batches(0)).isPositive();
  }
}
