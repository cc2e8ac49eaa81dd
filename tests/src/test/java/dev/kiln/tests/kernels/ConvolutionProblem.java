package dev.kiln.tests.kernels;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.convolution.Convolution;
import dev.kiln.kernels.convolution.ConvolutionAxis;
import dev.kiln.kernels.convolution.ConvolutionOptions;
import dev.kiln.kernels.convolution.TransposedConvolution;
import dev.kiln.kernels.reference.ConvolutionReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A convolution with its operands and what it and its gradients should be.
 *
 * @param channelsLast images lie in memory with neighbouring channels
 */
record ConvolutionProblem(
    String name, ConvolutionReference reference, DType dtype, boolean channelsLast) {
  private static final int SEED = 21;

  /** The same size, kernel and movement along each axis. */
  static ConvolutionProblem of(
      String name,
      int rank,
      int n,
      int in,
      int out,
      int groups,
      int size,
      int k,
      int s,
      int p,
      int d) {
    return of(
        name,
        n,
        in,
        out,
        groups,
        Collections.nCopies(rank, size),
        Collections.nCopies(rank, k),
        Collections.nCopies(rank, new ConvolutionAxis(s, p, d, 0)));
  }

  static ConvolutionProblem of(
      String name,
      int n,
      int in,
      int out,
      int groups,
      List<Integer> size,
      List<Integer> taps,
      List<ConvolutionAxis> axes) {
    return new ConvolutionProblem(
        name, new ConvolutionReference(n, in, out, groups, size, taps, axes), DType.FP32, false);
  }

  ConvolutionProblem with(DType newDType) {
    return new ConvolutionProblem(name, reference, newDType, channelsLast);
  }

  ConvolutionProblem inChannelsLast() {
    return new ConvolutionProblem(name + " NHWC", reference, dtype, true);
  }

  @Override
  public String toString() {
    return name + " " + dtype;
  }

  ConvolutionOptions options() {
    return new ConvolutionOptions(reference.axes(), reference.groups());
  }

  long[] shapeOfX() {
    return shape(reference.images(), reference.in(), reference.size());
  }

  long[] shapeOfWeights() {
    return shape(reference.out(), reference.in() / reference.groups(), reference.taps());
  }

  long[] shapeOfY() {
    return shape(reference.images(), reference.out(), reference.resultSize());
  }

  private static long[] shape(int first, int second, List<Integer> space) {
    List<Integer> shape = new ArrayList<>(List.of(first, second));
    shape.addAll(space);
    return shape.stream().mapToLong(i -> i).toArray();
  }

  double[] x() {
    return values(0, shapeOfX());
  }

  double[] weights() {
    return values(1, shapeOfWeights());
  }

  double[] dy() {
    return values(2, shapeOfY());
  }

  private double[] values(int which, long[] shape) {
    return Cases.normal(dtype, SEED + which, (int) product(shape));
  }

  NdArray images(Device device, double[] values, long[] shape) {
    if (!channelsLast) {
      return NdArray.of(device, dtype, values, shape);
    }
    int channels = (int) shape[1];
    int space = (int) product(shape) / Math.max(1, (int) shape[0] * channels);
    double[] moved = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      int image = i / (channels * space);
      moved[(image * space + i % space) * channels + i / space % channels] = values[i];
    }
    return channelsLast(NdArray.of(device, dtype, moved, lastShape(shape)));
  }

  private static long product(long[] shape) {
    return Arrays.stream(shape).reduce(1, (a, b) -> a * b);
  }

  /** Unset images. */
  NdArray images(Device device, long[] shape) {
    return channelsLast
        ? channelsLast(Cases.unset(device, dtype, lastShape(shape)))
        : Cases.unset(device, dtype, shape);
  }

  /** The shape in memory of images whose channels come last. */
  private static long[] lastShape(long[] shape) {
    long[] last = new long[shape.length];
    last[0] = shape[0];
    System.arraycopy(shape, 2, last, 1, shape.length - 2);
    last[shape.length - 1] = shape[1];
    return last;
  }

  /** The view with channels in second place. */
  private static NdArray channelsLast(NdArray array) {
    int rank = array.rank();
    int[] order =
        IntStream.range(0, rank).map(i -> i == 0 ? 0 : i == 1 ? rank - 1 : i - 1).toArray();
    return array.permute(order);
  }

  NdArray weights(Device device) {
    return NdArray.of(device, dtype, weights(), shapeOfWeights());
  }

  void checkForward(Convolution kernel, Device device) {
    NdArray y = images(device, shapeOfY());
    kernel.forward(images(device, x(), shapeOfX()), weights(device), options(), y);
    check("y", y, r -> reference.forward(r, x(), weights()), terms());
  }

  void checkDataGradient(Convolution kernel, Device device) {
    NdArray dx = images(device, shapeOfX());
    kernel.dataGradient(images(device, dy(), shapeOfY()), weights(device), options(), dx);
    check("dx", dx, r -> reference.dataGradient(r, dy(), weights()), terms());
  }

  void checkWeightGradient(Convolution kernel, Device device) {
    NdArray dw = Cases.unset(device, dtype, shapeOfWeights());
    kernel.weightGradient(
        images(device, x(), shapeOfX()), images(device, dy(), shapeOfY()), options(), dw);
    check("dw", dw, r -> reference.weightGradient(r, x(), dy()), pixels());
  }

  void checkBiasGradient(Convolution kernel, Device device) {
    NdArray db = Cases.unset(device, dtype, reference.out());
    kernel.biasGradient(images(device, dy(), shapeOfY()), db);
    check("db", db, r -> reference.biasGradient(r, dy()), pixels());
  }

  /** This problem's y is what a transposed convolution reads. */
  void checkTransposed(Device device, ConvolutionOptions options) {
    var kernel = new TransposedConvolution(device);
    NdArray y = images(device, shapeOfX());
    NdArray x = images(device, dy(), shapeOfY());
    kernel.forward(x, weights(device), options, y);
    check("transposed y", y, r -> reference.dataGradient(r, dy(), weights()), terms());

    NdArray dy = images(device, x(), shapeOfX());
    NdArray dx = images(device, shapeOfY());
    kernel.dataGradient(dy, weights(device), options, dx);
    check("transposed dx", dx, r -> reference.forward(r, x(), weights()), terms());

    NdArray dw = Cases.unset(device, dtype, shapeOfWeights());
    kernel.weightGradient(x, dy, options, dw);
    check("transposed dw", dw, r -> reference.weightGradient(r, x(), dy()), pixels());
  }

  private int terms() {
    return Math.max(1, reference.taps().stream().reduce(reference.in(), (a, b) -> a * b));
  }

  private int pixels() {
    return Math.max(1, reference.resultSize().stream().reduce(reference.images(), (a, b) -> a * b));
  }

  /** Computes what is expected. */
  interface Definition {
    double[] of(Rounding rounding);
  }

  /** Checks by the error rule; {@code terms} are added for each number. */
  void check(String what, NdArray actual, Definition definition, int terms) {
    double[] exact = definition.of(Rounding.EXACT);
    if (dtype == DType.FP64) {
      ErrorRule.checkFp64(what + " of " + this, actual.toDoubles(), exact, terms);
      return;
    }
    double[] plain = Rounding.to(dtype).of(definition.of(Rounding.FP32));
    ErrorRule.check(what + " of " + this, dtype, actual.toDoubles(), plain, exact);
  }
}
