package dev.kiln.ops.optim;

import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Parameters that an optimizer treats alike.
 *
 * @param parameters by their names in the model
 * @param rateScale what the learning rate is multiplied by, from 0 on
 * @param decayScale what the rule's weight decay is multiplied by, from 0 on
 * @param rule another rule than the optimizer's; null for that one
 */
public record ParameterGroup(
    Map<String, Tensor> parameters, double rateScale, double decayScale, UpdateRule rule) {
  public ParameterGroup {
    parameters = Collections.unmodifiableMap(new LinkedHashMap<>(parameters));
    notNegative("rateScale", rateScale);
    notNegative("decayScale", decayScale);
  }

  private static void notNegative(String what, double value) {
    if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
      throw new KilnException(
          "parameter group: %s must be a number from 0 on, but is %s".formatted(what, value));
    }
  }

  /** With the optimizer's rule, rate and decay. */
  public static ParameterGroup of(Map<String, Tensor> parameters) {
    return new ParameterGroup(parameters, 1, 1, null);
  }

  public ParameterGroup withRateScale(double scale) {
    return new ParameterGroup(parameters, scale, decayScale, rule);
  }

  public ParameterGroup withDecayScale(double scale) {
    return new ParameterGroup(parameters, rateScale, scale, rule);
  }

  public ParameterGroup withoutDecay() {
    return withDecayScale(0);
  }

  public ParameterGroup withRule(UpdateRule other) {
    return new ParameterGroup(parameters, rateScale, decayScale, other);
  }
}
