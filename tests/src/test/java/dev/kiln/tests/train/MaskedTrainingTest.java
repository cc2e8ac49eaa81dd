package dev.kiln.tests.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.ops.data.BatchPlan;
import dev.kiln.ops.data.Dataset;
import dev.kiln.ops.data.ExamplePlan;
import dev.kiln.ops.model.MaskedLanguageModel;
import dev.kiln.ops.model.MaskedLanguageOptions;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.text.SequenceBatch;
import dev.kiln.ops.text.SequencePair;
import dev.kiln.ops.text.TokenMasking;
import dev.kiln.ops.text.TokenSource;
import dev.kiln.ops.train.recipe.MaskedTask;
import dev.kiln.runtime.Devices;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** A masked model learns to tell hidden characters of real text. */
class MaskedTrainingTest {
  private static final long SEED = 1;
  private static final SourceText TEXT = SourceText.read();
  private static final int MASK = TEXT.tokenizer.vocabularySize();
  private static final int PADDING = MASK + 1;
  private static final int PLACES = 32;

  /** Pieces of 24 to 32 characters, so that there is something to pad, with some hidden. */
  private static BatchPlan<SequenceBatch.Pairs> batches(TokenSource source, int size) {
    int[] tokens = SourceText.tokens(source);
    var pieces = new ArrayList<SequencePair>();
    int length = PLACES;
    for (int at = 0; at + PLACES <= tokens.length; at += length) {
      length = PLACES - pieces.size() % 9;
      pieces.add(new SequencePair(Arrays.copyOfRange(tokens, at, at + length), new int[0]));
    }
    var masking =
        new TokenMasking(MASK, Set.of(MASK, PADDING), PADDING + 1, 0.15, MaskedTask.IGNORED);
    return ExamplePlan.of(
            Dataset.of(List.copyOf(pieces)),
            size,
            SequenceBatch.paddedPairs(PADDING, MaskedTask.IGNORED))
        .shuffled(SEED)
        .augmented(masking)
        .dropLast();
  }

  private static MaskedLanguageModel model(Context context, int layers, int width) {
    return new MaskedLanguageModel(
        context, MaskedLanguageOptions.of(PADDING + 1, PLACES, layers, 4, width));
  }

  @Test
  void someStepsOfASmallModelLowerTheLoss() {
    try (var context = new Context(Devices.cpu(), SEED);
        var model = model(context, 1, 16);
        var training =
            new SmallTraining<>(new MaskedTask(model), batches(TEXT.training, 8), 5e-3, 40)) {
      training.requireGradients().run();
      assertThat(training.last(10)).isLessThan(0.9 * training.first(10));
    }
  }
}
