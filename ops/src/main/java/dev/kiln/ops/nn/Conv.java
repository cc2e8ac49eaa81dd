package dev.kiln.ops.nn;

import dev.kiln.kernels.convolution.ConvolutionAxis;
import dev.kiln.kernels.convolution.ConvolutionOptions;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.ops.function.Convolutions;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A convolution of one to three axes, plain or transposed, with PyTorch's names, weight layouts and
 * first values. In: {@code N x inputs x ...}; out: {@code N x outputs x ...}.
 */
public abstract sealed class Conv extends Layer implements Counted, Windowed
    permits Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d {
  private final boolean isTransposed;
  private final int axes;
  private final ConvOptions options;
  private final ConvolutionOptions geometry;
  private final Weight weight;
  private final Tensor bias;

  Conv(
      Context context,
      boolean isTransposed,
      int axes,
      long inputs,
      long outputs,
      ConvOptions options) {
    super(context);
    this.isTransposed = isTransposed;
    this.axes = axes;
    this.options = options;
    geometry = options.forKernels(axes);
    int groups = options.groups();
    if (inputs < 1 || outputs < 1) {
      throw new KilnException(
          "%s: there must be channels in and out, but are %d and %d"
              .formatted(getClass().getSimpleName(), inputs, outputs));
    }
    if (groups < 1 || inputs % groups != 0 || outputs % groups != 0) {
      throw new KilnException(
          "%s: %d groups do not divide %d channels in and %d out"
              .formatted(getClass().getSimpleName(), groups, inputs, outputs));
    }
    if (isTransposed) {
      Weight.requirePlain(getClass().getSimpleName(), options.form());
    }
    long[] shape = new long[axes + 2];
    shape[0] = isTransposed ? inputs : outputs;
    shape[1] = (isTransposed ? outputs : inputs) / groups;
    for (int i = 0; i < axes; i++) {
      shape[i + 2] = options.taps(i);
    }
    weight = new Weight(this, options.form(), options.initialization(), shape);
    bias = options.hasBias() ? parameter("bias", bias(outputs, shape)) : null;
  }

  private Tensor bias(long outputs, long... shape) {
    boolean isZero = options.form() == WeightForm.EQUALIZED_RATE;
    double bound = isZero ? 0 : 1 / Math.sqrt(Initialization.Fan.IN.of(shape));
    return Initialization.uniform(-bound, bound).make(context(), outputs);
  }

  /** The parameter of the weight. */
  public final Tensor weight() {
    return weight.parameter();
  }

  /** Null if there is none. */
  public final Tensor bias() {
    return bias;
  }

  @Override
  protected final Tensor forward(Tensor x) {
    Tensor used = weight.use();
    return isTransposed
        ? Convolutions.transposed(x, used, bias, geometry, options.activation())
        : Convolutions.convolution(x, used, bias, geometry, options.activation());
  }

  /** Each element of a weight is used once for each result, or for each input if transposed. */
  @Override
  public final Work work(List<Tensor> inputs, List<Tensor> outputs) {
    Tensor y = outputs.getFirst();
    long places = (isTransposed ? inputs.getFirst() : y).size();
    long perPlace = weight().size() / weight().dim(0);
    long activated = options.activation() == Activation.NONE ? 0 : y.size();
    return Work.macs(places * perPlace).plus(Work.flops(activated));
  }

  @Override
  public final List<Reach> windows() {
    return IntStream.range(0, axes).mapToObj(this::window).toList();
  }

  private Reach window(int i) {
    ConvolutionAxis axis = geometry.axes().get(i);
    if (!isTransposed) {
      return Reach.of(options.taps(i), axis.stride(), axis.dilation());
    }
    long span = (long) axis.dilation() * (options.taps(i) - 1) + 1;
    return new Reach(Math.ceilDiv(span, axis.stride()) - 1.0, 1.0 / axis.stride());
  }

  @Override
  public final String toString() {
    long[] shape = weight().shape();
    long groups = options.groups();
    return "%s(%d -> %d, kernel %s%s)"
        .formatted(
            getClass().getSimpleName(),
            isTransposed ? shape[0] : shape[1] * groups,
            isTransposed ? shape[1] * groups : shape[0],
            Arrays.toString(Arrays.copyOfRange(shape, 2, shape.length)),
            groups == 1 ? "" : ", " + groups + " groups");
  }
}
