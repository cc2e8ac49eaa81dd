package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.normalization.LayerNorm;
import dev.kiln.kernels.normalization.RmsNorm;
import dev.kiln.kernels.reference.NormReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Layer norm and RMS norm. */
class RowNormTest {
  private static final double EPS = 1e-5;

  /** Tiny; several rows in a tile; one row in a tile; longer than a tile. */
  private static final List<int[]> SMALL = List.of(new int[] {1, 1}, new int[] {5, 33});

  private static final List<int[]> LARGE =
      List.of(new int[] {90, 60}, new int[] {40, 1000}, new int[] {5, 16_400});

  static Stream<Arguments> shapes() {
    return Cases.matrices(SMALL, LARGE);
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void layerNormIsWithinTheErrorRule(String name, DType dtype, int rows, int columns) {
    var problem = new Problem(Cases.device(name), dtype, rows, columns, true);
    var norm = new LayerNorm(problem.device);
    NdArray y = problem.unset();
    norm.forward(
        problem.x.on(problem.device, dtype),
        problem.parameter(problem.weight),
        problem.parameter(problem.bias),
        EPS,
        y,
        problem.mean,
        problem.rstd);
    problem.checkForward(y, problem.x, true);

    NdArray sum = problem.unset();
    NdArray again = problem.unset();
    norm.forwardAdd(
        problem.x.on(problem.device, dtype),
        problem.residual.on(problem.device, dtype),
        sum,
        null,
        null,
        EPS,
        again,
        problem.mean,
        problem.rstd);
    Batch stored = problem.checkSum(sum);
    problem.checkForward(again, stored, false);

    NdArray dx = problem.unset();
    NdArray dweight = Cases.unset(problem.device, dtype, columns);
    NdArray dbias = Cases.unset(problem.device, dtype, columns);
    norm.backward(
        problem.dy.on(problem.device, dtype),
        sum,
        problem.parameter(problem.weight),
        problem.mean,
        problem.rstd,
        problem.dsum.on(problem.device, dtype),
        dx,
        dweight,
        dbias);
    problem.checkBackward(stored, dx, dweight);
    Batch.check("dbias", dbias, problem::dbias, rows);
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void rmsNormIsWithinTheErrorRule(String name, DType dtype, int rows, int columns) {
    var problem = new Problem(Cases.device(name), dtype, rows, columns, false);
    var norm = new RmsNorm(problem.device);
    NdArray sum = problem.unset();
    NdArray y = problem.unset();
    norm.forwardAdd(
        problem.x.on(problem.device, dtype),
        problem.residual.on(problem.device, dtype),
        sum,
        problem.parameter(problem.weight),
        EPS,
        y,
        problem.rstd);
    Batch stored = problem.checkSum(sum);
    problem.checkForward(y, stored, true);
    NdArray alone = problem.unset();
    norm.forward(sum, problem.parameter(problem.weight), EPS, alone, null);
    if (Cases.TESTED.equals("cpu")) {
      // On GPUs another kernel may add in another order.
      assertThat(alone.toBytes()).as("bits without the sum").isEqualTo(y.toBytes());
    }

    NdArray dx = problem.unset();
    NdArray dweight = Cases.unset(problem.device, dtype, columns);
    norm.backward(
        problem.dy.on(problem.device, dtype),
        sum,
        problem.parameter(problem.weight),
        problem.rstd,
        problem.dsum.on(problem.device, dtype),
        dx,
        dweight);
    problem.checkBackward(stored, dx, dweight);
  }

  @Test
  void layerNormInPlaceGivesTheSameBits() {
    var problem = new Problem(Cases.tested(), DType.FP32, 70, 300, true);
    NdArray y = problem.unset();
    NdArray both = problem.x.on(problem.device, DType.FP32);
    try (var norm = new LayerNorm(problem.device)) {
      norm.forward(problem.x.on(problem.device, DType.FP32), null, null, EPS, y, null, null);
      norm.forward(both, null, null, EPS, both, null, null);
    }
    assertThat(both.toBytes()).isEqualTo(y.toBytes());
  }

  @Test
  void referenceGradientIsTheNumericalOne() {
    for (boolean centered : new boolean[] {true, false}) {
      var problem = new Problem(Cases.tested(), DType.FP64, 1, 7, centered);
      NumericalGradient.check(
          "dx",
          v -> {
            double[] h = problem.normalised(Rounding.EXACT, new Batch(v, 7), 0);
            double[] y = NormReference.scaled(Rounding.EXACT, h, problem.weight, problem.bias);
            double loss = 0;
            for (int j = 0; j < y.length; j++) {
              loss += y[j] * problem.dy.values()[j] + v[j] * problem.dsum.values()[j];
            }
            return loss;
          },
          problem.x.values().clone(),
          problem.dx(Rounding.EXACT, problem.x));
    }
  }

  @Test
  void largeMeansDoNotCancel() {
    for (DType dtype : List.of(DType.FP32, DType.FP16, DType.BF16)) {
      for (int columns : new int[] {500, 16_400}) {
        double[] far =
            Arrays.stream(Cases.normal(dtype, 9, 2 * columns)).map(x -> 1000 + x).toArray();
        var x = new Batch(Rounding.to(dtype).of(far), columns);
        Device device = Cases.tested();
        NdArray y = Cases.unset(device, dtype, 2, columns);
        new LayerNorm(device).forward(x.on(device, dtype), null, null, EPS, y, null, null);
        Batch.check(
            "y",
            y,
            r ->
                Batch.ofRows(
                        2,
                        columns,
                        i ->
                            NormReference.normalised(
                                r, x.row(i), NormReference.statistics(r, x.row(i), EPS, true)))
                    .values(),
            columns);
      }
    }
  }

  @Test
  void rowsOfZerosStayFiniteAndRowsAreIndependent() {
    for (Device device : Cases.devices()) {
      NdArray x = NdArray.of(device, new float[] {0, 0, 0, 3, 4, 5}, 2, 3);
      NdArray y = Cases.unset(device, DType.FP32, 2, 3);
      NdArray rstd = Cases.unset(device, DType.FP32, 2);
      new RmsNorm(device).forward(x, null, 1e-6, y, rstd);
      assertThat(Arrays.copyOf(y.toFloats(), 3)).containsOnly(0);
      assertThat(rstd.toFloats()[0]).isCloseTo(1000, org.assertj.core.data.Offset.offset(0.01f));
      NdArray one = Cases.unset(device, DType.FP32, 1, 3);
      new LayerNorm(device).forward(x, null, null, EPS, y, null, null);
      new LayerNorm(device)
          .forward(
              NdArray.of(device, new float[] {3, 4, 5}, 1, 3), null, null, EPS, one, null, null);
      assertThat(Arrays.copyOfRange(y.toFloats(), 3, 6)).isEqualTo(one.toFloats());
    }
  }

  @Test
  void stridedRowsLeaveTheirNeighboursAlone() {
    Device device = Cases.tested();
    Batch x = Batch.normal(DType.FP32, 8, 70, 20);
    NdArray all = Cases.unset(device, DType.FP32, 70, 40);
    NdArray dense = Cases.unset(device, DType.FP32, 70, 20);
    var norm = new LayerNorm(device);
    norm.forward(x.on(device, DType.FP32), null, null, EPS, all.narrow(1, 10, 30), null, null);
    norm.forward(x.on(device, DType.FP32), null, null, EPS, dense, null, null);
    double[] actual = all.toDoubles();
    for (int i = 0; i < 70; i++) {
      assertThat(Arrays.copyOfRange(actual, 40 * i + 10, 40 * i + 30))
          .isEqualTo(Arrays.copyOfRange(dense.toDoubles(), 20 * i, 20 * i + 20));
      assertThat(Arrays.copyOfRange(actual, 40 * i, 40 * i + 10)).containsOnly(Double.NaN);
      assertThat(Arrays.copyOfRange(actual, 40 * i + 30, 40 * i + 40)).containsOnly(Double.NaN);
    }
  }

  @Test
  void noRowsGiveZeroGradients() {
    for (Device device : Cases.devices()) {
      NdArray x = NdArray.zeros(device, DType.FP32, 0, 3);
      NdArray none = NdArray.zeros(device, DType.FP32, 0);
      NdArray dweight = Cases.unset(device, DType.FP32, 3);
      NdArray dbias = Cases.unset(device, DType.FP32, 3);
      var norm = new LayerNorm(device);
      norm.forward(x, null, null, EPS, x, none, none);
      norm.backward(x, x, null, none, none, null, x, dweight, dbias);
      assertThat(dweight.toFloats()).containsOnly(0);
      assertThat(dbias.toFloats()).containsOnly(0);
      NdArray empty = NdArray.zeros(device, DType.FP32, 3, 0);
      NdArray three = NdArray.zeros(device, DType.FP32, 3);
      norm.forward(empty, none, none, EPS, empty, three, three);
      norm.backward(empty, empty, none, three, three, null, empty, none, none);
    }
  }

  @Test
  void argumentsThatDoNotFitAreRefused() {
    Device device = Cases.tested();
    var norm = new LayerNorm(device);
    NdArray x = NdArray.zeros(device, DType.FP32, 4, 6);
    NdArray y = NdArray.zeros(device, DType.FP32, 4, 6);
    NdArray six = NdArray.zeros(device, DType.FP32, 6);
    NdArray four = NdArray.zeros(device, DType.FP32, 4);
    NdArray halves = NdArray.zeros(device, DType.FP16, 4);
    refused(
        () -> norm.forward(x, six, six, EPS, six, null, null),
        "LayerNorm: argument 'y' must have the shape of 'x', fp32[4, 6] on cpu, but is fp32[6] on"
            + " cpu");
    refused(
        () -> norm.forward(x, four, six, EPS, y, null, null),
        "LayerNorm: argument 'weight' must be a vector of 6, but is fp32[4] on cpu");
    refused(
        () -> norm.forward(x, six, four, EPS, y, null, null),
        "LayerNorm: argument 'bias' must be a vector of 6, but is fp32[4] on cpu");
    refused(
        () -> norm.forward(x, six, six, EPS, y, halves, null),
        "LayerNorm: argument 'mean' must be fp32 beside fp32[4, 6] on cpu, but is fp16[4] on cpu");
    refused(
        () -> norm.forward(x, six, six, EPS, y, four, six),
        "LayerNorm: argument 'rstd' must be a vector of 4, but is fp32[6] on cpu");
    refused(
        () -> norm.forward(x, six, six, -1, y, four, four),
        "LayerNorm: argument 'eps' must be at least 0 and finite, but is -1.0");
    refused(
        () -> norm.forwardAdd(x, y, y, null, null, EPS, y, null, null),
        "LayerNorm: argument 'sum' must not be 'residual'");
    refused(
        () -> norm.forwardAdd(x, y, x, null, null, EPS, y, null, null),
        "LayerNorm: argument 'sum' must not be 'x'");
    refused(
        () -> norm.backward(y, x, six, null, four, null, y, null, null),
        "LayerNorm: argument 'mean' must be given");
    refused(
        () -> new RmsNorm(device).backward(y, x, six, null, null, y, six),
        "RmsNorm: argument 'rstd' must be given");
    refused(
        () -> new RmsNorm(device).backward(y, x, six, four, null, y, four),
        "RmsNorm: argument 'dweight' must be a vector of 6, but is fp32[4] on cpu");
  }

  /** Random rows and what they should give. */
  private static final class Problem {
    final Device device;
    final DType dtype;
    final int rows;
    final int columns;
    final boolean centered;
    final Batch x;
    final Batch residual;
    final Batch dy;
    final Batch dsum;
    final double[] weight;
    final double[] bias;
    final NdArray mean;
    final NdArray rstd;

    Problem(Device device, DType dtype, int rows, int columns, boolean centered) {
      this.device = device;
      this.dtype = dtype;
      this.rows = rows;
      this.columns = columns;
      this.centered = centered;
      x = Batch.normal(dtype, 1, rows, columns);
      residual = Batch.normal(dtype, 2, rows, columns);
      dy = Batch.normal(dtype, 3, rows, columns);
      dsum = Batch.normal(dtype, 4, rows, columns);
      weight = Cases.normal(dtype, 5, columns);
      bias = Cases.normal(dtype, 6, columns);
      DType compute = dtype == DType.FP64 ? DType.FP64 : DType.FP32;
      mean = Cases.unset(device, compute, rows);
      rstd = Cases.unset(device, compute, rows);
    }

    NdArray unset() {
      return Cases.unset(device, dtype, rows, columns);
    }

    NdArray parameter(double[] values) {
      return NdArray.of(device, dtype, values, columns);
    }

    NormReference.Statistics statistics(Rounding r, Batch of, int i) {
      return NormReference.statistics(r, of.row(i), EPS, centered);
    }

    double[] normalised(Rounding r, Batch of, int i) {
      return NormReference.normalised(r, of.row(i), statistics(r, of, i));
    }

    void checkForward(NdArray y, Batch of, boolean scaled) {
      double[] w = scaled ? weight : null;
      double[] b = scaled && centered ? bias : null;
      Batch.check(
          "y",
          y,
          r ->
              Batch.ofRows(rows, columns, i -> NormReference.scaled(r, normalised(r, of, i), w, b))
                  .values(),
          columns);
      Batch.check(
          "rstd",
          rstd,
          r -> Batch.ofRows(rows, 1, i -> new double[] {statistics(r, of, i).rstd()}).values(),
          columns);
      if (centered) {
        Batch.check(
            "mean",
            mean,
            r -> Batch.ofRows(rows, 1, i -> new double[] {statistics(r, of, i).mean()}).values(),
            columns);
      }
    }

    /** The rounded sum, as stored. */
    Batch checkSum(NdArray sum) {
      double[] expected = new double[rows * columns];
      Arrays.setAll(expected, i -> x.values()[i] + residual.values()[i]);
      Rounding r = Rounding.to(dtype);
      assertThat(sum.toDoubles()).isEqualTo(dtype == DType.FP64 ? expected : r.of(expected));
      return new Batch(sum.toDoubles(), columns);
    }

    void checkBackward(Batch stored, NdArray dx, NdArray dweight) {
      Batch.check("dx", dx, r -> dx(r, stored), columns);
      Batch.check("dweight", dweight, r -> dweight(r, stored), rows + columns);
    }

    double[] dx(Rounding r, Batch stored) {
      return Batch.ofRows(
              rows,
              columns,
              i -> {
                double[] g = NormReference.scaled(r, dy.row(i), weight, null);
                double[] h = normalised(r, stored, i);
                double rowRstd = statistics(r, stored, i).rstd();
                double[] row = NormReference.backward(r, g, h, rowRstd, centered);
                for (int j = 0; j < columns; j++) {
                  row[j] = r.of(row[j] + dsum.values()[i * columns + j]);
                }
                return row;
              })
          .values();
    }

    double[] dweight(Rounding r, Batch stored) {
      double[] sums = new double[columns];
      for (int i = 0; i < rows; i++) {
        double[] h = normalised(r, stored, i);
        double[] row = dy.row(i);
        for (int j = 0; j < columns; j++) {
          sums[j] = r.of(sums[j] + r.of(row[j] * h[j]));
        }
      }
      return sums;
    }

    double[] dbias(Rounding r) {
      double[] sums = new double[columns];
      for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns; j++) {
          sums[j] = r.of(sums[j] + dy.values()[i * columns + j]);
        }
      }
      return sums;
    }
  }
}
