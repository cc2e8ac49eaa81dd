package dev.kiln.tests.ops;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.Devices;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/** Parameters with gradients from a seed. */
final class OptimizerFixture implements AutoCloseable {
  final Context context = new Context(Devices.cpu(), 1);
  final Map<String, Tensor> parameters = new LinkedHashMap<>();

  Tensor add(String name, DType dtype, long... shape) {
    Tensor parameter = context.empty(dtype, shape).persist().requireGrad().named(name);
    parameters.put(name, parameter);
    try (Mode _ = context.noGrad()) {
      parameter.set(values(name.hashCode(), parameter.size()));
    }
    return parameter;
  }

  static double[] values(long seed, long size) {
    var random = new Random(seed);
    return random.doubles(size).map(u -> random.nextGaussian()).toArray();
  }

  /** Gives all parameters gradients of a step, scaled. */
  void gradients(int step, double scale) {
    parameters.forEach((name, parameter) -> gradient(name, step, scale));
  }

  double[] gradient(String name, int step, double scale) {
    Tensor parameter = parameters.get(name);
    double[] values = values(31L * name.hashCode() + step, parameter.size());
    for (int i = 0; i < values.length; i++) {
      values[i] *= scale;
    }
    setGradient(name, values);
    return values;
  }

  void setGradient(String name, double... values) {
    Tensor parameter = parameters.get(name);
    parameter.gradientBuffer().set(values);
    parameter.gradientArrived();
  }

  @Override
  public void close() {
    context.close();
  }
}
