package dev.kiln.ops.schedule;

import java.util.function.LongToDoubleFunction;

/**
 * {@code rate factor(e)}, as LambdaLR of PyTorch. Its text is no description to be read back: on
 * resume, give the same function again.
 *
 * @param name what the text calls the function
 */
public record LambdaSchedule(double rate, String name, LongToDoubleFunction factor)
    implements Schedule {
  public LambdaSchedule {
    Require.rate("lambda", "rate", rate);
  }

  @Override
  public double at(long step) {
    Require.step(step);
    double value = rate * factor.applyAsDouble(step);
    if (!Double.isFinite(value)) {
      throw Require.fault("lambda", name + "(" + step + ")", value / rate, "must be finite");
    }
    return value;
  }

  @Override
  public String toString() {
    return "lambda:name=" + name + ":rate=" + rate;
  }
}
