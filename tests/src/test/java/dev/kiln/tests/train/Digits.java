package dev.kiln.tests.train;

import dev.kiln.ops.data.Batch;
import dev.kiln.ops.data.BatchPlan;
import dev.kiln.ops.data.Dataset;
import dev.kiln.ops.data.ExamplePlan;
import dev.kiln.ops.data.LabeledImages;
import dev.kiln.ops.data.Mnist;
import dev.kiln.ops.data.Normalization;
import dev.kiln.ops.data.Sample;
import dev.kiln.ops.data.Target;
import dev.kiln.ops.nn.Layer;
import dev.kiln.ops.optim.MixedPrecision;
import dev.kiln.ops.optim.Precision;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.train.recipe.ClassTask;
import dev.kiln.ops.train.recipe.ClassValidator;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;

/** A part of the bundled digits, normalised. */
final class Digits {
  private static final Mnist ALL = Mnist.bundled();
  private static final int MEASURED_BATCH = 100;

  private final Dataset<Sample> training;
  private final Dataset<Sample> test;

  private Digits(Dataset<Sample> training, Dataset<Sample> test) {
    this.training = training;
    this.test = test;
  }

  /** The first digits of each part. */
  static Digits of(int training, int test) {
    return of(training, test, label -> true);
  }

  /** The first digits of each part that are of some classes. */
  static Digits of(int training, int test, IntPredicate classes) {
    return new Digits(
        some(ALL.training(), training, classes).map(Normalization.MNIST),
        some(ALL.test(), test, classes).map(Normalization.MNIST));
  }

  private static Dataset<Sample> some(LabeledImages images, int count, IntPredicate classes) {
    int[] labels = images.classOfEach();
    return images.subset(
        IntStream.range(0, labels.length)
            .filter(i -> classes.test(labels[i]))
            .limit(count)
            .toArray());
  }

  /** With 14 x 14 pixels, each the mean of four. */
  Digits halved() {
    return new Digits(training.map(Digits::halved), test.map(Digits::halved));
  }

  private static Sample halved(Sample image) {
    int side = image.shape()[1];
    int half = side / 2;
    float[] values = new float[half * half];
    for (int i = 0; i < values.length; i++) {
      int at = i / half * 2 * side + i % half * 2;
      float[] x = image.values();
      values[i] = (x[at] + x[at + 1] + x[at + side] + x[at + side + 1]) / 4;
    }
    return new Sample(values, new int[] {1, half, half}, image.target());
  }

  /** With the pixels from -1, the background, to 1. */
  Digits signed() {
    return new Digits(training.map(Digits::signed), test.map(Digits::signed));
  }

  private static Sample signed(Sample image) {
    float[] values = image.values().clone();
    for (int i = 0; i < values.length; i++) {
      values[i] = 2 * (values[i] * Mnist.DEVIATION + Mnist.MEAN) - 1;
    }
    return new Sample(values, image.shape(), image.target());
  }

  Dataset<Sample> training() {
    return training;
  }

  Dataset<Sample> test() {
    return test;
  }

  static int label(Sample image) {
    return ((Target.OfClass) image.target()).index();
  }

  /** Shuffled batches to train with. */
  BatchPlan<Batch> batches(int size, long seed) {
    return ExamplePlan.of(training, size).shuffled(seed).dropLast();
  }

  /** The part of the test digits that a model tells right; it evaluates afterwards. */
  double accuracy(Layer model) {
    var precision = new MixedPrecision(model.context(), Precision.FP32);
    List<String> names = IntStream.range(0, 10).mapToObj(Integer::toString).toList();
    model.evaluate();
    try (Mode ignored = model.context().noGrad();
        Scope scope = model.context().scope()) {
      var plan = ExamplePlan.of(test, MEASURED_BATCH);
      return new ClassValidator(new ClassTask(model, 0), plan, names)
          .validate(0, precision)
          .value("accuracy");
    }
  }
}
