package dev.kiln.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.kiln.ops.checkpoint.Safetensors;
import dev.kiln.runtime.Devices;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void reportsEpochsKernelsAndAccuracyAndWritesWhatWasLearned(@TempDir Path folder)
      throws IOException {
    assertThat(run("train", "mnist", "--steps", "4", "--hidden", "16", "--out", folder.toString()))
        .as(err.toString())
        .isZero();
    assertThat(out.toString()).contains("epoch", "matmul_kernel", "adam_kernel", "test accuracy");
    assertThat(err.toString())
        .contains(
            "training on 8,500 digits, testing on 1,500; 12,730 parameters; 4 steps of 128 on cpu;"
                + " seed 1");
    assertThat(Files.readAllLines(folder.resolve("losses.csv")))
        .hasSize(5)
        .first()
        .isEqualTo("step,epoch,learning_rate,loss");
    assertThat(Files.readAllLines(folder.resolve("epochs.csv"))).hasSize(2);
    var weights = Safetensors.read(folder.resolve("model.safetensors"), Devices.cpu());
    assertThat(weights.get("layer1.weight").shape()).containsExactly(784, 16);
    assertThat(weights.get("layer2.bias").shape()).containsExactly(10);
  }

  @Test
  void theSameSeedWritesTheSameLosses(@TempDir Path folder) throws IOException {
    for (String name : new String[] {"a", "b"}) {
      Path to = folder.resolve(name);
      assertThat(
              run(
                  "train",
                  "mnist",
                  "--steps",
                  "3",
                  "--hidden",
                  "16",
                  "--seed",
                  "9",
                  "--out",
                  to.toString()))
          .isZero();
    }
    assertThat(folder.resolve("a/losses.csv"))
        .hasSameBinaryContentAs(folder.resolve("b/losses.csv"));
    assertThat(folder.resolve("a/model.safetensors"))
        .hasSameBinaryContentAs(folder.resolve("b/model.safetensors"));
  }

  @Test
  void jsonIsOneDocument() throws IOException {
    assertThat(run("train", "mnist", "--steps", "2", "--hidden", "16", "--json")).isZero();
    JsonNode document = new ObjectMapper().readTree(out.toString());
    assertThat(document.get("workload").asText()).isEqualTo("mnist");
    assertThat(document.get("steps").asInt()).isEqualTo(2);
    assertThat(document.get("epochs")).hasSize(1);
    assertThat(document.get("kernels").size()).isPositive();
    assertThat(document.get("testAccuracy").asDouble()).isBetween(0.0, 1.0);
  }

  @Test
  void whatIsNotThereYetSaysSo() {
    refused(1, "not supported yet: training 'gpt'", "train", "gpt");
    refused(1, "not supported yet: --precision bf16", "train", "mnist", "--precision", "bf16");
    refused(1, "not supported yet: --resume", "train", "mnist", "--resume", "x");
    refused(1, "not supported yet: device 'cuda'", "train", "mnist", "--device", "cuda");
  }

  @Test
  void wrongUsageAndWrongInputAreToldApart(@TempDir Path folder) {
    refused(2, "there is no workload 'chess'", "train", "chess");
    refused(2, "there is no precision 'fp1'", "train", "mnist", "--precision", "fp1");
    refused(2, "mutually exclusive", "train", "mnist", "--steps", "1", "--epochs", "1");
    refused(2, "WORKLOAD", "train");
    refused(1, "epochs must be at least 1", "train", "mnist", "--epochs", "0");
    refused(
        1,
        "a batch of 9,000 is more than the 8,500 training images",
        "train",
        "mnist",
        "--batch",
        "9000");
    refused(
        1, "holds neither train-images-idx3-ubyte", "train", "mnist", "--data", folder.toString());
  }

  @Test
  void aFolderThatCannotBeMadeIsNamedBeforeTraining(@TempDir Path folder) throws IOException {
    Path file = Files.createFile(folder.resolve("taken"));
    refused(1, "taken is no folder", "train", "mnist", "--steps", "1", "--out", file.toString());
    assertThat(err.toString()).hasLineCount(1);
  }

  private void refused(int code, String message, String... arguments) {
    err.getBuffer().setLength(0);
    assertThat(run(arguments)).as("exit code; " + err).isEqualTo(code);
    assertThat(err.toString()).contains(message).doesNotContain("    at ");
  }

  private int run(String... arguments) {
    return KilnCommand.execute(arguments, new PrintWriter(out), new PrintWriter(err));
  }
}
