package dev.kiln.ops.function;

import dev.kiln.kernels.convolution.Convolution;
import dev.kiln.kernels.convolution.ConvolutionAxis;
import dev.kiln.kernels.convolution.ConvolutionEpilogue;
import dev.kiln.kernels.convolution.ConvolutionLayer;
import dev.kiln.kernels.convolution.ConvolutionOptions;
import dev.kiln.kernels.convolution.TransposedConvolution;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Operation;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.Arrays;

/** Convolutions of one to three axes, plain and transposed, with groups. */
public final class Convolutions {
  private Convolutions() {}

  /**
   * {@code y = activation(x * weight + bias)}, in one launch.
   *
   * @param x {@code N x C x ...} with an axis for each of the options
   * @param weight {@code out x C/groups x taps...}
   * @param bias {@code out}, or null
   * @param activation with its usual numbers
   * @return {@code N x out x ...}, each length {@code floor((n + 2p - d(k-1) - 1)/s) + 1}
   * @throws KilnException if the shapes do not fit
   */
  public static Tensor convolution(
      Tensor x, Tensor weight, Tensor bias, ConvolutionOptions options, Activation activation) {
    return new Kind(false, options).apply(x, weight, bias, activation);
  }

  /**
   * {@code y = activation(x *T weight + bias)}, in one launch.
   *
   * @param weight {@code C x out/groups x taps...}
   * @return {@code N x out x ...}, each length {@code (n-1)s - 2p + d(k-1) + output padding + 1}
   * @throws KilnException if the shapes do not fit
   */
  public static Tensor transposed(
      Tensor x, Tensor weight, Tensor bias, ConvolutionOptions options, Activation activation) {
    return new Kind(true, options).apply(x, weight, bias, activation);
  }

  private record Kind(boolean isTransposed, ConvolutionOptions options) {
    String operation() {
      return isTransposed ? "transposed_convolution" : "convolution";
    }

    ConvolutionLayer launcher(Context context) {
      return isTransposed
          ? context.launcher(TransposedConvolution.class, TransposedConvolution::new)
          : context.launcher(Convolution.class, Convolution::new);
    }

    Tensor apply(Tensor x, Tensor weight, Tensor bias, Activation activation) {
      Context context = x.context();
      long[] shape = shape(x, weight, bias);
      Tensor[] in = context.cast(operation(), x, weight, bias);
      var operation = Operation.of(operation(), in);
      Tensor y = context.empty(in[0].dtype(), shape);
      var fused = new Fused(activation);
      Tensor pre = fused.pre(operation, y);
      var epilogue =
          new ConvolutionEpilogue(
              in[2] == null ? null : in[2].contiguous().array(),
              null,
              activation,
              pre == null ? null : pre.array());
      launcher(context).forward(in[0].array(), in[1].array(), options, epilogue, y.array());
      return operation
          .save(
              operation.needs(1) ? in[0] : null,
              operation.needs(0) ? in[1] : null,
              fused.saved(pre, y))
          .result(
              y,
              g -> {
                var layer = launcher(g.context());
                var dz = fused.gradient(g.saved(2), g.of()).array();
                g.overwrite(0, dx -> layer.dataGradient(dz, g.saved(1).array(), options, dx));
                g.overwrite(1, dw -> layer.weightGradient(g.saved(0).array(), dz, options, dw));
                g.overwrite(2, db -> layer.biasGradient(dz, db));
              });
    }

    /** The shape of the result. */
    long[] shape(Tensor x, Tensor weight, Tensor bias) {
      int axes = options.axes().size();
      if (x.rank() != axes + 2 || weight.rank() != axes + 2) {
        throw fault("images and weights must have %d axes, but are %s and %s", axes + 2, x, weight);
      }
      long channels = isTransposed ? weight.dim(0) : weight.dim(1) * options.groups();
      if (x.dim(1) != channels || weight.dim(0) % options.groups() != 0) {
        throw fault(
            "%s with %d groups takes %d channels, but the images are %s",
            weight, options.groups(), channels, x);
      }
      long[] shape = x.shape();
      shape[1] = isTransposed ? weight.dim(1) * options.groups() : weight.dim(0);
      for (int i = 0; i < axes; i++) {
        ConvolutionAxis axis = options.axes().get(i);
        if (axis.stride() < 1) {
          throw fault("strides must be at least 1, but one is %d", axis.stride());
        }
        long n = x.dim(i + 2);
        long taps = weight.dim(i + 2);
        shape[i + 2] = isTransposed ? axis.transposedOutputSize(n, taps) : axis.outputSize(n, taps);
        if (shape[i + 2] < 1) {
          throw fault(
              "%s is too small for the taps of %s along axis %d: there would be %s",
              x, weight, i + 2, Arrays.toString(shape));
        }
      }
      if (bias != null && (bias.rank() != 1 || bias.dim(0) != shape[1])) {
        throw fault("the bias must have %d numbers, but is %s", shape[1], bias);
      }
      return shape;
    }

    KilnException fault(String rule, Object... values) {
      return new KilnException(operation() + ": " + rule.formatted(values));
    }
  }
}
