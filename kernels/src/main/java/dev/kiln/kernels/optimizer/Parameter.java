package dev.kiln.kernels.optimizer;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.Check;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What an optimizer updates: weights with their gradient, contiguous and of one shape.
 *
 * @param weights fp32, the master weights; or fp16, bf16, or fp64 for tests of gradients
 * @param model the model's copy of the weights in another dtype; null where the model uses {@code
 *     weights}
 * @param grads fp32, fp16 or bf16; fp64 exactly if the weights are
 * @param rateScale what the learning rate is multiplied by, 1 unless set
 * @param decayScale what the weight decay is multiplied by, 1 unless set
 */
public record Parameter(
    NdArray weights, NdArray model, NdArray grads, double rateScale, double decayScale) {
  private static final String NAME = "Parameter";

  /** Refuses arrays that do not fit together. */
  public Parameter {
    Check.floatsOrDoubles(NAME, "weights", weights);
    Check.contiguous(NAME, "weights", weights);
    like("grads", grads, weights);
    if ((weights.dtype() == DType.FP64) != (grads.dtype() == DType.FP64)) {
      throw Check.fault(NAME, "grads", "must be fp64 exactly if the weights are, but is " + grads);
    }
    if (model != null) {
      like("model", model, weights);
      Check.apart(NAME, "model", model, "weights", weights);
    }
    notNegative("rateScale", rateScale);
    notNegative("decayScale", decayScale);
  }

  private static void like(String argument, NdArray array, NdArray weights) {
    Check.floatsOrDoubles(NAME, argument, array);
    Check.contiguous(NAME, argument, array);
    Check.sameShape(NAME, argument, array, "weights", weights);
  }

  private static void notNegative(String argument, double value) {
    if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
      throw Check.fault(NAME, argument, "must be a number from 0 on, but is " + value);
    }
  }

  public static Parameter of(NdArray weights, NdArray grads) {
    return of(weights, null, grads);
  }

  /** With a copy of the weights for the model. */
  public static Parameter of(NdArray weights, NdArray model, NdArray grads) {
    return new Parameter(weights, model, grads, 1, 1);
  }

  /** For biases and the numbers of norms. */
  public Parameter withoutDecay() {
    return withDecayScale(0);
  }

  public Parameter withDecayScale(double scale) {
    return new Parameter(weights, model, grads, rateScale, scale);
  }

  public Parameter withRateScale(double scale) {
    return new Parameter(weights, model, grads, scale, decayScale);
  }

  /** The dtype of arithmetic and of the optimizer's state. */
  DType compute() {
    return weights.dtype() == DType.FP64 ? DType.FP64 : DType.FP32;
  }

  /** Programs of a launch work on all of a list at once, and launches do not see the arrays. */
  static void check(String operation, Device device, List<Parameter> parameters) {
    Map<Long, Integer> seen = new HashMap<>();
    for (int i = 0; i < parameters.size(); i++) {
      Parameter parameter = parameters.get(i);
      on(operation, device, i, "weights", parameter.weights);
      on(operation, device, i, "grads", parameter.grads);
      if (parameter.model != null) {
        on(operation, device, i, "model", parameter.model);
      }
      Integer other =
          parameter.weights.size() == 0 ? null : seen.put(parameter.weights.address(), i);
      if (other != null) {
        throw Check.fault(operation, "parameters", other + " and " + i + " must not be the same");
      }
    }
  }

  private static void on(
      String operation, Device device, int index, String argument, NdArray array) {
    if (array.device() != device) {
      throw Check.fault(
          operation,
          argument + " of parameter " + index,
          "must be on " + device.name() + ", but is " + array);
    }
  }
}
