package dev.kiln.tests.benchmarks.training;

import dev.kiln.ops.schedule.Schedule;
import dev.kiln.ops.schedule.Schedules;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.text.JdkSources;
import dev.kiln.ops.text.TokenBatch;
import dev.kiln.ops.text.TokenWindows;
import dev.kiln.ops.train.recipe.TextCorpus;
import dev.kiln.references.torch.Torch;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.runtime.cpu.CpuOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Trains a GPT on the sources of the JDK by Kiln, then the same by libtorch: the same initial
 * weights, tokens, batches, AdamW, schedule and clipping, in fp32 on two threads, for the same
 * steps. Prints both losses as they fall, both losses on the same text that was held out, speed,
 * warm-up and memory. A program with the arguments of {@link #main}.
 */
public final class GptComparison {
  private static final GptShape SHAPE = GptShape.MEASURED;
  private static final AdamSettings SETTINGS = AdamSettings.OF_GPT.withClip(1);
  private static final String SCHEDULE = "warmup:%d,cosine";
  private static final int WARM_UP = 100;
  private static final int THREADS = 2;
  private static final long SEED = 1;
  private static final long TEXT_BYTES = 16L << 20;
  private static final double HELD_OUT = 0.05;
  private static final int VALIDATION_BATCHES = 16;
  private static final int PRINTED_EVERY = 50;
  private static final long DEVICE_BYTES = 4L << 30;

  /** Steps that tell how many fit into the time: some until warm, some measured. */
  private static final int TRIAL_STEPS = 40;

  private final TokenWindows training;
  private final List<TokenBatch> heldOut;
  private int steps;
  private Map<String, float[]> weights;

  private GptComparison() {
    String text = JdkSources.ofThisJdk().read(JdkSources.BASE, TEXT_BYTES, false);
    TextCorpus corpus =
        TextCorpus.of("java.base", text, TextCorpus.bytePairs(text, SHAPE.vocabulary()), HELD_OUT);
    training =
        TokenWindows.shuffled(corpus.parts().training(), SHAPE.batch(), SHAPE.context(), SEED);
    heldOut =
        spread(TokenWindows.inOrder(corpus.parts().validation(), SHAPE.batch(), SHAPE.context()));
    System.out.printf(
        "%,d tokens of java.base to train with; %d batches of %d x %d tokens held out%n",
        corpus.parts().training().size(), heldOut.size(), SHAPE.batch(), SHAPE.context());
  }

  /** Full batches, far from each other. */
  private static List<TokenBatch> spread(TokenWindows windows) {
    var batches = new ArrayList<TokenBatch>();
    int all = windows.batches(0) - 1;
    for (int i = 0; i < VALIDATION_BATCHES; i++) {
      batches.add(windows.batch(0, (int) ((long) i * all / VALIDATION_BATCHES)));
    }
    return batches;
  }

  /**
   * Prints to standard output.
   *
   * @param arguments {@code steps} and how many, or {@code minutes} and for how long Kiln shall
   *     train; how many steps that is, it measures before
   */
  public static void main(String[] arguments) throws IOException {
    var comparison = new GptComparison();
    double length = Double.parseDouble(arguments[1]);
    comparison.steps =
        switch (arguments[0]) {
          case "steps" -> (int) length;
          case "minutes" -> (int) Math.max(1, 60 * length / comparison.trial());
          default -> throw new IllegalArgumentException(arguments[0]);
        };
    double kiln = comparison.kiln();
    double torch = comparison.torch();
    System.out.printf(
        "validation loss after %d steps: kiln %.4f, libtorch %.4f%n",
        comparison.steps, kiln, torch);
  }

  private static CpuDevice device() {
    return new CpuDevice(CpuOptions.ofMachine().withThreads(THREADS).withMemoryBytes(DEVICE_BYTES));
  }

  /** Seconds of a step of Kiln. */
  private double trial() throws IOException {
    try (var device = device();
        var context = new Context(device, SEED);
        var model = new KilnGpt(context, SHAPE, SETTINGS)) {
      steps = TRIAL_STEPS;
      for (int step = 0; step < TRIAL_STEPS / 2; step++) {
        model.step(batch(step), 0);
      }
      var curve = new TrainingCurve();
      for (int step = 0; step < TRIAL_STEPS / 2; step++) {
        TokenBatch batch = batch(step);
        curve.step(() -> model.step(batch, 0));
      }
      return curve.median();
    }
  }

  private double kiln() throws IOException {
    var curve = new TrainingCurve();
    try (var device = device();
        var context = new Context(device, SEED);
        var model = new KilnGpt(context, SHAPE, SETTINGS)) {
      weights = model.weights();
      double loss = train("kiln", model, curve);
      System.out.printf("kiln: memory of the device %.0f MB%n", device.memoryUse().peak() / 1e6);
      return loss;
    }
  }

  private double torch() throws IOException {
    Torch.threads(THREADS);
    var curve = new TrainingCurve();
    var gpt = new TorchGpt(SHAPE, weights, TorchPrecision.FP32, SETTINGS, THREADS);
    try (var model = trained(gpt)) {
      return train("libtorch", model, curve);
    }
  }

  private static TrainedGpt trained(TorchGpt gpt) {
    return new TrainedGpt() {
      @Override
      public double step(TokenBatch batch, double rate) {
        gpt.rate(rate);
        try (var inputs = gpt.tokens(batch.inputs());
            var targets = gpt.tokens(batch.targets())) {
          return gpt.step(inputs, targets);
        }
      }

      @Override
      public double loss(TokenBatch batch) {
        try (var inputs = gpt.tokens(batch.inputs());
            var targets = gpt.tokens(batch.targets())) {
          return gpt.evaluate(inputs, targets);
        }
      }

      @Override
      public void close() {
        gpt.close();
      }
    };
  }

  private double train(String library, TrainedGpt model, TrainingCurve curve) throws IOException {
    String text = SCHEDULE.formatted(Math.min(WARM_UP, steps / 2));
    Schedule schedule = Schedules.parse(text, SETTINGS.rate(), steps);
    for (int step = 0; step < steps; step++) {
      TokenBatch batch = batch(step);
      double rate = schedule.at(step);
      curve.step(() -> model.step(batch, rate));
      if (curve.steps() % PRINTED_EVERY == 0 || curve.steps() == steps) {
        System.out.printf(
            "%s: step %d, loss %.4f%n", library, curve.steps(), curve.recent(PRINTED_EVERY));
      }
    }
    double loss = heldOut.stream().mapToDouble(model::loss).average().orElseThrow();
    curve.print(System.out, library, SHAPE.tokens());
    System.out.printf("%s: validation loss %.4f%n", library, loss);
    return loss;
  }

  private TokenBatch batch(int step) {
    int perEpoch = training.batches(0);
    return training.batch(step / perEpoch, step % perEpoch);
  }
}
