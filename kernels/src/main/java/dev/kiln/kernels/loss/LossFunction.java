package dev.kiln.kernels.loss;

import dev.kiln.kernels.launch.Check;

/**
 * A loss of a number {@code x} against a number {@code y}.
 *
 * @param kind which
 * @param number the number {@code b} of {@link Kind#SMOOTH_L1}, {@link Kind#HUBER}, {@link
 *     Kind#HINGE}; of no meaning for the others
 */
public record LossFunction(Kind kind, double number) {
  private static final String NAME = "ElementwiseLoss";

  /** {@code (x - y)^2}. */
  public static final LossFunction MSE = new LossFunction(Kind.MSE, 0);

  /** {@code |x - y|}, with the gradient 0 at 0. */
  public static final LossFunction L1 = new LossFunction(Kind.L1, 0);

  /** Binary cross-entropy of {@code sigmoid(x)}, {@code y} from 0 to 1. */
  public static final LossFunction BCE_WITH_LOGITS = new LossFunction(Kind.BCE_WITH_LOGITS, 0);

  /** {@code y (log y - x)}: x is the logarithm of a probability, y a probability; 0 log 0 is 0. */
  public static final LossFunction KL = new LossFunction(Kind.KL, 0);

  /** {@code exp(y) (y - x)}: both are logarithms of probabilities. */
  public static final LossFunction KL_LOG = new LossFunction(Kind.KL_LOG, 0);

  /** The names that kernels know. */
  public enum Kind {
    MSE("mse"),
    L1("l1"),
    SMOOTH_L1("smooth_l1"),
    HUBER("huber"),
    BCE_WITH_LOGITS("bce"),
    HINGE("hinge"),
    KL("kl"),
    KL_LOG("kl_log");

    private final String kernelName;

    Kind(String kernelName) {
      this.kernelName = kernelName;
    }

    String kernelName() {
      return kernelName;
    }
  }

  public LossFunction {
    if (!(number >= 0) || Double.isInfinite(number)) {
      throw Check.fault(NAME, "number", "must be at least 0 and finite, but is " + number);
    }
    if (kind == Kind.HUBER && number == 0) {
      throw Check.fault(NAME, "delta", "must be above 0, but is 0.0");
    }
  }

  /**
   * {@code d^2 / (2 beta)} where {@code d = |x - y| < beta}, else {@code d - beta / 2}.
   *
   * @param beta at least 0; with 0 it is {@link #L1}
   */
  public static LossFunction smoothL1(double beta) {
    return beta == 0 ? L1 : new LossFunction(Kind.SMOOTH_L1, beta);
  }

  /** {@code d^2 / 2} where {@code d = |x - y| <= delta}, else {@code delta (d - delta / 2)}. */
  public static LossFunction huber(double delta) {
    return new LossFunction(Kind.HUBER, delta);
  }

  /** {@code max(0, margin - x y)} with {@code y} -1 or 1. */
  public static LossFunction hinge(double margin) {
    return new LossFunction(Kind.HINGE, margin);
  }
}
