package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.ops.checkpoint.CheckpointFolder;
import dev.kiln.ops.checkpoint.Safetensors;
import dev.kiln.runtime.Devices;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainCommandTest {
  private static final String GRAINS = "../examples/grains.csv";
  private static final String SALES = "../examples/sales.csv";

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @TempDir Path folder;

  /** A logistic regression of few steps; the name of a folder in the test's own. */
  private List<String> grains(String place, String... more) {
    var line = new ArrayList<>(List.of("train", "classify", "--data", GRAINS, "--target", "grain"));
    line.addAll(List.of("--model", "logistic", "--steps", "6", "--validate-every", "2"));
    line.addAll(List.of("--out", folder.resolve(place).toString()));
    line.addAll(List.of(more));
    return line;
  }

  // What a run prints and writes

  @Test
  void digitsAreTrainedAndReported() throws IOException {
    Path place = folder.resolve("digits");
    done("train", "mnist", "--steps", "4", "--hidden", "16", "--out", place.toString());
    assertThat(out.toString())
        .contains("val. loss", "accuracy", "matmul_kernel", "adam_kernel", "test accuracy");
    assertThat(err.toString())
        .contains("mlp with 12,730 parameters; 8,500 digits to train with, 1,500 to test")
        .contains("4 steps of 1 x 128 by adamw in fp32 on cpu; seed 1", "kernels made and warmed");
    assertThat(Files.readAllLines(place.resolve("steps.csv"))).hasSize(5);
    var weights = Safetensors.read(place.resolve("model.safetensors"), Devices.cpu());
    assertThat(weights.get("layers.1.weight").shape()).containsExactly(16, 784);
    assertThat(place.resolve("best.safetensors")).isNotEmptyFile();
    assertThat(place.resolve("report.html")).content().contains("Predictions", "Classification");
  }

  @Test
  void textIsLearnedAndContinued() throws IOException {
    Path text = Files.writeString(folder.resolve("t.txt"), "ab abc abcd abcde\n".repeat(120));
    Path place = folder.resolve("gpt");
    done(
        ("train gpt --data " + text + " --tokenizer char --layers 1 --width 16 --heads 2")
            + " --context 16 --steps 3 --sample-tokens 5 --out "
            + place);
    assertThat(err.toString()).contains("2,052 tokens of 7 to train with, 108 held out");
    assertThat(out.toString()).contains("perplexity", "attention", "validation loss");
    assertThat(place.resolve("tokenizer.json")).isNotEmptyFile();
    assertThat(place.resolve("report.html")).content().contains("Text samples");
    clear();
    done("train gpt --sample abc --resume " + place);
    assertThat(out.toString().strip()).startsWith("abc").hasSizeGreaterThan(5);
    Files.writeString(text, "abcde ".repeat(300));
    refused(
        1, "the run was made with other data or batches", "train gpt --steps 4 --resume " + place);
  }

  @Test
  void aTableOfClassesIsToldAndPredictionsAreWritten() throws IOException {
    done(grains("run"));
    assertThat(err.toString())
        .contains("logistic regression of \"grain\" from 6 numbers with 21 parameters; 320 rows");
    assertThat(Files.readAllLines(folder.resolve("run/predictions.csv")))
        .hasSize(81)
        .first()
        .isEqualTo("line,target,predicted,probability");
    assertThat(Files.readAllLines(folder.resolve("run/validations.csv")))
        .hasSize(4)
        .first()
        .isEqualTo("step,loss,accuracy,f1");
    assertThat(folder.resolve("run/encoder.json")).isNotEmptyFile();
  }

  @Test
  void aTableOfNumbersIsToldWithItsError() throws IOException {
    done(
        "train regress --data %s --target sold --steps 40 --hidden 8 --ordinal size=small<medium<large --drop rain --out %s"
            .formatted(SALES, folder.resolve("run")));
    assertThat(out.toString()).contains("mae", "rmse", "r2");
    assertThat(err.toString()).contains("MLP regression of \"sold\" from 5 numbers");
    assertThat(Files.readAllLines(folder.resolve("run/predictions.csv")).getFirst())
        .isEqualTo("line,target,predicted,residual");
    assertThat(folder.resolve("run/report.html")).content().contains("Regression");
  }

  @Test
  void foldsAreMeasuredOneByOne() throws IOException {
    done(
        "train regress --data %s --target sold --model linear --steps 5 --k-fold 3 --out %s"
            .formatted(SALES, folder));
    assertThat(out.toString())
        .contains("fold 1 of 3: loss", "fold 3 of 3", "mean of 3 folds", "standard deviation");
    assertThat(Files.readAllLines(folder.resolve("predictions.csv"))).hasSize(401);
  }

  @Test
  void jsonIsOneDocument() throws IOException {
    done("train classify --json --steps 2 --data " + GRAINS + " --target grain --hidden 4");
    JsonNode document = new ObjectMapper().readTree(out.toString());
    assertThat(document.get("workload").asText()).isEqualTo("classify");
    assertThat(document.get("steps").asInt()).isEqualTo(2);
    assertThat(document.get("validations")).isNotEmpty();
    assertThat(document.get("kernels").size()).isPositive();
    assertThat(document.get("accuracy").asDouble()).isBetween(0.0, 1.0);
    assertThat(document.get("warmUpSeconds").asDouble()).isPositive();
  }

  @Test
  void aScheduleIsPlotted() throws IOException {
    Path file = folder.resolve("rate.svg");
    String schedule =
        "train mnist --steps 100 --lr 0.5 --schedule warmup:10,cosine --plot-schedule";
    done(schedule);
    assertThat(out.toString()).startsWith("warmup:").contains("0.5 ┤", "99");
    done(schedule + "=" + file);
    assertThat(file).content().contains("<svg");
  }

  @Test
  void aScheduleIsPlottedWithoutAWorkload() {
    done("train --plot-schedule --schedule warmup:10,cosine --steps 50 --lr 0.25");
    assertThat(out.toString()).startsWith("warmup:").contains("0.25 ┤", "49");
  }

  // Resumption

  @Test
  void aResumedRunEndsWithTheSameBytes() throws IOException {
    done(grains("parts", "--checkpoint-every", "4", "--schedule", "constant", "--lr", "0.1"));
    Path parts = folder.resolve("parts");
    byte[] weights = Files.readAllBytes(parts.resolve("model.safetensors"));
    byte[] losses = Files.readAllBytes(parts.resolve("steps.csv"));
    // As if it had been killed after its first checkpoint.
    Files.delete(new CheckpointFolder(parts.resolve("checkpoints"), 2).all().getLast().file());
    clear();
    done("train classify --resume " + parts);
    assertThat(err.toString()).contains("going on after step 4");
    assertThat(parts.resolve("model.safetensors")).hasBinaryContent(weights);
    assertThat(parts.resolve("steps.csv")).hasBinaryContent(losses);
  }

  @Test
  void aDamagedCheckpointIsPassedOver() throws IOException {
    done(grains("run", "--checkpoint-every", "3"));
    Path last = new CheckpointFolder(folder.resolve("run/checkpoints"), 2).all().getLast().file();
    byte[] bytes = Files.readAllBytes(last);
    bytes[bytes.length - 1] ^= 1;
    Files.write(last, bytes);
    clear();
    done("train classify --resume " + folder.resolve("run"));
    assertThat(err.toString()).contains(last.toString(), "going on after step 3");
  }

  @Test
  void aFinishedRunGoesOnForMoreStepsWithAnotherSchedule() throws IOException {
    done(grains("run"));
    clear();
    done("train classify --resume " + folder.resolve("run"));
    assertThat(err.toString()).contains("the run is finished after 6 steps");
    done("train classify --steps 8 --schedule constant --resume " + folder.resolve("run"));
    assertThat(Files.readAllLines(folder.resolve("run/steps.csv"))).hasSize(9);
  }

  @Test
  void whatDoesNotFitARunIsRefused() {
    String run = folder.resolve("run").toString();
    done(grains("run"));
    refused(1, "holds a run already; go on with --resume", grains("run"));
    refused(
        1,
        "has --model logistic, which cannot become mlp when it is resumed",
        ("train classify --model mlp --resume " + run).split(" "));
    refused(
        1,
        "has no --batch, which cannot be added",
        ("train classify --batch 8 --resume " + run).split(" "));
    refused(
        1,
        "holds a run of classify: kiln train classify --resume",
        ("train mnist --resume " + run).split(" "));
    refused(2, "exclude each other", grains("other", "--resume", run));
  }

  @Test
  void foldersWithoutARunAreTold() throws IOException {
    refused(
        1, "cannot resume: there is no folder nowhere", "train", "mnist", "--resume", "nowhere");
    refused(1, "holds no run", "train", "mnist", "--resume", folder.toString());
    Files.writeString(folder.resolve("settings.json"), "{");
    refused(1, "is damaged or of another program", "train", "gpt", "--resume", folder.toString());
  }

  @Test
  void aRunThatEndedBeforeItsFirstCheckpointBeginsAnew() throws IOException {
    Files.writeString(
        folder.resolve("settings.json"),
        """
        {"workload": "classify", "options": {
          "--data": ["../examples/grains.csv"], "--target": ["grain"], "--model": ["logistic"],
          "--steps": ["2"]}}
        """);
    done("train classify --resume " + folder);
    assertThat(err.toString()).contains("there is no checkpoint in", "the run begins anew");
    assertThat(folder.resolve("model.safetensors")).isNotEmptyFile();
  }

  // Faults

  @Test
  void wrongUsageAndWrongInputAreToldApart() {
    refused(
        2, "there is no workload 'chess'; there are mnist, gpt, classify, regress", "train chess");
    refused(2, "a WORKLOAD is missing", "train");
    refused(2, "mutually exclusive", "train mnist --steps 1 --epochs 1");
    refused(2, "there is no model 'cnn'; there are mlp, lenet", "train mnist --model cnn");
    refused(2, "'x' is not", "train mnist --steps x");
    refused(1, "there is no precision 'fp1'", "train mnist --precision fp1");
    refused(1, "there is no optimizer 'adamx'", "train mnist --optimizer adamx");
    refused(1, "no schedule is called `x`", "train mnist --schedule x");
    refused(1, "--epochs must be above 0", "train mnist --epochs 0");
    refused(1, "--steps must be at least 1", "train mnist --steps 0");
    refused(1, "the learning rate must be above 0", "train mnist --lr -1");
    refused(1, "more than the 8,500 training images", "train mnist --batch 9000");
    refused(1, "holds neither train-images-idx3-ubyte", "train mnist --data " + folder);
    refused(1, "there is no device 'abacus'", "train mnist --device abacus");
  }

  @Test
  void faultsOfTablesAndTextsAreTold() {
    refused(2, "Missing required option: --data", "train classify");
    refused(2, "Missing required option: --target", "train regress --data " + SALES);
    refused(1, "nothing.csv", "train classify --target a --data nothing.csv");
    refused(
        1, "has no column \"price\"; it has size", "train regress --target price --data " + SALES);
    refused(1, "has no column \"age\"", "train regress --target sold --drop age --data " + SALES);
    refused(2, "takes COLUMN=A<B<C", "train regress --target sold --ordinal size --data " + SALES);
    refused(2, "there is no scaling", "train regress --target sold --scale x --data " + SALES);
    refused(2, "--missing takes", "train regress --target sold --missing x --data " + SALES);
    refused(1, "is no number", "train regress --target size --data " + SALES);
    refused(1, "there is no such file", "train gpt --data nothing.txt");
    refused(1, "heads must divide", "train gpt --data " + SALES + " --heads 3");
    refused(2, "--sample needs the run", "train gpt --sample x");
    refused(1, "neither char nor bpe nor a file", "train gpt --tokenizer x --data " + SALES);
  }

  @Test
  void aFolderThatCannotBeMadeIsNamedBeforeTraining() throws IOException {
    Path file = Files.createFile(folder.resolve("taken"));
    refused(1, "taken is no folder", "train", "mnist", "--steps", "1", "--out", file.toString());
    assertThat(err.toString()).hasLineCount(1);
  }

  private void refused(int code, String message, List<String> line) {
    refused(code, message, line.toArray(new String[0]));
  }

  private void refused(int code, String message, String line) {
    refused(code, message, line.split(" "));
  }

  private void refused(int code, String message, String... arguments) {
    clear();
    assertThat(run(arguments)).as("exit code; " + err).isEqualTo(code);
    assertThat(err.toString()).contains(message).doesNotContain("    at ");
  }

  private void clear() {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
  }

  private void done(List<String> line) {
    done(line.toArray(new String[0]));
  }

  private void done(String line) {
    done(line.split(" "));
  }

  private void done(String... arguments) {
    assertThat(run(arguments)).as(err.toString()).isZero();
  }

  private int run(String... arguments) {
    return KilnCommand.execute(arguments, new PrintWriter(out), new PrintWriter(err));
  }
}
