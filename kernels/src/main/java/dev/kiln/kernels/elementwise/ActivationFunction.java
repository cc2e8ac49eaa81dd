package dev.kiln.kernels.elementwise;

/**
 * An activation with its numbers.
 *
 * @param a slope of a leaky ReLU, alpha of ELU and CELU, beta of softplus, lower end of a hard
 *     tanh; ignored by others
 * @param b threshold of softplus, upper end of a hard tanh; ignored by others
 */
public record ActivationFunction(Activation activation, double a, double b) {
  /** {@code x}, or {@code slope x} below 0. */
  public static ActivationFunction leakyRelu(double slope) {
    return new ActivationFunction(Activation.LEAKY_RELU, slope, 0);
  }

  /** {@code x}, or {@code alpha (exp(x) - 1)} below 0. */
  public static ActivationFunction elu(double alpha) {
    return new ActivationFunction(Activation.ELU, alpha, 0);
  }

  /** {@code x}, or {@code alpha (exp(x / alpha) - 1)} below 0. */
  public static ActivationFunction celu(double alpha) {
    return new ActivationFunction(Activation.CELU, alpha, 0);
  }

  /** {@code min(max(x, low), high)}. */
  public static ActivationFunction hardTanh(double low, double high) {
    return new ActivationFunction(Activation.HARD_TANH, low, high);
  }

  /** {@code log(1 + exp(beta x)) / beta}, or {@code x} where {@code beta x} exceeds a threshold. */
  public static ActivationFunction softplus(double beta, double threshold) {
    return new ActivationFunction(Activation.SOFTPLUS, beta, threshold);
  }
}
