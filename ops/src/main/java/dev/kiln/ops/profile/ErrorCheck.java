package dev.kiln.ops.profile;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.ops.profile.Check.OutputError;
import dev.kiln.ops.profile.ProfiledOperation.Output;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Compares results with the definition in plain Java. The largest error against double precision
 * may be at most twice that of the definition in the same dtype: fp32 arithmetic, rounded to the
 * dtype in the end. Where the latter makes no error, or hardly one, {@value #FLOOR_ULPS} units in
 * the last place of the largest exact number are allowed. Integers, infinities and NaN must be the
 * same.
 */
final class ErrorCheck {
  private static final int FLOOR_ULPS = 2;

  private ErrorCheck() {}

  /** Compares with the definition of a call that is small enough to be made in plain Java. */
  static Check of(OperationCase ofCase, Map<String, double[]> actual, CaseInputs inputs) {
    ProfiledOperation operation = ofCase.operation();
    return of(
        ofCase,
        actual,
        operation.define(Rounding.FP32, inputs),
        operation.define(Rounding.EXACT, inputs));
  }

  /**
   * @param actual of a call
   * @param plain the definition's in fp32
   * @param exact in double precision
   */
  static Check of(
      OperationCase ofCase,
      Map<String, double[]> actual,
      Map<String, double[]> plain,
      Map<String, double[]> exact) {
    List<OutputError> errors = new ArrayList<>();
    for (Output output : ofCase.operation().outputs()) {
      if (exact.containsKey(output.name())) {
        errors.add(
            of(
                output.name(),
                output.in(ofCase),
                actual.get(output.name()),
                plain.get(output.name()),
                exact.get(output.name())));
      }
    }
    return new Check(ofCase.sizes(), errors);
  }

  private static OutputError of(
      String name, DType dtype, double[] actual, double[] plain, double[] exact) {
    double scale = 0;
    for (double x : exact) {
      scale = Double.isFinite(x) ? Math.max(scale, Math.abs(x)) : scale;
    }
    double error = largestError(actual, exact);
    if (!dtype.isFloat()) {
      return new OutputError(name, error, 0, 0, scale);
    }
    double plainError = largestError(Rounding.to(dtype).of(plain), exact);
    double allowed = 2 * plainError + FLOOR_ULPS * ulp(dtype, scale);
    return new OutputError(name, error, allowed, plainError, scale);
  }

  /** NaN where one is not finite and the other is something else. */
  static double largestError(double[] actual, double[] exact) {
    if (actual.length != exact.length) {
      return Double.NaN;
    }
    double largest = 0;
    for (int i = 0; i < exact.length; i++) {
      if (Double.compare(actual[i], exact[i]) != 0) {
        double error = Math.abs(actual[i] - exact[i]);
        if (!Double.isFinite(error)) {
          return Double.NaN;
        }
        largest = Math.max(largest, error);
      }
    }
    return largest;
  }

  /** Distance between neighbouring numbers of a dtype at a magnitude. */
  private static double ulp(DType dtype, double magnitude) {
    int precision = dtype == DType.FP16 ? 11 : dtype == DType.BF16 ? 8 : 24;
    int smallest = dtype == DType.FP16 ? -14 : -126;
    return Math.scalb(1.0, Math.max(smallest, Math.getExponent(magnitude)) - precision + 1);
  }
}
