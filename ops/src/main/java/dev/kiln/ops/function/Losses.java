package dev.kiln.ops.function;

import dev.kiln.kernels.loss.LossFunction;
import dev.kiln.kernels.loss.Reduction;
import dev.kiln.ops.tensor.Axes;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Gradients;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.tensor.Operation;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.Collection;

/**
 * Losses of numbers against numbers of the same shape. Arithmetic, losses and sums are in fp32, of
 * fp64 in fp64. Without a {@link Reduction} the mean is taken.
 *
 * <p>Targets get a gradient where the loss depends on the difference alone ({@link #mse}, {@link
 * #l1}, {@link #smoothL1}, {@link #huber}); elsewhere a target that needs one is refused: detach
 * it.
 */
public final class Losses {
  /** PyTorch bounds logarithms of probabilities from below. */
  private static final double LEAST_LOG = -100;

  /** Likewise the product of a probability and its rest. */
  private static final double LEAST_SLOPE = 1e-12;

  private Losses() {}

  /** The mean of {@code (x - y)^2}. */
  public static Tensor mse(Tensor x, Tensor y) {
    return mse(x, y, Reduction.MEAN);
  }

  /** {@code (x - y)^2}. */
  public static Tensor mse(Tensor x, Tensor y, Reduction reduction) {
    return ElementLoss.symmetric("mse", LossFunction.MSE, x, y, reduction);
  }

  /** The mean of {@code |x - y|}. */
  public static Tensor l1(Tensor x, Tensor y) {
    return l1(x, y, Reduction.MEAN);
  }

  /** {@code |x - y|}; its gradient at 0 is 0. */
  public static Tensor l1(Tensor x, Tensor y, Reduction reduction) {
    return ElementLoss.symmetric("l1", LossFunction.L1, x, y, reduction);
  }

  /**
   * {@code d^2 / (2 beta)} where {@code d = |x - y|} is below beta, else {@code d - beta / 2}.
   *
   * @param beta from 0 on
   */
  public static Tensor smoothL1(Tensor x, Tensor y, double beta, Reduction reduction) {
    return ElementLoss.symmetric("smooth_l1", LossFunction.smoothL1(beta), x, y, reduction);
  }

  /**
   * {@code d^2 / 2} where {@code d = |x - y|} is at most delta, else {@code delta (d - delta / 2)}.
   *
   * @param delta above 0
   */
  public static Tensor huber(Tensor x, Tensor y, double delta, Reduction reduction) {
    return ElementLoss.symmetric("huber", LossFunction.huber(delta), x, y, reduction);
  }

  /** The mean of {@code -y log s(x) - (1 - y) log s(-x)}, s the sigmoid. */
  public static Tensor binaryCrossEntropyWithLogits(Tensor x, Tensor y) {
    return binaryCrossEntropyWithLogits(x, y, null, null, Reduction.MEAN);
  }

  /**
   * {@code w (-c y log s(x) - (1 - y) log s(-x))}, s the sigmoid, computed so that nothing
   * overflows or cancels.
   *
   * @param x logits
   * @param y 0 to 1
   * @param weights {@code w}, like {@code x} or a vector along its last axis; null for ones
   * @param positive {@code c}, likewise
   */
  public static Tensor binaryCrossEntropyWithLogits(
      Tensor x, Tensor y, Tensor weights, Tensor positive, Reduction reduction) {
    return ElementLoss.oneSided(
        "binary_cross_entropy_with_logits",
        LossFunction.BCE_WITH_LOGITS,
        x,
        y,
        weights,
        positive,
        reduction);
  }

  /**
   * The mean of {@code -y log p - (1 - y) log(1 - p)}; logarithms are at least -100, and {@code p
   * (1 - p)}, which the gradient is divided by, at least 1e-12, as in PyTorch: at 0 and 1 both are
   * finite. Logits are better given to {@link #binaryCrossEntropyWithLogits}.
   *
   * @param p probabilities
   * @param y 0 to 1
   */
  public static Tensor binaryCrossEntropy(Tensor p, Tensor y) {
    String name = "binary_cross_entropy";
    Axes.requireShape(name, y, p);
    Context context = p.context();
    Tensor[] in = context.cast(name, p, y);
    var operation = Operation.of(name, in).save(in);
    Tensor loss;
    try (Mode _ = context.noGrad()) {
      loss = context.frame(() -> logLikelihood(in[0], in[1]).mean().neg());
    }
    return operation.result(loss, Losses::binaryCrossEntropyGradients);
  }

  /** {@code y log p + (1 - y) log(1 - p)}. */
  private static Tensor logLikelihood(Tensor p, Tensor y) {
    return y.mul(boundedLog(p)).add(y.rsub(1).mul(boundedLog(p.rsub(1))));
  }

  private static Tensor boundedLog(Tensor p) {
    return p.log().maximum(LEAST_LOG);
  }

  private static void binaryCrossEntropyGradients(Gradients g) {
    Tensor p = g.saved(0);
    Tensor y = g.saved(1);
    Tensor factor = g.of().div(p.size());
    if (g.needs(0)) {
      Tensor slope = p.mul(p.rsub(1)).maximum(LEAST_SLOPE);
      g.give(0, p.sub(y).div(slope).mul(factor));
    }
    if (g.needs(1)) {
      g.give(1, boundedLog(p.rsub(1)).sub(boundedLog(p)).mul(factor));
    }
  }

  /**
   * The divergence {@code sum y (log y - x)} of each row, and the mean of rows; 0 log 0 is 0.
   *
   * @param logs {@code rows x classes}, logarithms of probabilities
   * @param probabilities likewise
   */
  public static Tensor kl(Tensor logs, Tensor probabilities) {
    return kl(logs, probabilities, Reduction.BATCH_MEAN);
  }

  /** {@code y (log y - x)}. */
  public static Tensor kl(Tensor logs, Tensor probabilities, Reduction reduction) {
    return ElementLoss.oneSided("kl", LossFunction.KL, logs, probabilities, null, null, reduction);
  }

  /** {@code exp(y) (y - x)}: the target too is the logarithm of probabilities. */
  public static Tensor klOfLogs(Tensor logs, Tensor target, Reduction reduction) {
    return ElementLoss.oneSided("kl", LossFunction.KL_LOG, logs, target, null, null, reduction);
  }

  /** The mean of {@code max(0, 1 - x y)}, {@code y} -1 or 1. */
  public static Tensor hinge(Tensor x, Tensor y) {
    return hinge(x, y, 1, Reduction.MEAN);
  }

  /** {@code max(0, margin - x y)}, {@code y} -1 or 1. */
  public static Tensor hinge(Tensor x, Tensor y, double margin, Reduction reduction) {
    return ElementLoss.oneSided("hinge", LossFunction.hinge(margin), x, y, null, null, reduction);
  }

  /**
   * The hinge loss of classes: the mean over rows of {@code sum max(0, margin - x[target] +
   * x[class]) / classes} over the other classes.
   *
   * @param x {@code rows x classes}
   * @param targets {@code rows} classes, i32 or i64
   */
  public static Tensor multiMargin(Tensor x, Tensor targets, double margin) {
    String name = "multi_margin";
    RowLoss.requireRows(name, x);
    if (x.rank() != 2) {
      throw new KilnException(name + ": needs rows x classes, but is " + x);
    }
    Tensor right = RowLoss.classes(name, targets, x).unsqueeze(1);
    Tensor full = x.context().cast(name, x)[0];
    return x.context()
        .frame(
            () -> {
              Tensor own = full.gather(1, right);
              Tensor over = full.sub(own).add(margin).maximum(0);
              Tensor classes = x.context().arange(right.dtype(), x.dim(1));
              Tensor isOther = classes.ne(right);
              return over.mul(isOther.to(full.dtype())).mean();
            });
  }

  /** The mean of {@code log(1 + exp(-x y))}, {@code y} -1 or 1. */
  public static Tensor softMargin(Tensor x, Tensor y) {
    String name = "soft_margin";
    Axes.requireShape(name, y, x);
    Tensor[] in = x.context().cast(name, x, y);
    return x.context().frame(() -> in[0].mul(in[1]).neg().softplus().mean());
  }

  // Regularisation

  /** The sum of absolute values of parameters; the subgradient at 0 is 0. */
  public static Tensor absoluteSum(Collection<Tensor> parameters) {
    return total("absoluteSum", parameters, true);
  }

  /** The sum of squares of parameters. */
  public static Tensor squareSum(Collection<Tensor> parameters) {
    return total("squareSum", parameters, false);
  }

  private static Tensor total(String name, Collection<Tensor> parameters, boolean absolute) {
    Context context =
        parameters.stream()
            .findFirst()
            .orElseThrow(() -> new KilnException(name + ": there is no parameter"))
            .context();
    return context.frame(
        () -> {
          Tensor sum = null;
          for (Tensor parameter : parameters) {
            Tensor part = absolute ? parameter.norm1() : parameter.sumSquares();
            sum = sum == null ? part : sum.add(part);
          }
          return sum;
        });
  }
}
