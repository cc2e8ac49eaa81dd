package dev.kiln.ops.model;

import dev.kiln.ops.nn.sequence.TransformerOptions;
import dev.kiln.runtime.KilnException;

/**
 * Sizes of a {@link Seq2SeqTransformer}.
 *
 * @param sourceVocabulary tokens of the sequences that are read
 * @param targetVocabulary tokens of those that are written
 * @param places most places of either
 * @param layers blocks of the encoder, and of the decoder
 * @param blocks what each is like
 * @param padding the token behind the end of shorter sequences
 */
public record Seq2SeqOptions(
    int sourceVocabulary,
    int targetVocabulary,
    int places,
    int layers,
    TransformerOptions blocks,
    int padding) {
  public Seq2SeqOptions {
    if (sourceVocabulary < 1 || targetVocabulary < 1 || places < 1 || layers < 1) {
      throw new KilnException(
          "Seq2SeqTransformer: vocabularies (%d, %d), places (%d) and layers (%d) must be positive"
              .formatted(sourceVocabulary, targetVocabulary, places, layers));
    }
    if (padding < 0 || padding >= Math.min(sourceVocabulary, targetVocabulary)) {
      throw new KilnException(
          "Seq2SeqTransformer: the padding must be a token of both vocabularies, but is "
              + padding);
    }
  }
}
