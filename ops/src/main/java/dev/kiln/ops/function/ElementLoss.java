package dev.kiln.ops.function;

import dev.kiln.kernels.loss.ElementwiseLoss;
import dev.kiln.kernels.loss.LossFunction;
import dev.kiln.kernels.loss.LossGradient;
import dev.kiln.kernels.loss.Reduction;
import dev.kiln.ops.tensor.Axes;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Gradients;
import dev.kiln.ops.tensor.Operation;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;

/** A loss of numbers against numbers, whose kernel computes losses, gradients or both. */
final class ElementLoss {
  private static final int X = 0;
  private static final int Y = 1;
  private static final int WEIGHTS = 2;
  private static final int POSITIVE = 3;

  private ElementLoss() {}

  /** A loss of {@code x - y} alone: both sides may need a gradient. */
  static Tensor symmetric(
      String name, LossFunction function, Tensor x, Tensor y, Reduction reduction) {
    return apply(name, function, x, y, null, null, reduction);
  }

  /** A loss whose {@code y} gets no gradient. */
  static Tensor oneSided(
      String name,
      LossFunction function,
      Tensor x,
      Tensor y,
      Tensor weights,
      Tensor positive,
      Reduction reduction) {
    if (y.requiresGrad() && x.context().isRecording()) {
      throw new KilnException(
          name + ": the gradient of a target is not supported yet: detach() " + y);
    }
    return apply(name, function, x, y, weights, positive, reduction);
  }

  private static Tensor apply(
      String name,
      LossFunction function,
      Tensor x,
      Tensor y,
      Tensor weights,
      Tensor positive,
      Reduction reduction) {
    Axes.requireShape(name, y, x);
    Context context = x.context();
    Tensor[] in = context.cast(name, x, y);
    Tensor a = in[X].contiguous();
    Tensor b = in[Y].to(RowLoss.compute(a) == RowLoss.compute(in[Y]) ? in[Y].dtype() : a.dtype());
    Tensor target = b.contiguous();
    Tensor each = factor(name, "weights", weights, a);
    Tensor yes = factor(name, "positive", positive, a);
    var operation = Operation.of(name, a, target).save(a, target, each, yes);
    boolean none = reduction == Reduction.NONE;
    Tensor result = none ? context.empty(a.dtype(), a.shape()) : context.empty(RowLoss.compute(a));
    kernel(context)
        .run(
            function,
            a.array(),
            target.array(),
            weights(each, yes),
            reduction,
            result.array(),
            LossGradient.NONE);
    return operation.result(result, g -> backward(g, function, reduction));
  }

  private static Tensor factor(String name, String argument, Tensor factor, Tensor x) {
    if (factor == null) {
      return null;
    }
    boolean isVector = factor.rank() == 1 && x.rank() > 0 && factor.dim(0) == x.dim(-1);
    if (!isVector) {
      Axes.requireShape(name + ": " + argument, factor, x);
    }
    return factor.detach().to(RowLoss.compute(x)).contiguous();
  }

  private static void backward(Gradients g, LossFunction function, Reduction reduction) {
    Context context = g.context();
    Tensor x = g.saved(X);
    Tensor dx = context.empty(x.dtype(), x.shape());
    LossGradient gradient = LossGradient.into(dx.array());
    if (reduction == Reduction.NONE) {
      NdArray upstream = g.of().to(RowLoss.compute(x)).contiguous().array();
      gradient = gradient.withWeight(upstream);
    } else {
      gradient = gradient.withUpstream(g.of().array());
    }
    kernel(context)
        .run(
            function,
            x.array(),
            g.saved(Y).array(),
            weights(g.saved(WEIGHTS), g.saved(POSITIVE)),
            reduction,
            null,
            gradient);
    g.give(X, dx);
    if (g.needs(Y)) {
      g.give(Y, dx.neg());
    }
  }

  private static ElementwiseLoss.Weights weights(Tensor each, Tensor positive) {
    return new ElementwiseLoss.Weights(RowLoss.array(each), RowLoss.array(positive));
  }

  private static ElementwiseLoss kernel(Context context) {
    return context.launcher(ElementwiseLoss.class, ElementwiseLoss::new);
  }
}
