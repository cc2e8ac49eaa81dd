package dev.kiln.ops.train;

import dev.kiln.kernels.loss.CrossEntropy;
import dev.kiln.ops.data.BatchSource;
import dev.kiln.ops.data.LabeledImages;
import dev.kiln.ops.data.Mnist;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Trains an {@link Mlp} on handwritten digits: distorted anew in each epoch, with a linear warm-up
 * and a cosine decay of the learning rate. The same settings give the same losses and weights, bit
 * for bit. Not thread-safe.
 */
public final class DigitTraining implements AutoCloseable {
  /** Part of the steps in which the learning rate rises. */
  private static final double WARM_UP = 0.05;

  private final TrainingSettings settings;
  private final LabeledImages test;
  private final BatchSource batches;
  private final Mlp model;
  private final long totalSteps;
  private final LearningRate schedule;
  private final float[] testPixels;
  private final int[] testLabels;

  public DigitTraining(Device device, Mnist digits, TrainingSettings settings) {
    this.settings = settings;
    this.test = digits.test();
    LabeledImages training = digits.training();
    if (settings.batch() > training.count()) {
      throw new KilnException(
          "a batch of %,d is more than the %,d training images"
              .formatted(settings.batch(), training.count()));
    }
    var random = new SplittableRandom(settings.seed());
    batches = new BatchSource(training, settings.batch(), settings.distortion(), random.split());
    var shape = new MlpShape(training.imageSize(), settings.hidden(), training.classes());
    model =
        new Mlp(
            device,
            shape,
            settings.batch(),
            settings.weightDecay(),
            settings.dropout(),
            random.split());
    totalSteps = settings.steps().orElse((long) settings.epochs() * batches.batchesPerEpoch());
    long warmUp = Math.round(totalSteps * WARM_UP);
    schedule =
        LearningRate.warmUp(
            0,
            settings.learningRate(),
            warmUp,
            LearningRate.cosine(settings.learningRate(), 0, totalSteps - warmUp));
    testPixels = new float[settings.batch() * test.imageSize()];
    testLabels = new int[settings.batch()];
  }

  public Mlp model() {
    return model;
  }

  public long totalSteps() {
    return totalSteps;
  }

  public int stepsPerEpoch() {
    return batches.batchesPerEpoch();
  }

  /**
   * Trains from the first step to the last.
   *
   * @return the result of each epoch
   */
  public List<EpochResult> run(TrainingListener listener) {
    var results = new ArrayList<EpochResult>();
    long done = 0;
    for (int epoch = 1; done < totalSteps; epoch++) {
      int steps = (int) Math.min(stepsPerEpoch(), totalSteps - done);
      EpochResult result = epoch(epoch, done, steps, listener);
      results.add(result);
      listener.epochFinished(result);
      done += steps;
    }
    return results;
  }

  private EpochResult epoch(int epoch, long done, int steps, TrainingListener listener) {
    listener.epochStarted(epoch, steps);
    long start = System.nanoTime();
    batches.shuffle();
    double losses = 0;
    int right = 0;
    for (int i = 0; i < steps; i++) {
      batches.load(i);
      model.load(batches.pixels(), batches.labels());
      long step = done + i + 1;
      // The schedule counts from 0; its first rate would be 0 and the step lost.
      double lr = schedule.at(step);
      float loss = model.train(lr, step);
      losses += loss;
      right += right(batches.labels());
      listener.stepped(step, epoch, lr, loss);
    }
    double seconds = (System.nanoTime() - start) * 1e-9;
    int images = steps * settings.batch();
    Evaluation evaluation = evaluate();
    return new EpochResult(
        epoch,
        done + steps,
        losses / steps,
        (double) right / images,
        evaluation.loss(),
        evaluation.accuracy(),
        images / seconds);
  }

  private record Evaluation(double loss, double accuracy) {}

  /**
   * Batches of the training's size, so that no other version of a kernel is needed; rows of the
   * last that hold no image are ignored.
   */
  private Evaluation evaluate() {
    double losses = 0;
    int right = 0;
    for (int first = 0; first < test.count(); first += settings.batch()) {
      int count = BatchSource.loadInOrder(test, first, testPixels, settings.batch());
      Arrays.fill(testLabels, (int) CrossEntropy.IGNORED);
      for (int i = 0; i < count; i++) {
        testLabels[i] = test.labels()[first + i];
      }
      model.load(testPixels, testLabels);
      losses += (double) model.evaluate() * count;
      right += right(testLabels);
    }
    return new Evaluation(losses / test.count(), (double) right / test.count());
  }

  /** How many rows have their largest logit, the first of equals, at their label. */
  private int right(int[] labels) {
    float[] logits = model.logits();
    int classes = model.shape().classes();
    int right = 0;
    for (int row = 0; row < labels.length; row++) {
      int best = 0;
      for (int c = 1; c < classes; c++) {
        if (logits[row * classes + c] > logits[row * classes + best]) {
          best = c;
        }
      }
      if (best == labels[row]) {
        right++;
      }
    }
    return right;
  }

  @Override
  public void close() {
    model.close();
  }
}
