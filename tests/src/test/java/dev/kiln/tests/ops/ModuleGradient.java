package dev.kiln.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.nn.Module;
import dev.kiln.ops.tensor.GradientCheck;
import dev.kiln.ops.tensor.Tensor;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;

/** Compares gradients of a module's parameters, in fp64, with central differences of a loss. */
final class ModuleGradient {
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
    GradientCheck.of(result, module.parameters(), NUMBERS_OF_A_PARAMETER).requirePassed();
    assertThat(module.context().leaks()).isEmpty();
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
