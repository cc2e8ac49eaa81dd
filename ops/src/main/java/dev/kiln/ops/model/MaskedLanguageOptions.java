package dev.kiln.ops.model;

import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.ops.nn.sequence.TransformerOptions;
import dev.kiln.runtime.KilnException;

/**
 * Sizes of a {@link MaskedLanguageModel}.
 *
 * @param vocabulary how many tokens there are
 * @param places most places of a sequence
 * @param layers blocks
 * @param blocks what each is like
 */
public record MaskedLanguageOptions(
    int vocabulary, int places, int layers, TransformerOptions blocks) {
  private static final int WIDER = 4;

  public MaskedLanguageOptions {
    if (vocabulary < 1 || places < 1 || layers < 1) {
      throw new KilnException(
          "MaskedLanguageModel: vocabulary (%d), places (%d) and layers (%d) must be positive"
              .formatted(vocabulary, places, layers));
    }
  }

  /** As BERT: norms behind additions, GELU, four times as wide inside. */
  public static MaskedLanguageOptions of(
      int vocabulary, int places, int layers, int heads, long width) {
    return new MaskedLanguageOptions(
        vocabulary,
        places,
        layers,
        TransformerOptions.of(width, heads, WIDER * width).withActivation(Activation.GELU));
  }

  public MaskedLanguageOptions withDropout(double part) {
    return new MaskedLanguageOptions(vocabulary, places, layers, blocks.withDropout(part));
  }
}
