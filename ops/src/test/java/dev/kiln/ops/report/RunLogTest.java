package dev.kiln.ops.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.ops.metric.ConfusionMatrix;
import dev.kiln.ops.report.RunLog.NoteKind;
import dev.kiln.runtime.KilnException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunLogTest {
  static RunLog everything() {
    RunLog log = new RunLog("digits <b>");
    log.hyperParameter("rate", 0.1);
    log.environment("device", "cpu");
    log.record(Curves.TRAIN_LOSS, 1, 2.5);
    log.record(Curves.TRAIN_LOSS, 2, Double.NaN);
    log.record(Curves.TRAIN_LOSS, 3, Double.POSITIVE_INFINITY);
    log.record(Curves.VALIDATION_LOSS, 3, 2.25);
    log.layerGradient("conv1", 2, 0.5);
    log.note(3, NoteKind.LOSS_SPIKE, "loss 10");
    ConfusionMatrix matrix = new ConfusionMatrix(2);
    matrix.update(new int[] {0, 1}, new int[] {0, 0});
    log.confusion(matrix);
    log.predictions(new float[] {1, Float.NaN}, new float[] {2, 3}, "kg");
    log.text(2, "once", " upon");
    log.text(5, "once", " again");
    Picture picture = new Picture(1, 2, 1, new byte[] {0, -1});
    log.pictures(List.of(new RunLog.PictureSample(picture, "7", "1")));
    log.grid(4, "generator", picture);
    log.kernels(List.of(new RunLog.KernelTime("matmul", 3, 0.5, 1e9)));
    return log;
  }

  @Test
  void comesBackFromJson() {
    RunLog log = everything();
    RunLog read = RunLog.fromJson(log.toJson());
    assertThat(read.toJson()).isEqualTo(log.toJson());
    assertThat(read.title()).isEqualTo("digits <b>");
    Series loss = read.curve(Curves.TRAIN_LOSS);
    assertThat(loss.size()).isEqualTo(3);
    assertThat(loss.value(1)).isNaN();
    assertThat(loss.last()).isEqualTo(Double.POSITIVE_INFINITY);
    assertThat(read.predictions().predicted()[1]).isNaN();
    assertThat(read.confusion().counts()).isEqualTo(new long[][] {{1, 1}, {0, 0}});
    assertThat(read.pictures().getFirst().picture().pixels()).containsExactly(0, -1);
    RunLog empty = RunLog.fromJson(new RunLog("none").toJson());
    assertThat(empty.curve("loss/train").last()).isNaN();
    assertThat(empty.confusion()).isNull();
  }

  @Test
  void forgetsWhatCameAfterAStep() {
    RunLog log = everything();
    log.keepUntil(2);
    assertThat(log.curves()).containsOnlyKeys(Curves.TRAIN_LOSS);
    assertThat(log.curve(Curves.TRAIN_LOSS).size()).isEqualTo(2);
    assertThat(log.notes()).isEmpty();
    assertThat(log.texts()).hasSize(1);
    assertThat(log.grids()).isEmpty();
    assertThat(log.layerGradients()).hasSize(1);
  }

  @Test
  void pointAtAnEarlierStepReplacesWhatWasThere() {
    RunLog log = new RunLog("run");
    for (int step = 0; step < 40; step++) {
      log.record("a", step, step);
    }
    log.record("a", 20, -1);
    assertThat(log.curve("a").size()).isEqualTo(21);
    assertThat(log.curve("a").last()).isEqualTo(-1);
  }

  @Test
  void thinningKeepsSpikesAndTheLastPoint() {
    Series series = new Series();
    for (int i = 0; i < 100_000; i++) {
      series.add(i, i == 54_321 ? 100 : i == 77_777 ? Double.NaN : Math.sin(i));
    }
    Series thin = series.thinned(900);
    assertThat(thin.size()).isBetween(500, 903);
    double max = 0;
    int strange = 0;
    for (int i = 0; i < thin.size(); i++) {
      max = Math.max(max, Double.isNaN(thin.value(i)) ? 0 : thin.value(i));
      strange += Double.isNaN(thin.value(i)) ? 1 : 0;
      assertThat(i == 0 || thin.step(i) > thin.step(i - 1)).isTrue();
    }
    assertThat(max).isEqualTo(100);
    assertThat(strange).isEqualTo(1);
    assertThat(thin.step(thin.size() - 1)).isEqualTo(99_999);
    assertThat(series.thinned(100_000)).isSameAs(series);
  }

  @Test
  void smoothingStartsAtTheFirstValueAndPassesOverNaN() {
    Series series = new Series();
    double[] values = {4, Double.NaN, 4, 8};
    for (int i = 0; i < values.length; i++) {
      series.add(i, values[i]);
    }
    Series smooth = series.smoothed(2);
    assertThat(smooth.state().steps()).containsExactly(0, 2, 3);
    assertThat(smooth.value(1)).isEqualTo(4);
    // Weights 1/8, 1/4 and 1/2.
    assertThat(smooth.value(2)).isEqualTo((0.5 + 1 + 4) / 0.875);
  }

  @Test
  void savesAndLoadsOrTellsWhyNot(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("run.json");
    everything().save(file);
    assertThat(RunLog.load(file).toJson()).isEqualTo(everything().toJson());
    for (String wrong : new String[] {"{", "{}", "null", "[1]", "{\"title\":\"a\",\"x\":1}"}) {
      Files.writeString(file, wrong);
      assertThatThrownBy(() -> RunLog.load(file))
          .isInstanceOf(KilnException.class)
          .hasMessageContaining(file + ": run log: not one in JSON");
    }
    assertThatThrownBy(() -> RunLog.load(folder.resolve("none")))
        .isInstanceOf(KilnException.class)
        .hasMessageContaining("cannot read");
  }

  @Test
  void picturesRefuseWrongShapes() {
    assertFault(() -> new Picture(1, 1, 2, new byte[2]), "picture: [1, 1, 2]; it is [height");
    assertFault(() -> new Picture(1, 1, 1, new byte[2]), "2 bytes for [1, 1, 1]");
    assertFault(() -> Picture.of(new float[3], 1, 2, 2, 0, 1), "3 values for [1, 2, 2]");
    assertFault(() -> Picture.grid(List.of(), 2), "grid of 0 pictures");
    Picture small = new Picture(1, 1, 1, new byte[1]);
    Picture large = new Picture(1, 2, 1, new byte[2]);
    assertFault(() -> Picture.grid(List.of(small, large), 2), "picture 1 is [1, 2, 1], the first");
    assertFault(
        () -> new RunLog("a").predictions(new float[1], new float[2], ""),
        "1 predictions for 2 targets");
  }

  @Test
  void picturesComeFromPlanesAndGoIntoGrids() {
    Picture colour = Picture.of(new float[] {0, 1, 0.5f, 2, -1, Float.NaN}, 3, 1, 2, 0, 1);
    assertThat(colour.pixels()).containsExactly(0, 128, 0, 255, 255, 0);
    Picture dot = new Picture(1, 1, 1, new byte[] {7});
    Picture grid = Picture.grid(List.of(dot, dot, dot), 2);
    assertThat(grid.pixels()).containsExactly(7, 128, 7, 128, 128, 128, 7, 128, 128);
  }

  private static void assertFault(Runnable action, String message) {
    assertThatThrownBy(action::run).isInstanceOf(KilnException.class).hasMessageContaining(message);
  }
}
