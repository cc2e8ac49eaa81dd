package dev.kiln.ops.profile;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * How far results are from double precision, by the error rule: the largest error may be at most
 * twice that of the definition in plain Java in the same dtype.
 *
 * @param sizes of the call that was checked: the profiled one, or a smaller one where the
 *     definition in plain Java takes too long
 */
public record Check(Sizes sizes, List<OutputError> outputs) {
  public Check {
    outputs = List.copyOf(outputs);
  }

  /**
   * The largest error of an output.
   *
   * @param error against double precision; NaN where one is not a number, but the other is
   * @param allowed the largest error that is right
   * @param plain the error of the definition in the same dtype
   * @param scale the largest magnitude of the exact numbers
   */
  public record OutputError(
      String output, double error, double allowed, double plain, double scale) {
    public boolean isRight() {
      return error <= allowed;
    }

    /** The part of the allowed error that is used; above 1, or infinite, if the output is wrong. */
    public double part() {
      return error == 0 ? 0 : Double.isNaN(error) ? Double.POSITIVE_INFINITY : error / allowed;
    }
  }

  /** The output that comes nearest to what is allowed, or is farthest beyond it. */
  public Optional<OutputError> worst() {
    return outputs.stream().max(Comparator.comparingDouble(OutputError::part));
  }

  public boolean isRight() {
    return outputs.stream().allMatch(OutputError::isRight);
  }
}
