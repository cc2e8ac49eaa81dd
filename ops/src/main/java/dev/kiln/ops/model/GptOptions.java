package dev.kiln.ops.model;

import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.runtime.KilnException;

/**
 * Sizes of a {@link Gpt}.
 *
 * @param vocabulary how many tokens there are
 * @param context most places of a sequence
 * @param layers blocks
 * @param heads of attention; divides the width
 * @param width of the residual stream
 * @param dropout of embeddings, attention weights and branches while training
 * @param activation between the two products of a block
 */
public record GptOptions(
    int vocabulary,
    int context,
    int layers,
    int heads,
    int width,
    double dropout,
    Activation activation) {
  /** Without dropout, with GELU by tanh. */
  public GptOptions(int vocabulary, int context, int layers, int heads, int width) {
    this(vocabulary, context, layers, heads, width, 0, Activation.GELU_TANH);
  }

  public GptOptions {
    requirePositive("vocabulary", vocabulary);
    requirePositive("context", context);
    requirePositive("layers", layers);
    requirePositive("heads", heads);
    requirePositive("width", width);
    if (width % heads != 0) {
      throw new KilnException("Gpt: %d heads must divide the width %d".formatted(heads, width));
    }
    if (!(dropout >= 0 && dropout < 1)) {
      throw new KilnException("Gpt: dropout must be at least 0 and less than 1, but is " + dropout);
    }
  }

  private static void requirePositive(String name, int value) {
    if (value < 1) {
      throw new KilnException("Gpt: %s must be positive, but is %d".formatted(name, value));
    }
  }

  public GptOptions withDropout(double part) {
    return new GptOptions(vocabulary, context, layers, heads, width, part, activation);
  }

  /** Numbers of a head. */
  public int head() {
    return width / heads;
  }
}
