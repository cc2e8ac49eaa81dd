package dev.kiln.tests.kernels;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.attention.Attention;
import dev.kiln.kernels.attention.AttentionOptions;
import dev.kiln.runtime.Device;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class AttentionTest {
  private static final AttentionOptions PLAIN = AttentionOptions.DEFAULT;
  private static final AttentionOptions CAUSAL = AttentionOptions.CAUSAL;

  /** Every dtype, on small and large shapes. */
  static Stream<Arguments> shapes() {
    return Cases.eachFloat(
        (device, dtype) ->
            problems(dtype, Cases.isTested(device)).stream()
                .map(p -> Arguments.of(Cases.name(device), p)));
  }

  private static List<AttentionProblem> problems(DType dtype, boolean large) {
    List<AttentionProblem> small =
        List.of(
            AttentionProblem.of(dtype, CAUSAL, 1, 1, 1, 1, 1, 1),
            AttentionProblem.of(dtype, CAUSAL, 2, 2, 1, 7, 5, 16),
            AttentionProblem.of(dtype, PLAIN, 1, 2, 2, 5, 19, 24));
    List<AttentionProblem> all =
        List.of(
            AttentionProblem.of(dtype, CAUSAL, 1, 2, 2, 300, 300, 64),
            AttentionProblem.of(dtype, PLAIN, 2, 4, 2, 33, 130, 40),
            AttentionProblem.of(dtype, CAUSAL, 1, 3, 1, 130, 257, 80));
    return large ? Stream.concat(small.stream(), all.stream()).toList() : small;
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void outputIsWithinTheErrorRule(String device, AttentionProblem problem) {
    Device on = Cases.device(device);
    problem.checkForward(on, new Attention(on));
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void gradientsAreWithinTheErrorRule(String device, AttentionProblem problem) {
    Device on = Cases.device(device);
    problem.checkBackward(on, new Attention(on));
  }
}
