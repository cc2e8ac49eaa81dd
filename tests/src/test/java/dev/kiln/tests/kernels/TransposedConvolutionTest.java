package dev.kiln.tests.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.convolution.ConvolutionAxis;
import dev.kiln.kernels.convolution.ConvolutionEpilogue;
import dev.kiln.kernels.convolution.ConvolutionOptions;
import dev.kiln.kernels.convolution.TransposedConvolution;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each problem is a convolution whose data gradient is the transposed one. */
class TransposedConvolutionTest {
  private static final List<ConvolutionProblem> PROBLEMS =
      List.of(
          problem("plain", 17, 18, 1, 4, 3, 1, 1, 1, 0),
          problem("strided", 5, 17, 1, 8, 4, 2, 1, 1, 0),
          problem("with output padding", 5, 6, 1, 8, 3, 2, 1, 1, 1),
          problem("dilated with output padding", 4, 6, 2, 9, 2, 2, 2, 3, 1),
          problem("depthwise", 6, 6, 6, 8, 3, 2, 1, 1, 1));

  private static ConvolutionProblem problem(
      String name, int in, int out, int groups, int size, int k, int s, int p, int d, int extra) {
    return ConvolutionProblem.of(
        name,
        2,
        in,
        out,
        groups,
        Collections.nCopies(2, size),
        Collections.nCopies(2, k),
        Collections.nCopies(2, new ConvolutionAxis(s, p, d, extra)));
  }

  static Stream<ConvolutionTest.OnDevice> problems() {
    Stream<ConvolutionProblem> dtypes =
        Stream.of(DType.FP16, DType.BF16, DType.FP64).map(PROBLEMS.get(2)::with);
    return Stream.concat(
        Stream.of(PROBLEMS.stream(), PROBLEMS.stream().map(p -> p.inChannelsLast()), dtypes)
            .flatMap(s -> s)
            .map(p -> new ConvolutionTest.OnDevice(Cases.TESTED, p)),
        PROBLEMS.stream().skip(1).map(p -> new ConvolutionTest.OnDevice("eval", p)));
  }

  @ParameterizedTest
  @MethodSource("problems")
  void passesAreWithinTheErrorRule(ConvolutionTest.OnDevice on) {
    on.problem().checkTransposed(on.open(), on.problem().options());
  }

  @Test
  void everyElementAddsItsMultipleOfTheKernel() {
    Device device = Cases.tested();
    NdArray x = NdArray.of(device, new float[] {1, 10}, 1, 1, 2);
    NdArray w = NdArray.of(device, new float[] {1, 2, 3}, 1, 1, 3);
    NdArray y = Cases.unset(device, DType.FP32, 1, 1, 6);
    var options = ConvolutionOptions.of(1, new ConvolutionAxis(2, 0, 1, 1));
    var epilogue =
        ConvolutionEpilogue.bias(NdArray.of(device, new float[] {-2}, 1), Activation.RELU);
    new TransposedConvolution(device).forward(x, w, options, epilogue, y);
    assertThat(y.toFloats()).containsExactly(0, 0, 11, 18, 28, 0);
  }
}
