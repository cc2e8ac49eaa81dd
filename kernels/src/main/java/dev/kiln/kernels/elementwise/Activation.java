package dev.kiln.kernels.elementwise;

/** A function applied to every element. */
public enum Activation {
  /** {@code x}. */
  NONE("none"),
  /** {@code max(x, 0)}; its derivative at 0 is 0. */
  RELU("relu"),
  /** {@code x/2 (1 + erf(x / sqrt 2))}. */
  GELU("gelu"),
  /** {@code x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))}. */
  GELU_TANH("gelu_tanh");

  private final String kernelName;

  Activation(String kernelName) {
    this.kernelName = kernelName;
  }

  /** The constant that kernels know it by. */
  public String kernelName() {
    return kernelName;
  }
}
