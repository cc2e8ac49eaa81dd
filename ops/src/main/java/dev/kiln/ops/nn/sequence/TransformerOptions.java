package dev.kiln.ops.nn.sequence;

import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.runtime.KilnException;

/**
 * Options of the blocks of a Transformer.
 *
 * @param width of the sequences
 * @param hidden width between the two products of the feed-forward part
 * @param attention of a sequence over itself; a decoder makes it causal
 * @param dropout of branches while training, and within them
 * @param activation of the feed-forward part
 * @param normFirst whether norms stand before each branch, or behind each addition
 * @param eps of the norms
 */
public record TransformerOptions(
    long width,
    long hidden,
    AttentionLayerOptions attention,
    double dropout,
    Activation activation,
    boolean normFirst,
    double eps) {
  private static final double EPS = 1e-5;

  public TransformerOptions {
    if (width < 1 || hidden < 1) {
      throw new KilnException(
          "Transformer: width and hidden must be positive, but are %d and %d"
              .formatted(width, hidden));
    }
    if (!(dropout >= 0 && dropout < 1)) {
      throw new KilnException(
          "Transformer: dropout must be at least 0 and less than 1, but is " + dropout);
    }
  }

  /** As in PyTorch: ReLU, norms behind additions, no dropout. */
  public static TransformerOptions of(long width, int heads, long hidden) {
    return new TransformerOptions(
        width, hidden, AttentionLayerOptions.of(heads), 0, Activation.RELU, false, EPS);
  }

  /** Dropout of branches and of the attention's weights. */
  public TransformerOptions withDropout(double part) {
    return new TransformerOptions(
        width, hidden, attention.withDropout(part), part, activation, normFirst, eps);
  }

  public TransformerOptions withActivation(Activation newActivation) {
    return new TransformerOptions(width, hidden, attention, dropout, newActivation, normFirst, eps);
  }

  public TransformerOptions withAttention(AttentionLayerOptions newAttention) {
    return new TransformerOptions(width, hidden, newAttention, dropout, activation, normFirst, eps);
  }

  /** Norms before each branch: trains without warm-up (Xiong et al., 2020). */
  public TransformerOptions normFirst(boolean isFirst) {
    return new TransformerOptions(width, hidden, attention, dropout, activation, isFirst, eps);
  }
}
