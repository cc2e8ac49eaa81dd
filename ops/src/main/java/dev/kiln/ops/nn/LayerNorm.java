package dev.kiln.ops.nn;

import dev.kiln.ops.function.Normalizations;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.Arrays;

/**
 * Layer norm over the last axes: mean 0 and variance 1 of each sample, then {@code weight} and
 * {@code bias} of the shape of those axes (Ba, Kiros and Hinton, 2016).
 */
public final class LayerNorm extends Norm {
  private static final double EPS = 1e-5;

  private final long[] shape;
  private final Options options;
  private final Tensor weight;
  private final Tensor bias;

  /**
   * @param eps added to the variance
   */
  public record Options(double eps, boolean hasWeight, boolean hasBias) {
    /** eps 1e-5, weight and bias. */
    public static final Options DEFAULT = new Options(EPS, true, true);
  }

  /**
   * @param shape the last extents of the input
   */
  public LayerNorm(Context context, long... shape) {
    this(context, Options.DEFAULT, shape);
  }

  public LayerNorm(Context context, Options options, long... shape) {
    super(context, CENTRED);
    if (shape.length == 0) {
      throw new KilnException("LayerNorm: needs the extent of an axis or more");
    }
    this.shape = shape.clone();
    this.options = options;
    weight = options.hasWeight() ? parameter("weight", ones(shape)) : null;
    bias =
        options.hasBias() ? parameter("bias", Initialization.zeros().make(context, shape)) : null;
  }

  private Tensor ones(long... extents) {
    return Initialization.constant(1).make(context(), extents);
  }

  public double eps() {
    return options.eps();
  }

  /** Null if there is none. */
  public Tensor weight() {
    return weight;
  }

  /** Null if there is none. */
  public Tensor bias() {
    return bias;
  }

  @Override
  protected Tensor forward(Tensor x) {
    long[] all = x.shape();
    int outer = all.length - shape.length;
    if (outer < 0 || !Arrays.equals(all, outer, all.length, shape, 0, shape.length)) {
      throw new KilnException(
          "layer_norm: the last extents must be %s, but the input is %s"
              .formatted(Arrays.toString(shape), x));
    }
    if (shape.length == 1) {
      return Normalizations.layerNorm(x, weight, bias, options.eps());
    }
    return Normalizations.layerNorm(x.flatten(outer, -1), flat(weight), flat(bias), options.eps())
        .reshape(all);
  }

  private static Tensor flat(Tensor parameter) {
    return parameter == null ? null : parameter.flatten();
  }

  @Override
  public String toString() {
    return "LayerNorm" + Arrays.toString(shape);
  }
}
