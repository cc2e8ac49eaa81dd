package dev.kiln.ops.train.recipe;

import dev.kiln.ops.data.Batch;
import dev.kiln.ops.data.BatchPlan;
import dev.kiln.ops.data.Distortion;
import dev.kiln.ops.data.ExamplePlan;
import dev.kiln.ops.data.LabeledImages;
import dev.kiln.ops.data.Mnist;
import dev.kiln.ops.data.Normalization;
import dev.kiln.ops.data.Sample;
import dev.kiln.ops.nn.Layer;
import dev.kiln.ops.nn.Summary;
import dev.kiln.ops.report.Picture;
import dev.kiln.ops.report.RunLog;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.train.Task;
import dev.kiln.ops.train.Validator;
import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Handwritten digits, distorted anew in each epoch. */
public final class DigitRecipe implements Recipe<Batch> {
  private static final int MEASURED_BATCH = 100;
  private static final int SHOWN = 24;

  /** Of a forward pass; the gradients of values and of weights cost as much each. */
  private static final int FORWARD_AND_BACKWARD = 3;

  private final Mnist digits;
  private final Options options;
  private final Layer model;
  private final ClassTask task;
  private final BatchPlan<Batch> plan;
  private final BatchPlan<Batch> tests;
  private final double flops;

  /**
   * What is trained.
   *
   * @param batch images of a batch
   * @param hidden units of the MLP's hidden layer
   * @param dropout part of them that is left out
   * @param labelSmoothing part of the probability that goes to all classes alike
   * @param distortion of training images
   * @param seed of the order of images and their distortions
   */
  public record Options(
      DigitModel model,
      int batch,
      int hidden,
      double dropout,
      double labelSmoothing,
      Distortion distortion,
      long seed) {
    /** What suits the digits that come with Kiln. */
    public static Options of(DigitModel model) {
      return new Options(model, model.batch(), 768, 0.2, 0, Distortion.DIGITS, 1);
    }

    public Options withBatch(int images) {
      return new Options(model, images, hidden, dropout, labelSmoothing, distortion, seed);
    }

    public Options withHidden(int units) {
      return new Options(model, batch, units, dropout, labelSmoothing, distortion, seed);
    }

    public Options withDropout(double part) {
      return new Options(model, batch, hidden, part, labelSmoothing, distortion, seed);
    }

    public Options withLabelSmoothing(double part) {
      return new Options(model, batch, hidden, dropout, part, distortion, seed);
    }

    public Options withDistortion(Distortion newDistortion) {
      return new Options(model, batch, hidden, dropout, labelSmoothing, newDistortion, seed);
    }

    public Options withSeed(long newSeed) {
      return new Options(model, batch, hidden, dropout, labelSmoothing, distortion, newSeed);
    }
  }

  /**
   * Makes the model, with initial values from the context's random numbers.
   *
   * @throws KilnException if there are fewer images than a batch has
   */
  public DigitRecipe(Context context, Mnist digits, Options options) {
    this.digits = digits;
    this.options = options;
    LabeledImages training = digits.training();
    if (options.batch() > training.count()) {
      throw new KilnException(
          "a batch of %,d is more than the %,d training images"
              .formatted(options.batch(), training.count()));
    }
    var content = new ContentSum().add(training.pixels()).add(training.labels());
    plan =
        new FingerprintedPlan<>(
            ExamplePlan.of(training, options.batch())
                .shuffled(options.seed())
                .augmented((image, random) -> distorted(image, random)),
            content.toString());
    tests = ExamplePlan.of(digits.test().map(Normalization.MNIST), MEASURED_BATCH);
    model = options.model().make(context, options, training.imageSize(), training.classes());
    task = new ClassTask(model, options.labelSmoothing());
    flops =
        FORWARD_AND_BACKWARD
            * (double)
                Summary.flops(model, 1, training.channels(), training.height(), training.width());
  }

  private Sample distorted(Sample image, java.util.SplittableRandom random) {
    int[] shape = image.shape();
    float[] moved = options.distortion().apply(image.values(), shape[1], shape[2], random);
    for (int i = 0; i < moved.length; i++) {
      moved[i] = (moved[i] - Mnist.MEAN) / Mnist.DEVIATION;
    }
    return new Sample(moved, shape, image.target());
  }

  public Layer model() {
    return model;
  }

  @Override
  public Task<Batch> task() {
    return task;
  }

  @Override
  public BatchPlan<Batch> plan() {
    return plan;
  }

  @Override
  public Validator validator() {
    List<String> names =
        IntStream.range(0, digits.test().classes()).mapToObj(Integer::toString).toList();
    return new ClassValidator(task, tests, names);
  }

  @Override
  public String unit() {
    return "images";
  }

  @Override
  public double flopsPerExample() {
    return flops;
  }

  @Override
  public Goal goal() {
    return Goal.ACCURACY;
  }

  @Override
  public String about() {
    return "%s with %,d parameters; %,d digits to train with, %,d to test"
        .formatted(
            options.model(),
            model.parameterCount(),
            digits.training().count(),
            digits.test().count());
  }

  /** Shows test digits, those that are taken for others first. */
  @Override
  public void illustrate(RunLog log, long step) {
    int[] predicted = predictions();
    LabeledImages test = digits.test();
    int[] labels = test.classOfEach();
    var order =
        new ArrayList<>(
            IntStream.range(0, labels.length)
                .filter(i -> predicted[i] != labels[i])
                .limit(SHOWN / 2)
                .boxed()
                .toList());
    IntStream.range(0, labels.length)
        .filter(i -> predicted[i] == labels[i])
        .limit(SHOWN - order.size())
        .forEach(order::add);
    log.pictures(order.stream().map(i -> sample(i, labels[i], predicted[i])).toList());
  }

  private RunLog.PictureSample sample(int image, int label, int predicted) {
    LabeledImages test = digits.test();
    Picture picture =
        Picture.of(test.get(image).values(), test.channels(), test.height(), test.width(), 0, 1);
    return new RunLog.PictureSample(picture, Integer.toString(label), Integer.toString(predicted));
  }

  private int[] predictions() {
    int[] predicted = new int[digits.test().count()];
    int classes = digits.test().classes();
    Context context = model.context();
    boolean wasTraining = model.isTraining();
    model.evaluate();
    int at = 0;
    try (Mode _ = context.noGrad()) {
      for (Batch batch : tests.epoch(0)) {
        try (Scope _ = context.scope()) {
          float[] logits = task.logits(batch).toFloats();
          for (int row = 0; row < batch.count(); row++) {
            predicted[at++] = best(logits, row * classes, classes);
          }
        }
      }
    } finally {
      model.train(wasTraining);
    }
    return predicted;
  }

  static int best(float[] scores, int from, int count) {
    int best = 0;
    for (int i = 1; i < count; i++) {
      best = scores[from + i] > scores[from + best] ? i : best;
    }
    return best;
  }

  @Override
  public void close() {
    model.close();
  }
}
