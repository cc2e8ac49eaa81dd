package dev.kiln.tests.kernels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.optimizer.FindInf;
import dev.kiln.kernels.optimizer.GlobalNorm;
import dev.kiln.kernels.optimizer.GradientScaling;
import dev.kiln.kernels.optimizer.Parameter;
import dev.kiln.kernels.optimizer.Sgd;
import dev.kiln.kernels.reference.OptimizerReference;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GlobalNormTest {
  private static final double[] BAD = {
    Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, Double.NaN
  };

  private static List<Parameter> parameters(Device device, DType compute, double[]... grads) {
    List<Parameter> parameters = new ArrayList<>();
    for (int i = 0; i < grads.length; i++) {
      DType dtype = compute == DType.FP64 ? DType.FP64 : Cases.DTYPES.get(i % 3);
      parameters.add(
          Parameter.of(
              NdArray.zeros(device, compute, grads[i].length),
              NdArray.of(device, dtype, grads[i], grads[i].length)));
    }
    return parameters;
  }

  private static double[][] gradients(Device device) {
    int[] sizes =
        Cases.isTested(device) ? new int[] {7, 9000, 4096, 0, 1, 70_001} : new int[] {7, 33};
    double[][] gradients = new double[sizes.length][];
    for (int i = 0; i < sizes.length; i++) {
      gradients[i] = Cases.normal(Cases.DTYPES.get(i % 3), i, sizes[i]);
    }
    return gradients;
  }

  @Test
  void theNormOfAllGradientsIsWithinTheErrorRule() {
    for (Device device : Cases.devices()) {
      double[][] g = gradients(device);
      double exact = OptimizerReference.norm(Rounding.EXACT, 0.25, g);
      double plain = OptimizerReference.norm(Rounding.FP32, 0.25, g);
      try (var norm = new GlobalNorm(device, parameters(device, DType.FP32, g))) {
        norm.run(1, 0.25);
        check(norm.norm(), plain, exact);
        check(norm.factor(), (float) (1 / plain), 1 / exact);
        assertThat(norm.foundInf().toFloats()).containsExactly(0);
      }
      try (var norm = new GlobalNorm(device, parameters(device, DType.FP64, g))) {
        norm.run(1, 0.25);
        ErrorRule.checkFp64("norm", norm.norm().toDoubles(), new double[] {exact}, g[1].length);
      }
    }
  }

  private static void check(NdArray actual, double plain, double exact) {
    ErrorRule.check(
        "number", DType.FP32, actual.toDoubles(), new double[] {plain}, new double[] {exact});
  }

  @Test
  void clippingKeepsTheDirectionAndLeavesSmallGradientsAlone() {
    for (Device device : Cases.devices()) {
      List<Parameter> parameters =
          parameters(device, DType.FP32, new double[] {6}, new double[] {0, 8});
      try (var norm = new GlobalNorm(device, parameters);
          var sgd = new Sgd(device, parameters, Sgd.Options.DEFAULT)) {
        var scaling = GradientScaling.NONE.withNorm(norm);
        norm.run(5, 1);
        sgd.step(1, 1, scaling);
        assertThat(parameters.get(0).weights().toFloats()).as("5 (6, 8) / 10").containsExactly(-3);
        assertThat(parameters.get(1).weights().toFloats()).containsExactly(0, -4);
        for (double max : new double[] {10, 11, Double.POSITIVE_INFINITY}) {
          norm.run(max, 1);
          assertThat(norm.norm().toFloats()).containsExactly(10);
          assertThat(norm.factor().toFloats()).as("factor for %s", max).containsExactly(1);
        }
        norm.run(5, 0.5);
        assertThat(norm.norm().toDoubles()[0]).isCloseTo(5, within(1e-6));
        assertThat(norm.factor().toFloats()).as("at the largest norm").containsExactly(1);
      }
    }
  }

  @Test
  void aNormThatIsNotFiniteSkipsTheStep() {
    for (Device device : Cases.devices()) {
      for (double bad : BAD) {
        List<Parameter> parameters =
            parameters(device, DType.FP32, new double[] {1}, new double[] {2, bad, 3});
        try (var norm = new GlobalNorm(device, parameters);
            var sgd = new Sgd(device, parameters, Sgd.Options.DEFAULT)) {
          norm.run(1, 1);
          assertThat(norm.foundInf().toFloats()).as("of %s", bad).containsExactly(1);
          sgd.step(1, 1, GradientScaling.NONE.withNorm(norm));
          assertThat(parameters.get(0).weights().toFloats()).containsExactly(0);
          parameters.get(1).grads().set(new double[] {0, 0, 0});
          norm.run(1, 1);
          sgd.step(1, 1, GradientScaling.NONE.withNorm(norm));
          assertThat(parameters.get(0).weights().toFloats()).as("goes on").containsExactly(-1);
        }
      }
    }
  }

  @Test
  void noParametersHaveANormOfZero() {
    for (Device device : Cases.devices()) {
      try (var norm = new GlobalNorm(device, List.of());
          var sgd = new Sgd(device, List.of(), Sgd.Options.DEFAULT)) {
        norm.run(1, 1);
        sgd.step(1, 1, GradientScaling.NONE.withNorm(norm));
        assertThat(norm.norm().toFloats()).containsExactly(0);
        assertThat(norm.factor().toFloats()).containsExactly(1);
      }
    }
  }

  @Test
  void oneBadNumberAnywhereIsFound() {
    for (Device device : Cases.devices()) {
      double[][] g = gradients(device);
      List<Parameter> parameters = parameters(device, DType.FP32, g);
      NdArray found = NdArray.zeros(device, DType.FP32, 1);
      try (var kernel = new FindInf(device, parameters)) {
        kernel.run(found);
        assertThat(found.toFloats()).as("in finite numbers").containsExactly(0);
        for (int i = 0; i < g.length; i++) {
          if (g[i].length == 0) {
            continue;
          }
          double[] damaged = g[i].clone();
          damaged[i * (damaged.length - 1) / g.length] = BAD[i % BAD.length];
          parameters.get(i).grads().set(damaged);
          found.set(new float[] {0});
          kernel.run(found);
          assertThat(found.toFloats()).as("in gradients %d", i).containsExactly(1);
          parameters.get(i).grads().set(g[i]);
        }
      }
    }
  }
}
