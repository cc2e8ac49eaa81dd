package dev.kiln.tests.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.SimLaunch;
import dev.kiln.tests.kernels.ErrorRule;
import java.lang.foreign.MemorySegment;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@ParameterizedClass
@EnumSource(Way.class)
class TransposeStencilTest {
  /** Keeps pairs of bodies that are close, or the same, apart: see the kernel. */
  private static final double SOFTENING = 1e-3;

  private static final int TAPS = 5;

  @RegisterExtension final CudaKernels cuda;

  TransposeStencilTest(Way way) {
    cuda = new CudaKernels("transpose_stencil", way);
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "32, 32", "33, 5", "70, 100"})
  void tilesAreTransposed(int rows, int columns) {
    double[] x = Numbers.normal(DType.FP32, 1, rows * columns);
    NdArray out = cuda.empty(DType.FP32, x.length);
    Grid grid = Grid.of(Grid.cdiv(columns, 32), Grid.cdiv(rows, 32));
    cuda.launch(
        "transpose_tile",
        SimLaunch.of(grid, Grid.of(32, 8)),
        rows,
        columns,
        cuda.array(DType.FP32, x),
        out);
    assertThat(out.toDoubles()).isEqualTo(transposed(x, rows, columns));
  }

  @Test
  void aTileWithConflictsIsTransposedToo() {
    double[] x = Numbers.normal(DType.FP32, 2, 1024);
    NdArray out = cuda.empty(DType.FP32, x.length);
    cuda.launch(
        "transpose_conflicts",
        SimLaunch.of(Grid.of(1), Grid.of(32, 8)),
        cuda.array(DType.FP32, x),
        out);
    assertThat(out.toDoubles()).isEqualTo(transposed(x, 32, 32));
  }

  private static double[] transposed(double[] x, int rows, int columns) {
    double[] result = new double[x.length];
    Arrays.setAll(result, i -> x[i % rows * columns + i / rows]);
    return result;
  }

  @Test
  void constantMemoryIsWhatTheHostWroteThere() {
    double[] taps = setTaps(3);
    NdArray out = cuda.empty(DType.FP32, taps.length);
    cuda.launch("taps_of", SimLaunch.of(1, 32), out);
    assertThat(out.toDoubles()).isEqualTo(taps);
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "3, 40", "16, 16", "37, 50"})
  void convolutionsAreWithinTheErrorRule(int height, int width) {
    double[] taps = setTaps(4);
    double[] x = Numbers.normal(DType.FP32, 5, height * width);
    NdArray out = cuda.empty(DType.FP32, x.length);
    Grid grid = Grid.of(Grid.cdiv(width, 16), Grid.cdiv(height, 16));
    cuda.launch(
        "convolve5x5",
        SimLaunch.of(grid, Grid.of(16, 16)),
        height,
        width,
        cuda.array(DType.FP32, x),
        out);
    ErrorRule.check(
        "a convolution",
        DType.FP32,
        out.toDoubles(),
        convolved(Rounding.FP32, x, width, taps),
        convolved(Rounding.EXACT, x, width, taps));
  }

  private double[] setTaps(long seed) {
    double[] taps = Numbers.normal(DType.FP32, seed, TAPS * TAPS);
    byte[] bytes = NdArray.encode(DType.FP32, taps);
    cuda.module().variable("taps").copyFrom(MemorySegment.ofArray(bytes), 0);
    return taps;
  }

  private static double[] convolved(Rounding rounding, double[] x, int width, double[] taps) {
    int height = x.length / width;
    double[] result = new double[x.length];
    for (int i = 0; i < x.length; i++) {
      double sum = 0;
      for (int tap = 0; tap < taps.length; tap++) {
        int row = i / width + tap / TAPS - TAPS / 2;
        int column = i % width + tap % TAPS - TAPS / 2;
        if (row >= 0 && row < height && column >= 0 && column < width) {
          sum = rounding.of(sum + rounding.of(taps[tap] * x[row * width + column]));
        }
      }
      result[i] = sum;
    }
    return result;
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 6, 33})
  void heatSpreadsWithinTheErrorRule(int steps) {
    double[] u = Numbers.normal(DType.FP32, 6, 256);
    NdArray array = cuda.array(DType.FP32, u);
    cuda.launch("heat1d", SimLaunch.of(1, 256), steps, 0.2f, array);
    ErrorRule.check(
        "heat after " + steps + " steps",
        DType.FP32,
        array.toDoubles(),
        heat(Rounding.FP32, u, steps),
        heat(Rounding.EXACT, u, steps));
  }

  private static double[] heat(Rounding r, double[] start, int steps) {
    double[] a = new double[start.length + 2];
    System.arraycopy(start, 0, a, 1, start.length);
    for (int step = 0; step < steps; step++) {
      double[] next = a.clone();
      for (int i = 1; i <= start.length; i++) {
        double bend = r.of(r.of(a[i - 1] - 2 * a[i]) + a[i + 1]);
        next[i] = r.of(a[i] + r.of(0.2f * bend));
      }
      a = next;
    }
    return Arrays.copyOfRange(a, 1, start.length + 1);
  }

  @ParameterizedTest
  @CsvSource({"1, 32", "33, 32", "70, 48"})
  void gravityInDoublePrecisionIsWithinTheErrorRule(int n, int threads) {
    double[] bodies = Numbers.normal(DType.FP64, 7, 4 * n);
    NdArray acceleration = cuda.empty(DType.FP64, 4 * n);
    cuda.launch(
        "gravity_fp64",
        SimLaunch.of(Grid.cdiv(n, threads), threads).withShared(4L * Double.BYTES * threads),
        n,
        cuda.array(DType.FP64, bodies),
        acceleration);
    ErrorRule.check(
        "gravity",
        DType.FP64,
        acceleration.toDoubles(),
        gravity(bodies),
        exactGravity(bodies, new MathContext(30)));
  }

  private static double[] gravity(double[] bodies) {
    double[] result = new double[bodies.length];
    for (int i = 0; i < bodies.length; i += 4) {
      for (int j = 0; j < bodies.length; j += 4) {
        double squares = 0;
        for (int axis = 0; axis < 3; axis++) {
          double d = bodies[j + axis] - bodies[i + axis];
          squares += d * d;
        }
        double inverse = 1 / Math.sqrt(squares + SOFTENING);
        double force = bodies[j + 3] * inverse * inverse * inverse;
        for (int axis = 0; axis < 3; axis++) {
          result[i + axis] += force * (bodies[j + axis] - bodies[i + axis]);
        }
      }
    }
    return result;
  }

  private static double[] exactGravity(double[] bodies, MathContext digits) {
    BigDecimal[] sums = new BigDecimal[bodies.length];
    Arrays.fill(sums, BigDecimal.ZERO);
    for (int i = 0; i < bodies.length; i += 4) {
      for (int j = 0; j < bodies.length; j += 4) {
        BigDecimal[] distance = new BigDecimal[3];
        BigDecimal squares = new BigDecimal(SOFTENING);
        for (int axis = 0; axis < 3; axis++) {
          distance[axis] =
              new BigDecimal(bodies[j + axis]).subtract(new BigDecimal(bodies[i + axis]));
          squares = squares.add(distance[axis].multiply(distance[axis], digits), digits);
        }
        BigDecimal cube = squares.multiply(squares.sqrt(digits), digits);
        BigDecimal force = new BigDecimal(bodies[j + 3]).divide(cube, digits);
        for (int axis = 0; axis < 3; axis++) {
          sums[i + axis] = sums[i + axis].add(force.multiply(distance[axis], digits), digits);
        }
      }
    }
    return Arrays.stream(sums).mapToDouble(BigDecimal::doubleValue).toArray();
  }
}
