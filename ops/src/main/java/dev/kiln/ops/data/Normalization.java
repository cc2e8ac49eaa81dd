package dev.kiln.ops.data;

import dev.kiln.runtime.KilnException;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.Function;

/**
 * Takes each channel's mean away and divides by its standard deviation. For {@link Dataset#map}, or
 * as the last step of an augmentation.
 *
 * @param mean of each channel
 * @param deviation of each channel, positive
 */
public record Normalization(float[] mean, float[] deviation)
    implements Function<Sample, Sample>, Augmentation<Sample> {
  /** Of MNIST's training images. */
  public static final Normalization MNIST =
      new Normalization(new float[] {Mnist.MEAN}, new float[] {Mnist.DEVIATION});

  public Normalization {
    if (mean.length != deviation.length || mean.length == 0) {
      throw new KilnException(
          "a normalisation needs a mean and a deviation for each channel, not %d and %d"
              .formatted(mean.length, deviation.length));
    }
    for (float d : deviation) {
      if (!(d > 0)) {
        throw new KilnException("a standard deviation must be positive, not " + d);
      }
    }
  }

  /** Measured over all examples of a training part; a constant channel is divided by 1. */
  public static Normalization of(Dataset<Sample> training) {
    if (training.size() == 0) {
      throw new KilnException("a normalisation cannot be measured without examples");
    }
    int channels = training.get(0).shape()[0];
    double[] sums = new double[channels];
    double[] squares = new double[channels];
    long count = 0;
    for (int i = 0; i < training.size(); i++) {
      float[] values = training.get(i).values();
      int plane = values.length / channels;
      count += plane;
      for (int j = 0; j < values.length; j++) {
        sums[j / plane] += values[j];
        squares[j / plane] += (double) values[j] * values[j];
      }
    }
    float[] mean = new float[channels];
    float[] deviation = new float[channels];
    for (int c = 0; c < channels; c++) {
      double m = sums[c] / count;
      mean[c] = (float) m;
      double d = Math.sqrt(Math.max(0, squares[c] / count - m * m));
      deviation[c] = d > 1e-6 ? (float) d : 1;
    }
    return new Normalization(mean, deviation);
  }

  @Override
  public Sample apply(Sample sample) {
    if (sample.shape()[0] != mean.length) {
      throw new KilnException(
          "a normalisation of %d channels does not fit an example of shape %s"
              .formatted(mean.length, Arrays.toString(sample.shape())));
    }
    float[] values = sample.values().clone();
    int plane = values.length / mean.length;
    for (int i = 0; i < values.length; i++) {
      values[i] = (values[i] - mean[i / plane]) / deviation[i / plane];
    }
    return new Sample(values, sample.shape(), sample.target());
  }

  @Override
  public Sample apply(Sample sample, SplittableRandom random) {
    return apply(sample);
  }
}
