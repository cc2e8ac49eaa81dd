package dev.kiln.ops.nn;

import dev.kiln.ops.function.WeightNorms;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.Arrays;
import java.util.stream.IntStream;

/** The weight of a layer: its parameters and buffers, and what is made of them at each pass. */
final class Weight {
  /** PyTorch's, of spectral norm. */
  private static final double EPS = 1e-12;

  private static final int FIRST_ITERATIONS = 15;

  private final Module owner;
  private final WeightForm form;
  private final Tensor parameter;
  private Tensor length;
  private Tensor left;
  private Tensor right;
  private double scale = 1;

  /** A weight that another module owns. */
  Weight(Module owner, Tensor shared) {
    this.owner = owner;
    form = WeightForm.PLAIN;
    parameter = shared;
  }

  Weight(Module owner, WeightForm form, Initialization initialization, long... shape) {
    this.owner = owner;
    this.form = form;
    Context context = owner.context();
    parameter =
        switch (form) {
          case PLAIN -> owner.parameter("weight", initialization.make(context, shape));
          case WEIGHT_NORM -> normed(initialization.make(context, shape));
          case SPECTRAL_NORM -> spectral(initialization.make(context, shape));
          case EQUALIZED_RATE -> {
            scale = Math.sqrt(2 / Initialization.Fan.IN.of(shape));
            yield owner.parameter("weight", Initialization.normal(0, 1).make(context, shape));
          }
        };
  }

  private Tensor normed(Tensor v) {
    long[] ones = v.shape();
    Arrays.fill(ones, 1, ones.length, 1);
    int[] axes = IntStream.range(1, v.rank()).toArray();
    Tensor norms = owner.context().frame(() -> v.square().sum(axes).sqrt().reshape(ones).copy());
    length = owner.parameter("weight_g", norms);
    return owner.parameter("weight_v", v);
  }

  private Tensor spectral(Tensor w) {
    Context context = owner.context();
    Tensor parameter = owner.parameter("weight_orig", w);
    Initialization normal = Initialization.normal(0, 1);
    left = owner.buffer("weight_u", normal.make(context, w.dim(0)));
    right = owner.buffer("weight_v", normal.make(context, w.size() / w.dim(0)));
    try (var _ = context.noGrad();
        var _ = context.frame()) {
      WeightNorms.spectralNorm(parameter, left, right, FIRST_ITERATIONS, EPS);
    }
    return parameter;
  }

  /** The parameter itself, without what is done to it. */
  Tensor parameter() {
    return parameter;
  }

  /** What the layer computes with. */
  Tensor use() {
    return switch (form) {
      case PLAIN -> parameter;
      case WEIGHT_NORM -> WeightNorms.weightNorm(parameter, length);
      case SPECTRAL_NORM ->
          WeightNorms.spectralNorm(parameter, left, right, owner.isTraining() ? 1 : 0, EPS);
      case EQUALIZED_RATE -> parameter.mul(scale);
    };
  }

  static void requirePlain(String layer, WeightForm form) {
    if (form == WeightForm.WEIGHT_NORM || form == WeightForm.SPECTRAL_NORM) {
      throw new KilnException(
          layer + ": not supported yet: the weight form " + form + " of a transposed convolution");
    }
  }
}
