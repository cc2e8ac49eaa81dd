package dev.kiln.kernels.convolution;

import dev.kiln.kernels.convolution.Arguments.Named;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;

/**
 * The kernels of convolutions, plain and transposed: one's forward pass is the other's data
 * gradient.
 */
final class ConvolutionKernels {
  private final Arguments arguments;
  private final Gather gather;
  private final Gradients gradients;
  private final Volume wideVolume = new Volume();
  private final Volume weightsVolume = new Volume();
  private final Volume narrowVolume = new Volume();

  ConvolutionKernels(
      String name,
      boolean isTransposed,
      Device device,
      ConvolutionBlocks blocks,
      ConvolutionBlocks weightBlocks) {
    arguments = new Arguments(name, isTransposed);
    gather = new Gather(device, blocks);
    gradients = new Gradients(device, weightBlocks);
  }

  /** From the wide array to the narrow one. */
  void toNarrow(
      Named wide,
      Named weights,
      Named narrow,
      ConvolutionOptions options,
      ConvolutionEpilogue epilogue) {
    check(wide, weights, narrow, narrow, options);
    arguments.epilogue(epilogue, narrow);
    gather.forward(wideVolume, weightsVolume, options, epilogue, narrowVolume);
  }

  /** From the narrow array to the wide one. */
  void toWide(
      Named wide,
      Named weights,
      Named narrow,
      ConvolutionOptions options,
      ConvolutionEpilogue epilogue) {
    check(wide, weights, narrow, wide, options);
    arguments.epilogue(epilogue, wide);
    gather.dataGradient(narrowVolume, weightsVolume, options, epilogue, wideVolume);
  }

  void weightGradient(Named wide, Named weights, Named narrow, ConvolutionOptions options) {
    check(wide, weights, narrow, weights, options);
    gradients.weights(wideVolume, narrowVolume, options, weightsVolume);
  }

  void biasGradient(NdArray dy, NdArray db) {
    arguments.bias(dy, db);
    gradients.bias(narrowVolume.of(dy), weightsVolume.ofVector(db));
  }

  private void check(
      Named wide, Named weights, Named narrow, Named result, ConvolutionOptions options) {
    arguments.check(wide, weights, narrow, result, options);
    wideVolume.of(wide.array());
    weightsVolume.of(weights.array());
    narrowVolume.of(narrow.array());
  }
}
