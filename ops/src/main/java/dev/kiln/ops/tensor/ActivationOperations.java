package dev.kiln.ops.tensor;

import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.elementwise.ActivationFunction;
import dev.kiln.kernels.elementwise.LearnableActivation;

/** Activations, gated units, softmax and dropout, all of floats. */
public sealed interface ActivationOperations permits Tensor {
  /** This tensor. */
  Tensor self();

  /** An activation with its usual numbers; this very tensor for {@link Activation#NONE}. */
  default Tensor activate(Activation activation) {
    return Activating.activate(activation.usual(), self());
  }

  /** An activation with chosen numbers. */
  default Tensor activate(ActivationFunction function) {
    return Activating.activate(function, self());
  }

  /** {@code max(x, 0)}; the gradient at 0 is 0. */
  default Tensor relu() {
    return activate(Activation.RELU);
  }

  /** {@code x}, or {@code slope x} below 0. */
  default Tensor leakyRelu(double slope) {
    return activate(ActivationFunction.leakyRelu(slope));
  }

  /** {@code x/2 (1 + erf(x / sqrt 2))}. */
  default Tensor gelu() {
    return activate(Activation.GELU);
  }

  /** {@code x sigmoid(x)}, also called swish. */
  default Tensor silu() {
    return activate(Activation.SILU);
  }

  /** {@code 1 / (1 + exp(-x))}. */
  default Tensor sigmoid() {
    return activate(Activation.SIGMOID);
  }

  /** {@code log(sigmoid(x))}. */
  default Tensor logSigmoid() {
    return activate(Activation.LOG_SIGMOID);
  }

  default Tensor tanh() {
    return activate(Activation.TANH);
  }

  /** {@code log(1 + exp(x))}. */
  default Tensor softplus() {
    return activate(Activation.SOFTPLUS);
  }

  /**
   * {@code x}, or {@code a x} below 0 (He et al., 2015).
   *
   * @param a a vector of one number, or of one for each channel, which axis 1 counts (axis 0 of a
   *     vector)
   */
  default Tensor prelu(Tensor a) {
    return Activating.learnable(LearnableActivation.Function.PRELU, self(), a);
  }

  /** {@code 1 / (1 + exp(-a x))}; {@code a} as in {@link #prelu}. */
  default Tensor learnableSigmoid(Tensor a) {
    return Activating.learnable(LearnableActivation.Function.SIGMOID, self(), a);
  }

  /** {@code x / (1 + exp(-a x))} (Ramachandran et al., 2017); {@code a} as in {@link #prelu}. */
  default Tensor swish(Tensor a) {
    return Activating.learnable(LearnableActivation.Function.SWISH, self(), a);
  }

  /**
   * {@code activation(this) value}: a gated linear unit whose gate this is (Shazeer, 2020).
   *
   * @param value of this shape and dtype
   */
  default Tensor gate(Activation activation, Tensor value) {
    return Activating.gate(activation.usual(), self(), value);
  }

  /**
   * {@code activation(left half) right half} along the last axis.
   *
   * @return half as long along the last axis
   */
  default Tensor gated(Activation activation) {
    return Activating.gated(activation.usual(), self());
  }

  /** {@code exp(x) / sum(exp(x))} along an axis; negative axes count from the last. */
  default Tensor softmax(int axis) {
    return Activating.softmax(self(), axis, false);
  }

  /** The logarithm of {@link #softmax}. */
  default Tensor logSoftmax(int axis) {
    return Activating.softmax(self(), axis, true);
  }

  /**
   * Each element becomes 0 with probability {@code p}, otherwise {@code x / (1 - p)}. Draws as many
   * random numbers as there are elements.
   *
   * @param isTraining otherwise this very tensor comes back
   */
  default Tensor dropout(double p, boolean isTraining) {
    return Activating.dropout(self(), p, isTraining);
  }
}
