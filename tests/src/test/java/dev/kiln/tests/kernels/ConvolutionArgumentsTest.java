package dev.kiln.tests.kernels;

import static dev.kiln.tests.kernels.Refusal.refused;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.convolution.Convolution;
import dev.kiln.kernels.convolution.ConvolutionAxis;
import dev.kiln.kernels.convolution.ConvolutionEpilogue;
import dev.kiln.kernels.convolution.ConvolutionOptions;
import dev.kiln.kernels.convolution.TransposedConvolution;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Convolutions refuse what does not fit, and say which argument and which rule. */
class ConvolutionArgumentsTest {
  private final Device device = Cases.tested();
  private final Convolution convolution = new Convolution(device);
  private final ConvolutionOptions options = ConvolutionOptions.of(2, 1, 1);
  private final NdArray x = array(2, 4, 5, 5);
  private final NdArray w = array(6, 4, 3, 3);
  private final NdArray y = array(2, 6, 5, 5);

  @Test
  void optionsMustMakeSense() {
    refused(
        () -> convolution.forward(x, w, new ConvolutionOptions(List.of(), 1), y),
        "Convolution: argument 'options' must have one to three axes, but has 0");
    refused(
        () -> convolution.forward(x, w, options.withGroups(0), y),
        "Convolution: argument 'options' must have 1 group or more, but has 0");
    refused(
        () -> convolution.forward(x, w, ConvolutionOptions.of(2, 0, 1), y),
        "Convolution: argument 'options' must have strides and dilations of 1 or more and no"
            + " padding below 0, but has ConvolutionAxis[stride=0, padding=1, dilation=1,"
            + " outputPadding=0]");
    refused(
        () ->
            convolution.forward(x, w, ConvolutionOptions.of(2, new ConvolutionAxis(2, 1, 1, 1)), y),
        "Convolution: argument 'options' must have an output padding of 0 to 0, but has"
            + " ConvolutionAxis[stride=2, padding=1, dilation=1, outputPadding=1]");
    refused(
        () ->
            new TransposedConvolution(device)
                .forward(x, w, ConvolutionOptions.of(2, new ConvolutionAxis(2, 1, 1, 2)), y),
        "TransposedConvolution: argument 'options' must have an output padding of 0 to 1, but has"
            + " ConvolutionAxis[stride=2, padding=1, dilation=1, outputPadding=2]");
  }

  @Test
  void arraysMustHaveTheOptionsAxesAndFloats() {
    refused(
        () -> convolution.forward(array(2, 4, 5), w, options, y),
        "Convolution: argument 'x' must have 4 axes, but is fp32[2, 4, 5] on cpu");
    refused(
        () -> convolution.forward(array(DType.I32, 2, 4, 5, 5), w, options, y),
        "Convolution: argument 'x' must be fp32, fp16 or bf16, but is i32[2, 4, 5, 5] on cpu");
    refused(
        () -> convolution.forward(x, array(DType.BF16, 6, 4, 3, 3), options, y),
        "Convolution: argument 'weights' must have the dtype of 'x', fp32, but is"
            + " bf16[6, 4, 3, 3] on cpu");
    refused(
        () -> convolution.forward(x, w, options, array(DType.FP64, 2, 6, 5, 5)),
        "Convolution: argument 'y' must be fp64 if and only if the operands are, but is"
            + " fp64[2, 6, 5, 5] on cpu");
    refused(
        () -> convolution.biasGradient(array(2, 6), array(6)),
        "Convolution: argument 'dy' must have 3 to 5 axes, but is fp32[2, 6] on cpu");
    refused(
        () -> convolution.biasGradient(y, array(5)),
        "Convolution: argument 'db' must be a vector of 6, but is fp32[5] on cpu");
  }

  @Test
  void shapesMustFit() {
    refused(
        () -> convolution.forward(x, array(6, 3, 3, 3), options, y),
        "Convolution: argument 'weights' must have 4 / 1 in its second axis, but is"
            + " fp32[6, 3, 3, 3] on cpu");
    refused(
        () -> convolution.forward(x, array(5, 2, 3, 3), options.withGroups(2), y),
        "Convolution: argument 'weights' must have a multiple of 2 in its first axis, but is"
            + " fp32[5, 2, 3, 3] on cpu");
    refused(
        () -> convolution.forward(x, w, ConvolutionOptions.of(2, 2, 1), y),
        "Convolution: argument 'y' must be of 2 x 6 x 3 x 3, but is fp32[2, 6, 5, 5] on cpu");
    refused(
        () -> convolution.dataGradient(y, w, options, array(2, 4, 5, 6)),
        "Convolution: argument 'dy' must be of 2 x 6 x 5 x 6, but is fp32[2, 6, 5, 5] on cpu");
    refused(
        () -> convolution.forward(array(2, 4, 5, 1), array(6, 4, 3, 4), options, y),
        "Convolution: argument 'x' must be large enough for 4 taps along axis 3, but is"
            + " fp32[2, 4, 5, 1] on cpu");
    refused(
        () -> new TransposedConvolution(device).forward(x, w, options, y),
        "TransposedConvolution: argument 'weights' must have 4 in its first axis, but is"
            + " fp32[6, 4, 3, 3] on cpu");
    refused(
        () -> new TransposedConvolution(device).forward(y, w, options, array(2, 4, 6, 5)),
        "TransposedConvolution: argument 'y' must be of 2 x 4 x 5 x 5, but is fp32[2, 4, 6, 5] on"
            + " cpu");
    refused(
        () -> convolution.forward(y, array(6, 6, 3, 3), options, y),
        "Convolution: argument 'y' must not be 'x'");
  }

  @Test
  void epiloguesMustFitTheResult() {
    refused(
        () -> convolution.forward(x, w, options, ConvolutionEpilogue.bias(array(5)), y),
        "Convolution: argument 'bias' must be a vector of 6, but is fp32[5] on cpu");
    refused(
        () ->
            convolution.forward(
                x,
                w,
                options,
                new ConvolutionEpilogue(null, array(2, 6, 5, 4), Activation.NONE, null),
                y),
        "Convolution: argument 'residual' must have the shape of 'y', fp32[2, 6, 5, 5] on cpu, but"
            + " is fp32[2, 6, 5, 4] on cpu");
    refused(
        () ->
            convolution.forward(
                x,
                w,
                options,
                new ConvolutionEpilogue(
                    null, null, Activation.RELU, array(2, 5, 5, 6).permute(0, 3, 1, 2)),
                y),
        "Convolution: argument 'pre' must have the strides of 'y'");
  }

  private NdArray array(long... shape) {
    return array(DType.FP32, shape);
  }

  private NdArray array(DType dtype, long... shape) {
    return NdArray.zeros(device, dtype, shape);
  }
}
