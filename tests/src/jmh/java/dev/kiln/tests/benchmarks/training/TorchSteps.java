package dev.kiln.tests.benchmarks.training;

import java.util.Random;
import org.bytedeco.openblas.global.openblas;
import org.bytedeco.pytorch.Tensor;

/** Training steps of libtorch on one batch of made-up examples. */
public final class TorchSteps {
  private static final int IMAGES = 128;
  private static final int CLASSES = 10;
  private static final double RATE = 0.1;

  private TorchSteps() {}

  /** How many images a step of {@link #leNet} takes. */
  public static int images() {
    return IMAGES;
  }

  /** Steps of {@link TorchGpt}. */
  public static TrainingStep gpt(GptShape shape, TorchPrecision precision, int threads) {
    var model = new TorchGpt(shape, shape.weights(), precision, AdamSettings.OF_GPT, threads);
    int[][] batch = shape.batch(0);
    Tensor tokens = model.tokens(batch[0]);
    Tensor targets = model.tokens(batch[1]);
    return () -> model.step(tokens, targets);
  }

  /** Steps of {@link TorchLeNet} by momentum. */
  public static TrainingStep leNet(TorchPrecision precision, int threads) {
    openblas.blas_set_num_threads(threads);
    var model = TorchLeNet.momentum(TorchLeNet.weights(), precision, RATE);
    Tensor images = model.images(pixels());
    Tensor labels = model.labels(labels());
    return () -> model.step(images, labels);
  }

  /** Of the images. */
  public static float[] pixels() {
    return new Formula(1, 0.5f, 0.5f).values(IMAGES * TorchLeNet.PIXELS);
  }

  /** Classes of the images. */
  public static int[] labels() {
    return new Random(2).ints(IMAGES, 0, CLASSES).toArray();
  }
}
