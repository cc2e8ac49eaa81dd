package dev.kiln.kernels.elementwise;

/**
 * A function applied to every element; also an epilogue of products and convolutions. {@code
 * activation.py} names the sources. Functions with numbers of their own, {@code a} and {@code b},
 * have their usual values here; {@link ActivationFunction} gives others.
 */
public enum Activation {
  /** {@code x}. */
  NONE("none"),
  /** {@code max(x, 0)}; its derivative at 0 is 0. */
  RELU("relu"),
  /** {@code max(x, 0)^2}. */
  SQUARED_RELU("squared_relu"),
  /** {@code min(max(x, 0), 6)}. */
  RELU6("relu6"),
  /** {@code x}, or {@code a x} below 0; {@code a} is 0.01. */
  LEAKY_RELU("leaky_relu", 0.01, 0),
  /** {@code x}, or {@code a (exp(x) - 1)} below 0; {@code a} is 1. */
  ELU("elu", 1, 0),
  /** {@code 1.0507} times ELU with {@code a = 1.6733}. */
  SELU("selu"),
  /** {@code x}, or {@code a (exp(x / a) - 1)} below 0; {@code a} is 1. */
  CELU("celu", 1, 0),
  /** {@code x/2 (1 + erf(x / sqrt 2))}. */
  GELU("gelu"),
  /** {@code x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))}. */
  GELU_TANH("gelu_tanh"),
  /** {@code x sigmoid(1.702 x)}. */
  QUICK_GELU("quick_gelu"),
  /** {@code x sigmoid(x)}, also called swish. */
  SILU("silu"),
  /** {@code x tanh(log(1 + exp(x)))}. */
  MISH("mish"),
  /** {@code 1 / (1 + exp(-x))}. */
  SIGMOID("sigmoid"),
  /** {@code log(sigmoid(x))}. */
  LOG_SIGMOID("log_sigmoid"),
  /** {@code min(max(x + 3, 0), 6) / 6}. */
  HARD_SIGMOID("hard_sigmoid"),
  /** {@code x min(max(x + 3, 0), 6) / 6}. */
  HARD_SWISH("hard_swish"),
  /** {@code tanh(x)}. */
  TANH("tanh"),
  /** {@code min(max(x, a), b)}; {@code a} is -1, {@code b} is 1. */
  HARD_TANH("hard_tanh", -1, 1),
  /** {@code log(1 + exp(a x)) / a}, or {@code x} where {@code a x > b}; {@code a} is 1, b 20. */
  SOFTPLUS("softplus", 1, 20),
  /** {@code x / (1 + |x|)}. */
  SOFTSIGN("softsign");

  private final String kernelName;
  private final boolean hasNumbers;
  private final ActivationFunction usual;

  Activation(String kernelName) {
    this(kernelName, false, 0, 0);
  }

  Activation(String kernelName, double a, double b) {
    this(kernelName, true, a, b);
  }

  Activation(String kernelName, boolean hasNumbers, double a, double b) {
    this.kernelName = kernelName;
    this.hasNumbers = hasNumbers;
    usual = new ActivationFunction(this, a, b);
  }

  /** The constant that kernels know it by. */
  public String kernelName() {
    return kernelName;
  }

  /** Whether the function has numbers {@code a} and {@code b} that may be chosen. */
  public boolean hasNumbers() {
    return hasNumbers;
  }

  /** With the usual numbers. */
  public ActivationFunction usual() {
    return usual;
  }
}
