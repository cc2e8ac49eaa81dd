package dev.kiln.tests.sim;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.SimLaunch;
import dev.kiln.tests.kernels.ErrorRule;
import java.util.Arrays;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(Way.class)
class NormalisationTest {
  private static final float EPSILON = 1e-5f;

  @RegisterExtension final CudaKernels cuda;

  NormalisationTest(Way way) {
    cuda = new CudaKernels("normalisation", way);
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 32", "3, 20, 64", "2, 1000, 256", "5, 333, 96"})
  void softmaxIsWithinTheErrorRule(int rows, int columns, int threads) {
    double[] x = Numbers.normal(DType.FP32, 1, rows * columns);
    NdArray out = cuda.empty(DType.FP32, x.length);
    cuda.launch(
        "softmax_online", SimLaunch.of(rows, threads), columns, cuda.array(DType.FP32, x), out);
    ErrorRule.check(
        "softmax",
        DType.FP32,
        out.toDoubles(),
        softmax(Rounding.FP32, x, columns),
        softmax(Rounding.EXACT, x, columns));
  }

  private static double[] softmax(Rounding r, double[] x, int columns) {
    double[] result = new double[x.length];
    for (int row = 0; row < x.length; row += columns) {
      double most = Arrays.stream(x, row, row + columns).max().orElseThrow();
      double sum = 0;
      for (int i = row; i < row + columns; i++) {
        result[i] = r.of(Math.exp(r.of(x[i] - most)));
        sum = r.of(sum + result[i]);
      }
      for (int i = row; i < row + columns; i++) {
        result[i] = r.of(result[i] / sum);
      }
    }
    return result;
  }

  @ParameterizedTest
  @CsvSource({"1, 2, 32", "3, 77, 64", "4, 1000, 128"})
  void layerNormOfHalvesIsWithinTheErrorRule(int rows, int columns, int threads) {
    double[] x = Numbers.normal(DType.FP16, 2, rows * columns);
    double[] weight = Numbers.normal(DType.FP32, 3, columns);
    double[] bias = Numbers.normal(DType.FP32, 4, columns);
    NdArray out = cuda.empty(DType.FP16, x.length);
    cuda.launch(
        "layer_norm_half",
        SimLaunch.of(rows, threads),
        columns,
        EPSILON,
        cuda.array(DType.FP16, x),
        cuda.array(DType.FP32, weight),
        cuda.array(DType.FP32, bias),
        out);
    ErrorRule.check(
        "layer norm",
        DType.FP16,
        out.toDoubles(),
        Rounding.to(DType.FP16).of(layerNorm(Rounding.FP32, x, weight, bias)),
        layerNorm(Rounding.EXACT, x, weight, bias));
  }

  private static double[] layerNorm(Rounding r, double[] x, double[] weight, double[] bias) {
    int columns = weight.length;
    double[] result = new double[x.length];
    for (int row = 0; row < x.length; row += columns) {
      double sum = 0;
      for (int i = row; i < row + columns; i++) {
        sum = r.of(sum + x[i]);
      }
      double mean = r.of(sum / columns);
      double squares = 0;
      for (int i = row; i < row + columns; i++) {
        double d = r.of(x[i] - mean);
        squares = r.of(squares + r.of(d * d));
      }
      double scale = inverseRoot(r, r.of(squares / columns));
      for (int i = row; i < row + columns; i++) {
        double normal = r.of(r.of(x[i] - mean) * scale);
        result[i] = r.of(r.of(normal * weight[i - row]) + bias[i - row]);
      }
    }
    return result;
  }

  private static double inverseRoot(Rounding r, double variance) {
    return r.of(1 / Math.sqrt(r.of(variance + EPSILON)));
  }

  @ParameterizedTest
  @CsvSource({"1, 4, 1", "6, 132, 2", "8, 1024, 4"})
  void rmsNormIsWithinTheErrorRule(int rows, int columns, int warps) {
    double[] x = Numbers.normal(DType.FP32, 5, rows * columns);
    double[] weight = Numbers.normal(DType.FP32, 6, columns);
    NdArray out = cuda.empty(DType.FP32, x.length);
    cuda.launch(
        "rms_norm_vector",
        SimLaunch.of(Grid.of(rows / warps), Grid.of(32, warps)),
        columns,
        EPSILON,
        cuda.array(DType.FP32, x),
        cuda.array(DType.FP32, weight),
        out);
    ErrorRule.check(
        "rms norm",
        DType.FP32,
        out.toDoubles(),
        rmsNorm(Rounding.FP32, x, weight),
        rmsNorm(Rounding.EXACT, x, weight));
  }

  private static double[] rmsNorm(Rounding r, double[] x, double[] weight) {
    int columns = weight.length;
    double[] result = new double[x.length];
    for (int row = 0; row < x.length; row += columns) {
      double squares = 0;
      for (int i = row; i < row + columns; i++) {
        squares = r.of(squares + r.of(x[i] * x[i]));
      }
      double scale = inverseRoot(r, r.of(squares / columns));
      for (int i = row; i < row + columns; i++) {
        result[i] = r.of(r.of(x[i] * scale) * weight[i - row]);
      }
    }
    return result;
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 32", "5, 10, 32", "3, 300, 128"})
  void crossEntropyAndItsGradientAreWithinTheErrorRule(int rows, int classes, int threads) {
    double[] x = Numbers.normal(DType.FP32, 7, rows * classes);
    int[] labels = Numbers.ints(8, rows, 0, classes);
    labels[rows / 2] = rows > 1 ? -1 : 0;
    NdArray logits = cuda.array(DType.FP32, x);
    NdArray loss = cuda.empty(DType.FP32, rows);
    cuda.launch(
        "cross_entropy", SimLaunch.of(rows, threads), classes, logits, cuda.ints(labels), loss);
    double[] plain = x.clone();
    double[] exact = x.clone();
    double[] plainLoss = crossEntropy(Rounding.FP32, plain, labels);
    double[] exactLoss = crossEntropy(Rounding.EXACT, exact, labels);
    ErrorRule.check("losses", DType.FP32, loss.toDoubles(), plainLoss, exactLoss);
    ErrorRule.check("gradients", DType.FP32, logits.toDoubles(), plain, exact);
  }

  /** Gives the losses, and puts the gradients into {@code x}. */
  private static double[] crossEntropy(Rounding r, double[] x, int[] labels) {
    int classes = x.length / labels.length;
    double[] losses = new double[labels.length];
    for (int row = 0; row < labels.length; row++) {
      double[] own = Arrays.copyOfRange(x, row * classes, (row + 1) * classes);
      double most = Arrays.stream(own).max().orElseThrow();
      double sum = 0;
      for (double v : own) {
        sum = r.of(sum + r.of(Math.exp(r.of(v - most))));
      }
      int label = labels[row];
      losses[row] = label < 0 ? 0 : r.of(r.of(r.of(Math.log(sum)) + most) - own[label]);
      for (int c = 0; c < classes; c++) {
        double share = r.of(r.of(Math.exp(r.of(own[c] - most))) / sum);
        x[row * classes + c] = label < 0 ? 0 : r.of(share - (c == label ? 1 : 0));
      }
    }
    return losses;
  }
}
