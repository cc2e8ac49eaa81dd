package dev.kiln.ops.profile;

import java.util.List;

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
  }

  public boolean isRight() {
    return outputs.stream().allMatch(OutputError::isRight);
  }
}
