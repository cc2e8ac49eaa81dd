package dev.kiln.cli;

import dev.kiln.ops.data.Mnist;
import dev.kiln.ops.train.DigitTraining;
import dev.kiln.ops.train.EpochResult;
import dev.kiln.ops.train.KernelTimes.KernelTime;
import dev.kiln.ops.train.TrainingListener;
import dev.kiln.ops.train.TrainingSettings;
import dev.kiln.runtime.AtomicFile;
import dev.kiln.runtime.Device;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a training run prints and writes: results on standard output as they come, progress on
 * standard error.
 */
final class TrainingReport implements TrainingListener {
  private final PrintWriter out;
  private final boolean json;
  private final TrainingProgress progress;
  private final StringBuilder losses = new StringBuilder("step,epoch,learning_rate,loss\n");

  TrainingReport(PrintWriter out, PrintWriter err, boolean json) {
    this.out = out;
    this.json = json;
    progress = TrainingProgress.to(err);
  }

  void begin(Mnist digits, DigitTraining training, TrainingSettings settings, Device device) {
    progress.say(
        "training on %,d digits, testing on %,d; %,d parameters; %,d steps of %d on %s; seed %d",
        digits.training().count(),
        digits.test().count(),
        training.model().shape().parameters(),
        training.totalSteps(),
        settings.batch(),
        device.name(),
        settings.seed());
    if (!json) {
      out.println("epoch   step    loss   train %   test loss   test %   samples/s");
      out.flush();
    }
  }

  @Override
  public void epochStarted(int epoch, int steps) {
    progress.start("epoch " + epoch, steps);
  }

  @Override
  public void stepped(long step, int epoch, double learningRate, float loss) {
    losses
        .append(step)
        .append(',')
        .append(epoch)
        .append(',')
        .append(learningRate)
        .append(',')
        .append(loss)
        .append('\n');
    progress.step(loss);
  }

  @Override
  public void epochFinished(EpochResult r) {
    progress.finish();
    if (!json) {
      print(
          "%5d %6d  %6.4f   %7.2f   %9.4f   %6.2f   %,9.0f",
          r.epoch(),
          r.steps(),
          r.loss(),
          100 * r.trainAccuracy(),
          r.testLoss(),
          100 * r.testAccuracy(),
          r.samplesPerSecond());
    }
  }

  void end(
      TrainingSettings settings,
      Device device,
      List<EpochResult> epochs,
      List<KernelTime> times,
      double seconds) {
    EpochResult last = epochs.getLast();
    if (json) {
      out.println(JsonOutput.of(document(settings, device, epochs, times, seconds)));
      out.flush();
      return;
    }
    out.println();
    print("%-28s %9s %10s %9s %7s", "kernel", "launches", "ms", "us each", "share");
    for (KernelTime time : times) {
      double ms = time.nanos() * 1e-6;
      print(
          "%-28s %9d %10.1f %9.1f %6.1f%%",
          time.kernel(), time.launches(), ms, 1e3 * ms / time.launches(), 0.1 * ms / seconds);
    }
    double inKernels = times.stream().mapToLong(KernelTime::nanos).sum() * 1e-6;
    print(
        "%-28s %9s %10.1f %9s %6.1f%%",
        "all else", "", 1e3 * seconds - inKernels, "", 100 - 0.1 * inKernels / seconds);
    out.println();
    print(
        "test accuracy %.2f %% after %,d steps in %.1f s",
        100 * last.testAccuracy(), last.steps(), seconds);
  }

  private static Map<String, Object> document(
      TrainingSettings settings,
      Device device,
      List<EpochResult> epochs,
      List<KernelTime> times,
      double seconds) {
    var document = new LinkedHashMap<String, Object>();
    document.put("workload", "mnist");
    document.put("device", device.name());
    document.put("precision", "fp32");
    document.put("seed", settings.seed());
    document.put("batch", settings.batch());
    document.put("hidden", settings.hidden());
    document.put("learningRate", settings.learningRate());
    document.put("steps", epochs.getLast().steps());
    document.put("testAccuracy", epochs.getLast().testAccuracy());
    document.put("seconds", seconds);
    document.put("epochs", epochs);
    document.put("kernels", times);
    return document;
  }

  /**
   * {@code losses.csv} with a line for each step and {@code epochs.csv} with one for each epoch.
   * The numbers read back exactly.
   */
  void writeTables(Path folder, List<EpochResult> epochs) {
    write(folder.resolve("losses.csv"), losses);
    var table = new StringBuilder("epoch,steps,loss,train_accuracy,test_loss,test_accuracy\n");
    for (EpochResult r : epochs) {
      table
          .append(r.epoch())
          .append(',')
          .append(r.steps())
          .append(',')
          .append(r.loss())
          .append(',')
          .append(r.trainAccuracy());
      table.append(',').append(r.testLoss()).append(',').append(r.testAccuracy()).append('\n');
    }
    write(folder.resolve("epochs.csv"), table);
  }

  private static void write(Path file, StringBuilder text) {
    AtomicFile.write(
        file, stream -> stream.write(text.toString().getBytes(StandardCharsets.UTF_8)));
  }

  private void print(String format, Object... values) {
    out.println(String.format(Locale.ROOT, format, values));
    out.flush();
  }
}
