package dev.kiln.tests.rules;

import static dev.kiln.tests.rules.HostArray.integers;
import static dev.kiln.tests.rules.HostArray.normal;
import static dev.kiln.tests.rules.HostArray.unwritten;
import static dev.kiln.tests.rules.HostArray.zeros;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.product.Epilogue;
import dev.kiln.kernels.product.ExpertMatmul;
import dev.kiln.kernels.product.GroupedMatmul;
import dev.kiln.kernels.product.Matmul;
import dev.kiln.kernels.product.MatmulTiles;
import dev.kiln.kernels.product.Precision;
import dev.kiln.kernels.product.QuantizedMatmul;
import dev.kiln.kernels.product.QuantizedWeight;
import dev.kiln.runtime.NdArray;
import java.util.List;

/** Launches of the matrix products. */
final class ProductCases {
  private ProductCases() {}

  static List<KernelCase> all() {
    return List.of(
        product(),
        halfProduct(),
        tiled("Matmul, K in parts", MatmulTiles.of(32, 64, 16).withSplits(3)),
        tiled("Matmul, walking programs", MatmulTiles.of(32, 64, 32).withPrograms(3)),
        skinny(),
        integerProduct(),
        grouped(),
        experts(),
        expertGradient(),
        quantized(8, 9),
        quantized(8, 2),
        quantized(4, 9),
        quantized(4, 2),
        quantizedRows());
  }

  private static KernelCase product() {
    return new KernelCase(
        "Matmul",
        List.of(normal(1, 150, 70), normal(2, 70, 300), normal(3, 300), unwritten(150, 300)),
        (device, arrays) -> {
          var matmul = new Matmul(device);
          return () ->
              matmul.run(
                  arrays.get(0), arrays.get(1), arrays.get(2), Activation.GELU, arrays.get(3));
        });
  }

  private static KernelCase halfProduct() {
    return new KernelCase(
        "Matmul of transposed bf16",
        List.of(
            normal(DType.BF16, 4, 40, 33),
            normal(DType.BF16, 5, 40, 70),
            unwritten(DType.BF16, 33, 70),
            unwritten(DType.BF16, 33, 70)),
        (device, arrays) -> {
          var matmul = new Matmul(device);
          var transposed = arrays.get(0).permute(1, 0);
          return () ->
              matmul.run(
                  transposed, arrays.get(1), null, Activation.RELU, arrays.get(2), arrays.get(3));
        });
  }

  private static KernelCase tiled(String name, MatmulTiles tiles) {
    return new KernelCase(
        name,
        List.of(
            normal(1, 2, 50, 70),
            normal(2, 70, 90),
            normal(3, 50),
            normal(4, 2, 50, 90),
            unwritten(2, 50, 90)),
        (device, arrays) -> {
          var matmul = new Matmul(device, tiles, Precision.IEEE);
          Epilogue epilogue =
              Epilogue.NONE.withScales(arrays.get(2), null).withResidual(arrays.get(3));
          return () -> matmul.run(arrays.get(0), arrays.get(1), epilogue, arrays.get(4));
        });
  }

  private static KernelCase skinny() {
    return new KernelCase(
        "Matmul of few rows",
        List.of(
            normal(1, 2, 130),
            normal(2, 130, 300),
            unwritten(2, 300),
            normal(3, 70, 130),
            unwritten(2, 70)),
        (device, arrays) -> {
          var matmul = new Matmul(device);
          return () -> {
            matmul.run(arrays.get(0), arrays.get(1), arrays.get(2));
            matmul.run(arrays.get(0), arrays.get(3).permute(1, 0), arrays.get(4));
          };
        });
  }

  private static KernelCase integerProduct() {
    return new KernelCase(
        "Matmul of i8",
        List.of(
            integers(DType.I8, 1, -128, 128, 33, 70),
            integers(DType.I8, 2, -128, 128, 70, 40),
            normal(3, 40),
            unwritten(33, 40)),
        (device, arrays) -> {
          var matmul = new Matmul(device);
          Epilogue epilogue = Epilogue.NONE.withScales(null, arrays.get(2));
          return () -> matmul.run(arrays.get(0), arrays.get(1), epilogue, arrays.get(3));
        });
  }

  private static KernelCase grouped() {
    return new KernelCase(
        "GroupedMatmul",
        List.of(
            normal(1, 33, 20),
            normal(2, 20, 50),
            unwritten(33, 50),
            normal(3, 5, 70),
            normal(4, 70, 9),
            unwritten(5, 9)),
        (device, arrays) -> {
          var grouped = new GroupedMatmul(device, MatmulTiles.of(16, 16, 16), Precision.IEEE);
          var group =
              grouped.group(
                  List.of(
                      new GroupedMatmul.Product(arrays.get(0), arrays.get(1), null, arrays.get(2)),
                      new GroupedMatmul.Product(
                          arrays.get(3), arrays.get(4), null, arrays.get(5))));
          return () -> grouped.run(group, Activation.RELU);
        });
  }

  private static KernelCase experts() {
    return new KernelCase(
        "ExpertMatmul",
        List.of(offsets(), normal(1, 60, 20), normal(2, 3, 20, 50), unwritten(60, 50)),
        (device, arrays) -> {
          var experts = new ExpertMatmul(device, MatmulTiles.of(16, 32, 16), Precision.IEEE);
          return () ->
              experts.run(
                  arrays.get(1), arrays.get(0), arrays.get(2), Epilogue.NONE, arrays.get(3));
        });
  }

  private static KernelCase expertGradient() {
    return new KernelCase(
        "ExpertMatmul.gradient",
        List.of(
            offsets(),
            normal(1, 60, 20),
            normal(2, 60, 50),
            unwritten(3, 20, 50),
            unwritten(3, 50)),
        (device, arrays) -> {
          var experts = new ExpertMatmul(device, MatmulTiles.of(16, 32, 16), Precision.IEEE);
          return () ->
              experts.gradient(
                  arrays.get(1), arrays.get(0), arrays.get(2), 0, arrays.get(3), arrays.get(4));
        });
  }

  private static HostArray offsets() {
    return new HostArray(DType.I32, new double[] {0, 25, 25, 60}, new long[] {4});
  }

  private static KernelCase quantized(int bits, int rows) {
    HostArray q =
        bits == 8
            ? integers(DType.I8, 1, -128, 128, 70, 50)
            : integers(DType.U8, 1, 0, 256, 48, 50);
    return new KernelCase(
        "QuantizedMatmul of %d bits, %d rows".formatted(bits, rows),
        List.of(q, normal(2, 3, 50), normal(3, 3, 50), normal(4, rows, 70), unwritten(rows, 50)),
        (device, arrays) -> {
          var matmul = new QuantizedMatmul(device);
          var weight =
              new QuantizedWeight(bits, 70, 32, arrays.get(0), arrays.get(1), arrays.get(2));
          return () -> matmul.run(arrays.get(3), weight, Epilogue.NONE, arrays.get(4));
        });
  }

  private static KernelCase quantizedRows() {
    return new KernelCase(
        "QuantizedMatmul.quantizeRows",
        List.of(normal(1, 9, 300), zeros(DType.I8, 9, 300), unwritten(9)),
        (device, arrays) -> {
          var matmul = new QuantizedMatmul(device);
          NdArray q = arrays.get(1);
          return () -> matmul.quantizeRows(arrays.get(0), q, arrays.get(2));
        });
  }
}
