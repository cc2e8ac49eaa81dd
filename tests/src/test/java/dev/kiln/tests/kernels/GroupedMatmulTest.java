package dev.kiln.tests.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.product.Epilogue;
import dev.kiln.kernels.product.ExpertMatmul;
import dev.kiln.kernels.product.GroupedMatmul;
import dev.kiln.kernels.product.MatmulTiles;
import dev.kiln.kernels.product.Precision;
import dev.kiln.kernels.reference.ColumnSumsReference;
import dev.kiln.kernels.reference.EpilogueReference;
import dev.kiln.kernels.reference.MatmulReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.NdArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class GroupedMatmulTest {
  private static final int[][] SIZES = {
    {5, 40, 33}, {0, 4, 8}, {17, 3, 70}, {33, 20, 0}, {1, 1, 1}
  };

  /** Rows of each expert: none, one, some, more than a tile. */
  private static final int[] OFFSETS = {0, 3, 3, 4, 40, 47};

  private static final int EXPERTS = OFFSETS.length - 1;

  /** One more than the experts have. */
  private static final int ROWS = 48;

  private static final int K = 21;
  private static final int N = 19;

  static Stream<Arguments> devicesAndDTypes() {
    return Cases.devices().stream()
        .flatMap(
            device -> Cases.DTYPES.stream().map(dtype -> Arguments.of(Cases.name(device), dtype)));
  }

  @ParameterizedTest
  @MethodSource("devicesAndDTypes")
  void productsOfDifferentSizesAreComputedInOneLaunch(String name, DType dtype) {
    Device device = Cases.device(name);
    List<GroupedMatmul.Product> products = new ArrayList<>();
    for (int[] size : SIZES) {
      // The second operand by its columns.
      products.add(
          new GroupedMatmul.Product(
              NdArray.of(device, dtype, a(dtype, size), size[0], size[2]),
              NdArray.of(
                      device,
                      dtype,
                      MatmulReference.transpose(b(dtype, size), size[2], size[1]),
                      size[1],
                      size[2])
                  .permute(1, 0),
              NdArray.of(device, dtype, Cases.normal(dtype, 3, size[1]), size[1]),
              Cases.unset(device, dtype, size[0], size[1])));
    }
    var tiles = MatmulTiles.of(16, 16, 16).withPrograms(3);
    var grouped = new GroupedMatmul(device, tiles, Precision.IEEE);
    try (var group = grouped.group(products)) {
      grouped.run(group, Activation.RELU);
    }
    for (int i = 0; i < SIZES.length; i++) {
      int[] size = SIZES[i];
      ErrorRule.check(
          "c of product " + i,
          dtype,
          products.get(i).c().toDoubles(),
          Rounding.to(dtype).of(product(Rounding.FP32, dtype, size)),
          product(Rounding.EXACT, dtype, size));
    }
  }

  private static double[] a(DType dtype, int[] size) {
    return Cases.normal(dtype, 1, size[0] * size[2]);
  }

  private static double[] b(DType dtype, int[] size) {
    return Cases.normal(dtype, 2, size[2] * size[1]);
  }

  private static double[] product(Rounding r, DType dtype, int[] size) {
    return MatmulReference.product(
        r,
        a(dtype, size),
        b(dtype, size),
        Cases.normal(dtype, 3, size[1]),
        Activation.RELU,
        size[0],
        size[1],
        size[2]);
  }

  @Test
  void emptyGroupsDoNothingAndProductsMustBeAlike() {
    Device device = Cases.tested();
    var grouped = new GroupedMatmul(device);
    grouped.run(grouped.group(List.of()), Activation.NONE);
    var one =
        new GroupedMatmul.Product(
            matrix(device, 2, 3), matrix(device, 3, 4), null, matrix(device, 2, 4));
    var other =
        new GroupedMatmul.Product(
            matrix(device, 2, 3), matrix(device, 3, 1), matrix(device, 1), matrix(device, 2, 1));
    assertThatThrownBy(() -> grouped.group(List.of(one, other)))
        .hasMessage("GroupedMatmul: argument 'bias' must be there in all products or in none");
    assertThatThrownBy(() -> new GroupedMatmul(Devices.eval()).group(List.of(one)))
        .hasMessage(
            "GroupedMatmul: argument 'a' must be on eval, but is fp32[2, 3] on " + device.name());
  }

  private static NdArray matrix(Device device, long... shape) {
    return NdArray.zeros(device, DType.FP32, shape);
  }

  @ParameterizedTest
  @MethodSource("devicesAndDTypes")
  void rowsOfExpertsAreMultipliedByTheirMatrices(String name, DType dtype) {
    Device device = Cases.device(name);
    double[] a = Cases.normal(dtype, 1, ROWS * K);
    double[] b = Cases.normal(dtype, 2, EXPERTS * K * N);
    double[] bias = Cases.normal(dtype, 3, EXPERTS * N);
    double[] scale = Cases.normal(dtype, 4, ROWS);
    NdArray c = Cases.unset(device, dtype, ROWS, N);
    NdArray offsets = NdArray.of(device, OFFSETS);
    var expert = new ExpertMatmul(device, MatmulTiles.of(16, 16, 16), Precision.IEEE);
    expert.run(
        NdArray.of(device, dtype, a, ROWS, K),
        offsets,
        NdArray.of(device, dtype, b, EXPERTS, K, N),
        Epilogue.of(NdArray.of(device, dtype, bias, EXPERTS, N), Activation.GELU)
            .withScales(NdArray.of(device, dtype, scale, ROWS), null),
        c);
    double[] result = c.toDoubles();
    assertThat(result[(ROWS - 1) * N]).as("the row that no expert has").isNaN();
    for (int e = 0; e < EXPERTS; e++) {
      int from = OFFSETS[e];
      int to = OFFSETS[e + 1];
      double[] rows = Arrays.copyOfRange(a, from * K, to * K);
      double[] matrix = Arrays.copyOfRange(b, e * K * N, (e + 1) * K * N);
      var epilogue =
          new EpilogueReference(
              Arrays.copyOfRange(bias, e * N, (e + 1) * N),
              Activation.GELU,
              null,
              null,
              Arrays.copyOfRange(scale, from, to),
              null,
              1,
              0,
              null);
      double[] plain = MatmulReference.product(Rounding.FP32, rows, matrix, to - from, N, K);
      double[] exact = MatmulReference.product(Rounding.EXACT, rows, matrix, to - from, N, K);
      ErrorRule.check(
          "rows of expert " + e,
          dtype,
          Arrays.copyOfRange(result, from * N, to * N),
          Rounding.to(dtype).of(epilogue.of(Rounding.FP32, plain, N)),
          epilogue.of(Rounding.EXACT, exact, N));
    }
  }

  @ParameterizedTest
  @MethodSource("devicesAndDTypes")
  void gradientsOfExpertsAreSumsOverTheirRows(String name, DType dtype) {
    Device device = Cases.device(name);
    double[] a = Cases.normal(dtype, 1, ROWS * K);
    double[] d = Cases.normal(dtype, 2, ROWS * N);
    double[] before = Cases.normal(dtype, 3, EXPERTS * K * N);
    NdArray g = NdArray.of(device, dtype, before, EXPERTS, K, N);
    NdArray sums = NdArray.zeros(device, dtype, EXPERTS, N);
    new ExpertMatmul(device, MatmulTiles.of(16, 16, 16), Precision.IEEE)
        .gradient(
            NdArray.of(device, dtype, a, ROWS, K),
            NdArray.of(device, OFFSETS),
            NdArray.of(device, dtype, d, ROWS, N),
            1,
            g,
            sums);
    double[] plain = new double[before.length];
    double[] exact = new double[before.length];
    double[] plainSums = new double[EXPERTS * N];
    double[] exactSums = new double[EXPERTS * N];
    for (int e = 0; e < EXPERTS; e++) {
      double[] x = Arrays.copyOfRange(a, OFFSETS[e] * K, OFFSETS[e + 1] * K);
      double[] dy = Arrays.copyOfRange(d, OFFSETS[e] * N, OFFSETS[e + 1] * N);
      double[] old = Arrays.copyOfRange(before, e * K * N, (e + 1) * K * N);
      gradient(Rounding.FP32, x, dy, old, plain, plainSums, e);
      gradient(Rounding.EXACT, x, dy, old, exact, exactSums, e);
    }
    ErrorRule.check("g", dtype, g.toDoubles(), Rounding.to(dtype).of(plain), exact);
    ErrorRule.check("sums", dtype, sums.toDoubles(), Rounding.to(dtype).of(plainSums), exactSums);
  }

  private static void gradient(
      Rounding r, double[] x, double[] dy, double[] before, double[] g, double[] sums, int e) {
    int rows = dy.length / N;
    double[] product =
        MatmulReference.product(r, MatmulReference.transpose(x, rows, K), dy, K, N, rows);
    for (int i = 0; i < product.length; i++) {
      g[e * K * N + i] = r.of(product[i] + before[i]);
    }
    System.arraycopy(ColumnSumsReference.sums(r, dy, rows, N), 0, sums, e * N, N);
  }

  @Test
  void expertsInDoublePrecision() {
    for (Device device : Cases.devices()) {
      double[] a = Cases.normal(DType.FP64, 1, ROWS * K);
      double[] b = Cases.normal(DType.FP64, 2, K * N);
      NdArray c = Cases.unset(device, DType.FP64, ROWS, N);
      new ExpertMatmul(device)
          .run(
              NdArray.of(device, DType.FP64, a, ROWS, K),
              NdArray.of(device, new long[] {0, ROWS}),
              NdArray.of(device, DType.FP64, b, 1, K, N),
              Epilogue.NONE,
              c);
      ErrorRule.checkFp64(
          "c", c.toDoubles(), MatmulReference.product(Rounding.EXACT, a, b, ROWS, N, K), K);
    }
  }
}
