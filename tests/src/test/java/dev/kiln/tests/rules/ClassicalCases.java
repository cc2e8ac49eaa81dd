package dev.kiln.tests.rules;

import static dev.kiln.tests.rules.HostArray.integers;
import static dev.kiln.tests.rules.HostArray.normal;
import static dev.kiln.tests.rules.HostArray.unwritten;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.classical.Distances;
import dev.kiln.kernels.classical.GraphConvolution;
import dev.kiln.kernels.classical.MaskedResidual;
import dev.kiln.kernels.classical.NearestCentres;
import java.util.List;

/** Launches of kernels of classical methods. */
final class ClassicalCases {
  private ClassicalCases() {}

  static List<KernelCase> all() {
    return List.of(distances(), nearestCentres(), maskedResidual(), graphConvolution());
  }

  private static KernelCase distances() {
    return new KernelCase(
        "Distances",
        List.of(normal(1, 37, 5), normal(2, 70, 5), unwritten(37, 70)),
        (device, a) -> {
          var kernel = new Distances(device);
          return () -> kernel.run(a.get(0), a.get(1), a.get(2));
        });
  }

  private static KernelCase nearestCentres() {
    return new KernelCase(
        "NearestCentres",
        List.of(
            normal(3, 1100, 3),
            normal(4, 19, 3),
            integers(DType.I32, 5, -9, -1, 1100),
            unwritten(1100),
            integers(DType.I32, 6, -9, -1, 19)),
        (device, a) -> {
          var kernel = new NearestCentres(device);
          return () -> kernel.step(a.get(0), a.get(1), a.get(2), a.get(3), a.get(4));
        });
  }

  private static KernelCase maskedResidual() {
    return new KernelCase(
        "MaskedResidual",
        List.of(
            normal(7, 13, 70),
            normal(8, 13, 70),
            integers(DType.I32, 9, 0, 2, 13, 70),
            normal(10, 70),
            unwritten(13, 70),
            unwritten(13)),
        (device, a) -> {
          var kernel = new MaskedResidual(device);
          return () -> kernel.run(a.get(0), a.get(1), a.get(2), a.get(3), a.get(4), a.get(5));
        });
  }

  private static KernelCase graphConvolution() {
    return new KernelCase(
        "GraphConvolution",
        List.of(
            normal(11, 9, 9),
            normal(12, 9, 9),
            normal(13, 2, 9, 5),
            normal(14, 5, 7),
            unwritten(2, 9, 7),
            unwritten(2, 9, 5),
            unwritten(5, 7),
            unwritten(9, 9)),
        (device, a) -> {
          var kernel = new GraphConvolution(device);
          return () -> {
            kernel.forward(a.get(0), a.get(1), a.get(2), a.get(3), a.get(4));
            kernel.backward(
                a.get(0), a.get(1), a.get(2), a.get(3), a.get(4), a.get(5), a.get(6), a.get(7));
          };
        });
  }
}
