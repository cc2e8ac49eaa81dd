package dev.kiln.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.Devices;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Function;

/** Compares gradients of a loss, in fp64, with central differences of the loss itself. */
final class LossGradient {
  /** The cube root of the unit roundoff balances truncation against cancellation. */
  private static final double STEP = Math.cbrt(Math.ulp(1.0));

  private static final double TOLERANCE = 1e-6;

  /** One for all checks, so that kernels are made once; it is empty after each. */
  private static final Context CONTEXT = new Context(Devices.cpu(), 1);

  private LossGradient() {}

  /** Numbers of a shape, for a parameter. */
  record Input(double[] values, long... shape) {
    /** Normal numbers of a seed, times a scale. */
    static Input normal(int seed, double scale, long... shape) {
      var random = new Random(seed);
      long size = 1;
      for (long extent : shape) {
        size *= extent;
      }
      return new Input(
          random.doubles(size).map(u -> scale * random.nextGaussian()).toArray(), shape);
    }
  }

  /**
   * @param loss of parameters, of any shape; what is checked is its sum with random factors
   */
  static void check(Function<Tensor[], Tensor> loss, Input... inputs) {
    // Classes of tests run side by side, and a context is of one thread at a time.
    synchronized (CONTEXT) {
      CONTEXT.random().restore(1, 0);
      check(CONTEXT, loss, inputs);
    }
  }

  private static void check(Context context, Function<Tensor[], Tensor> loss, Input... inputs) {
    List<double[]> gradients = new ArrayList<>();
    try (Scope _ = context.scope()) {
      Tensor[] parameters = parameters(context, inputs);
      // Twice: gradients must add up.
      for (int pass = 0; pass < 2; pass++) {
        Tensor result = loss.apply(parameters);
        result.backward(factors(context, result));
      }
      for (Tensor parameter : parameters) {
        gradients.add(parameter.grad().toDoubles());
      }
    }
    for (int i = 0; i < inputs.length; i++) {
      compare(context, loss, inputs, i, gradients.get(i));
    }
    assertThat(context.leaks()).isEmpty();
  }

  private static void compare(
      Context context, Function<Tensor[], Tensor> loss, Input[] inputs, int input, double[] twice) {
    double[] x = inputs[input].values();
    assertThat(twice).hasSameSizeAs(x);
    double scale = 1;
    for (double g : twice) {
      scale = Math.max(scale, Math.abs(g / 2));
    }
    for (int i = 0; i < x.length; i++) {
      double at = x[i];
      x[i] = at + STEP;
      double above = value(context, loss, inputs);
      x[i] = at - STEP;
      double below = value(context, loss, inputs);
      x[i] = at;
      double numerical = (above - below) / (2 * STEP);
      assertThat(twice[i] / 2)
          .as("gradient %d of input %d, numerically %s", i, input, numerical)
          .isCloseTo(numerical, org.assertj.core.data.Offset.offset(TOLERANCE * scale));
    }
  }

  private static double value(Context context, Function<Tensor[], Tensor> loss, Input[] inputs) {
    try (Scope _ = context.scope();
        var _ = context.noGrad()) {
      Tensor result = loss.apply(parameters(context, inputs));
      double[] values = result.toDoubles();
      double[] factors = factors(context, result).toDoubles();
      double sum = 0;
      for (int i = 0; i < values.length; i++) {
        sum += values[i] * factors[i];
      }
      return sum;
    }
  }

  private static Tensor[] parameters(Context context, Input... inputs) {
    Tensor[] parameters = new Tensor[inputs.length];
    for (int i = 0; i < inputs.length; i++) {
      parameters[i] = context.of(DType.FP64, inputs[i].values(), inputs[i].shape()).requireGrad();
    }
    return parameters;
  }

  private static Tensor factors(Context context, Tensor result) {
    double[] factors = new Random(9).doubles(result.size(), 0.5, 1.5).toArray();
    return context.of(DType.FP64, factors, result.shape());
  }
}
