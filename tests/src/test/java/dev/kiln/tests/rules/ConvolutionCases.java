package dev.kiln.tests.rules;

import static dev.kiln.tests.rules.HostArray.normal;
import static dev.kiln.tests.rules.HostArray.unwritten;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.convolution.Convolution;
import dev.kiln.kernels.convolution.ConvolutionAxis;
import dev.kiln.kernels.convolution.ConvolutionEpilogue;
import dev.kiln.kernels.convolution.ConvolutionOptions;
import dev.kiln.kernels.convolution.TransposedConvolution;
import dev.kiln.kernels.elementwise.Activation;
import java.util.List;

/** Convolutions, plain, depthwise and transposed. */
final class ConvolutionCases {
  private ConvolutionCases() {}

  static List<KernelCase> all() {
    return List.of(
        forward(),
        gradients(),
        fewChannels(),
        planes("few channels", 5, 6),
        planes("many channels", 1, 66),
        depthwise(),
        transposed());
  }

  private static KernelCase forward() {
    return new KernelCase(
        "Convolution forward",
        List.of(
            normal(81, 2, 20, 9, 9),
            normal(82, 40, 10, 3, 3),
            normal(83, 40),
            unwritten(2, 40, 9, 9)),
        (device, arrays) -> {
          var kernel = new Convolution(device);
          var options = ConvolutionOptions.of(2, 1, 1).withGroups(2);
          var epilogue = ConvolutionEpilogue.bias(arrays.get(2), Activation.GELU);
          return () ->
              kernel.forward(arrays.get(0), arrays.get(1), options, epilogue, arrays.get(3));
        });
  }

  private static KernelCase gradients() {
    return new KernelCase(
        "Convolution gradients",
        List.of(
            normal(DType.BF16, 84, 2, 18, 30, 30),
            normal(DType.BF16, 85, 20, 18, 3, 3),
            normal(DType.BF16, 86, 2, 20, 15, 15),
            unwritten(DType.BF16, 2, 18, 30, 30),
            unwritten(20, 18, 3, 3),
            unwritten(20)),
        (device, arrays) -> {
          var kernel = new Convolution(device);
          var options = ConvolutionOptions.of(2, 2, 1);
          return () -> {
            kernel.dataGradient(arrays.get(2), arrays.get(1), options, arrays.get(3));
            kernel.weightGradient(arrays.get(0), arrays.get(2), options, arrays.get(4));
            kernel.biasGradient(arrays.get(2), arrays.get(5));
          };
        });
  }

  private static KernelCase fewChannels() {
    return new KernelCase(
        "Convolution of three channels",
        List.of(normal(87, 1, 3, 20, 20), normal(88, 6, 3, 5, 5), unwritten(1, 6, 9, 9)),
        (device, arrays) -> {
          var kernel = new Convolution(device);
          var options = ConvolutionOptions.of(2, 2, 1);
          return () -> kernel.forward(arrays.get(0), arrays.get(1), options, arrays.get(2));
        });
  }

  private static KernelCase planes(String what, int images, int out) {
    return new KernelCase(
        "Convolution to " + what + " with stride 1 and its gradients",
        List.of(
            normal(93, images, 3, 12, 10),
            normal(94, out, 3, 3, 3),
            normal(95, images, out, 12, 10),
            unwritten(images, out, 12, 10),
            unwritten(images, 3, 12, 10),
            unwritten(out, 3, 3, 3),
            unwritten(out)),
        (device, arrays) -> {
          var kernel = new Convolution(device);
          var options = ConvolutionOptions.of(2, 1, 1);
          return () -> {
            kernel.forward(arrays.get(0), arrays.get(1), options, arrays.get(3));
            kernel.dataGradient(arrays.get(2), arrays.get(1), options, arrays.get(4));
            kernel.weightGradient(arrays.get(0), arrays.get(2), options, arrays.get(5));
            kernel.biasGradient(arrays.get(2), arrays.get(6));
          };
        });
  }

  private static KernelCase depthwise() {
    return new KernelCase(
        "Depthwise convolution",
        List.of(
            normal(89, 2, 20, 20, 20),
            normal(90, 20, 1, 3, 3),
            unwritten(2, 20, 20, 20),
            unwritten(20, 1, 3, 3)),
        (device, arrays) -> {
          var kernel = new Convolution(device);
          var options = ConvolutionOptions.of(2, 1, 1).withGroups(20);
          return () -> {
            kernel.forward(arrays.get(0), arrays.get(1), options, arrays.get(2));
            kernel.weightGradient(arrays.get(0), arrays.get(2), options, arrays.get(3));
          };
        });
  }

  private static KernelCase transposed() {
    return new KernelCase(
        "Transposed convolution",
        List.of(normal(91, 1, 17, 6, 6), normal(92, 17, 5, 3, 3), unwritten(1, 5, 12, 12)),
        (device, arrays) -> {
          var kernel = new TransposedConvolution(device);
          var options = ConvolutionOptions.of(2, new ConvolutionAxis(2, 1, 1, 1));
          return () -> kernel.forward(arrays.get(0), arrays.get(1), options, arrays.get(2));
        });
  }
}
