package dev.kiln.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.nn.Module;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;

/** Compares gradients of a module's parameters, in fp64, with central differences of a loss. */
final class ModuleGradient {
  /** The cube root of the unit roundoff balances truncation against cancellation. */
  private static final double STEP = Math.cbrt(Math.ulp(1.0));

  private static final double TOLERANCE = 1e-6;
  private static final int NUMBERS_OF_A_PARAMETER = 3;

  private ModuleGradient() {}

  /**
   * Checks some numbers of every parameter.
   *
   * @param module converted to fp64, its parameters given new numbers
   * @param result of any shape; what is checked is its sum with random factors
   */
  static void check(Module module, Supplier<Tensor> result) {
    module.to(DType.FP64);
    var random = new Random(3);
    for (Tensor parameter : module.parameters().values()) {
      double[] values = random.doubles(parameter.size()).map(u -> u - 0.5).toArray();
      set(parameter, values);
    }
    try (Scope _ = module.context().scope()) {
      Tensor y = result.get();
      y.backward(factors(y));
    }
    module.parameters().forEach((name, parameter) -> check(module, result, name, parameter));
    module.zeroGrad();
    assertThat(module.context().leaks()).isEmpty();
  }

  private static void check(Module module, Supplier<Tensor> result, String name, Tensor parameter) {
    double[] gradient = parameter.grad().toDoubles();
    double[] x = parameter.toDoubles();
    double scale = 1;
    for (double g : gradient) {
      scale = Math.max(scale, Math.abs(g));
    }
    var random = new Random(name.hashCode());
    for (int n = 0; n < Math.min(NUMBERS_OF_A_PARAMETER, x.length); n++) {
      int i = random.nextInt(x.length);
      double at = x[i];
      x[i] = at + STEP;
      set(parameter, x);
      double above = value(module, result);
      x[i] = at - STEP;
      set(parameter, x);
      double below = value(module, result);
      x[i] = at;
      set(parameter, x);
      double numerical = (above - below) / (2 * STEP);
      assertThat(Math.abs(gradient[i] - numerical))
          .as("gradient of %s at %d: %s, numerically %s", name, i, gradient[i], numerical)
          .isLessThanOrEqualTo(TOLERANCE * scale);
    }
  }

  private static double value(Module module, Supplier<Tensor> result) {
    try (Scope _ = module.context().scope();
        var _ = module.context().noGrad()) {
      Tensor y = result.get();
      return y.mul(factors(y)).sum().item();
    }
  }

  private static Tensor factors(Tensor result) {
    double[] factors = new Random(9).doubles(result.size(), 0.5, 1.5).toArray();
    return result.context().of(DType.FP64, factors, result.shape());
  }

  private static void set(Tensor parameter, double[] values) {
    try (var _ = parameter.context().noGrad()) {
      parameter.set(values);
    }
  }

  /** Overwrites parameters by their names. */
  static void set(Module module, Map<String, double[]> values) {
    Map<String, Tensor> parameters = module.parameters();
    values.forEach((name, numbers) -> set(parameters.get(name), numbers));
  }
}
