package dev.kiln.tests.kernels;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.product.Epilogue;
import dev.kiln.kernels.product.Matmul;
import dev.kiln.kernels.product.MatmulTiles;
import dev.kiln.kernels.product.Precision;
import dev.kiln.kernels.reference.EpilogueReference;
import dev.kiln.kernels.reference.MatmulReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Products with everything around them: epilogues, batches, ways to share the work, dtypes. */
class MatmulEpilogueTest {
  private static final int M = 19;
  private static final int N = 37;
  private static final int K = 70;

  static Stream<Arguments> devicesAndDTypes() {
    return Cases.devices().stream()
        .flatMap(
            device -> Cases.DTYPES.stream().map(dtype -> Arguments.of(Cases.name(device), dtype)));
  }

  /** Tiles of GPUs, K in parts, and programs that walk. */
  static Stream<MatmulTiles> ways() {
    return Stream.of(
        MatmulTiles.of(64, 64, 32),
        MatmulTiles.of(16, 16, 16),
        MatmulTiles.of(16, 16, 16).withSplits(3),
        MatmulTiles.of(16, 32, 16).withSplits(9),
        MatmulTiles.of(16, 16, 16).withPrograms(4));
  }

  @ParameterizedTest
  @MethodSource("devicesAndDTypes")
  void everyPartOfTheEpilogueIsApplied(String name, DType dtype) {
    Device device = Cases.device(name);
    var p = new Problem(device, dtype);
    p.check(new Matmul(device), p.everything(), p.reference(Rounding.EXACT), p.reference(null));
  }

  @ParameterizedTest
  @MethodSource("ways")
  void everyWayToShareTheWorkGivesTheSame(MatmulTiles tiles) {
    for (Device device : Cases.devices()) {
      var p = new Problem(device, DType.FP32);
      try (var matmul = new Matmul(device, tiles, Precision.IEEE)) {
        p.check(matmul, p.everything(), p.reference(Rounding.EXACT), p.reference(null));
      }
    }
  }

  @Test
  void backwardProductsMultiplyByTheDerivative() {
    for (Device device : Cases.devices()) {
      var p = new Problem(device, DType.FP32);
      double[] saved = Cases.normal(DType.FP32, 9, M * N);
      var reference =
          new EpilogueReference(null, Activation.GELU, saved, null, null, null, 1, 0, null);
      NdArray c = Cases.unset(device, DType.FP32, M, N);
      new Matmul(device)
          .run(
              p.a(),
              p.b(),
              Epilogue.gradient(Activation.GELU, NdArray.of(device, DType.FP32, saved, M, N)),
              c);
      ErrorRule.check(
          "c",
          DType.FP32,
          c.toDoubles(),
          reference.of(Rounding.FP32, p.products(Rounding.FP32), N),
          reference.of(Rounding.EXACT, p.products(Rounding.EXACT), N));
    }
  }

  @Test
  void batchesMayShareAnOperandAndBeTransposed() {
    for (Device device : Cases.devices()) {
      int batch = 3;
      double[] a = Cases.normal(DType.FP32, 1, batch * M * K);
      double[] b = Cases.normal(DType.FP32, 2, batch * N * K);
      NdArray left = NdArray.of(device, DType.FP32, a, batch, M, K);
      NdArray right = NdArray.of(device, DType.FP32, b, batch, N, K).permute(0, 2, 1);
      NdArray shared = NdArray.of(device, DType.FP32, Arrays.copyOf(b, N * K), N, K);
      for (MatmulTiles tiles : List.of(MatmulTiles.of(16, 16, 16), split(), walking())) {
        try (var matmul = new Matmul(device, tiles, Precision.IEEE)) {
          NdArray c = Cases.unset(device, DType.FP32, batch, M, N);
          matmul.run(left, right, c);
          NdArray ofShared = Cases.unset(device, DType.FP32, batch, M, N);
          matmul.run(left, shared.permute(1, 0), ofShared);
          for (int i = 0; i < batch; i++) {
            double[] ai = Arrays.copyOfRange(a, i * M * K, (i + 1) * M * K);
            double[] bi = Arrays.copyOfRange(b, i * N * K, (i + 1) * N * K);
            checkProduct(c, i, ai, MatmulReference.transpose(bi, N, K));
            double[] first = Arrays.copyOf(b, N * K);
            checkProduct(ofShared, i, ai, MatmulReference.transpose(first, N, K));
          }
        }
      }
    }
  }

  private static MatmulTiles split() {
    return MatmulTiles.of(16, 16, 16).withSplits(2);
  }

  private static MatmulTiles walking() {
    return MatmulTiles.of(16, 16, 16).withPrograms(5);
  }

  private static void checkProduct(NdArray c, int batch, double[] a, double[] b) {
    ErrorRule.check(
        "product " + batch,
        DType.FP32,
        Arrays.copyOfRange(c.toDoubles(), batch * M * N, (batch + 1) * M * N),
        MatmulReference.product(Rounding.FP32, a, b, M, N, K),
        MatmulReference.product(Rounding.EXACT, a, b, M, N, K));
  }

  @Test
  void doublePrecisionIsSummedInDoublePrecision() {
    for (Device device : Cases.devices()) {
      var p = new Problem(device, DType.FP64);
      double[] c = p.run(new Matmul(device), p.everything());
      ErrorRule.checkFp64("c", c, p.reference(Rounding.EXACT), K);
      try (var matmul = new Matmul(device, split(), Precision.IEEE)) {
        ErrorRule.checkFp64("c", p.run(matmul, p.everything()), p.reference(Rounding.EXACT), K);
      }
    }
  }

  @Test
  void fewTilesOfLongKAreSplit() {
    Device device = Cases.tested();
    int k = 9000;
    double[] a = Cases.normal(DType.FP32, 1, 3 * k);
    double[] b = Cases.normal(DType.FP32, 2, k * 5);
    NdArray c = Cases.unset(device, DType.FP32, 3, 5);
    try (var matmul = new Matmul(device)) {
      matmul.run(
          NdArray.of(device, DType.FP32, a, 3, k), NdArray.of(device, DType.FP32, b, k, 5), c);
    }
    ErrorRule.check(
        "c",
        DType.FP32,
        c.toDoubles(),
        MatmulReference.product(Rounding.FP32, a, b, 3, 5, k),
        MatmulReference.product(Rounding.EXACT, a, b, 3, 5, k));
  }

  @Test
  void otherPrecisionsAreFullPrecisionOnTheCpu() {
    for (Precision precision : Precision.values()) {
      var p = new Problem(Devices.cpu(), DType.FP32);
      try (var matmul = new Matmul(Devices.cpu(), MatmulTiles.of(32, 32, 32), precision)) {
        p.check(matmul, p.everything(), p.reference(Rounding.EXACT), p.reference(null));
      }
    }
  }

  /** Operands, and all that an epilogue can be made of. */
  private record Problem(Device device, DType dtype) {
    double[] values(long seed, int n) {
      return Cases.normal(dtype, seed, n);
    }

    NdArray array(long seed, long... shape) {
      int size = (int) Arrays.stream(shape).reduce(1, (x, y) -> x * y);
      return NdArray.of(device, dtype, values(seed, size), shape);
    }

    NdArray a() {
      return array(1, M, K);
    }

    NdArray b() {
      return array(2, K, N);
    }

    double[] products(Rounding r) {
      return MatmulReference.product(r, values(1, M * K), values(2, K * N), M, N, K);
    }

    Epilogue everything() {
      return Epilogue.of(array(3, N), Activation.RELU)
          .withScales(array(4, M), array(5, N))
          .withResidual(array(6, M, N))
          .withAlpha(0.5)
          .withBeta(-2);
    }

    /** In double precision, or with null in fp32, rounded to the dtype. */
    double[] reference(Rounding rounding) {
      Rounding r = rounding == null ? Rounding.FP32 : rounding;
      var reference =
          new EpilogueReference(
              values(3, N),
              Activation.RELU,
              null,
              values(6, M * N),
              values(4, M),
              values(5, N),
              0.5,
              -2,
              values(7, M * N));
      double[] c = reference.of(r, products(r), N);
      return rounding == null ? Rounding.to(dtype).of(c) : c;
    }

    double[] run(Matmul matmul, Epilogue epilogue) {
      NdArray c = array(7, M, N);
      matmul.run(a(), b(), epilogue, c);
      return c.toDoubles();
    }

    void check(Matmul matmul, Epilogue epilogue, double[] exact, double[] plain) {
      ErrorRule.check("c", dtype, run(matmul, epilogue), plain, exact);
    }
  }
}
