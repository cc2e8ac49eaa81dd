package dev.kiln.ops.text;

import dev.kiln.ops.data.Augmentation;
import dev.kiln.runtime.KilnException;
import java.util.Arrays;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Hides tokens for a model that shall tell them from what is around (Devlin et al.: BERT, 2019). Of
 * the tokens that are chosen, 80 % become the mask, 10 % any other token, and 10 % stay. The pair's
 * target then has the chosen tokens, and elsewhere what the loss ignores. At least one token is
 * chosen where there is one to choose.
 *
 * @param mask token that hides others
 * @param special tokens that are neither chosen nor drawn, the mask among them
 * @param vocabularySize tokens are drawn from 0 to this, exclusive
 * @param part of the tokens that is chosen, such as 0.15
 * @param ignored stands in the target for tokens that were not chosen
 */
public record TokenMasking(
    int mask, Set<Integer> special, int vocabularySize, double part, int ignored)
    implements Augmentation<SequencePair> {
  private static final double MASKED = 0.8;
  private static final double REPLACED = 0.9;

  public TokenMasking {
    special = Set.copyOf(special);
    if (!(part > 0 && part <= 1)) {
      throw new KilnException("the part of tokens to hide must be above 0 and at most 1: " + part);
    }
    long ordinary = vocabularySize - special.stream().filter(t -> t < vocabularySize).count();
    if (!special.contains(mask) || ordinary < 1) {
      throw new KilnException(
          "the mask must be a special token, and %d tokens must have one that is not"
              .formatted(vocabularySize));
    }
  }

  /**
   * Hides tokens of the source.
   *
   * @param pair its target has no part in it
   */
  @Override
  public SequencePair apply(SequencePair pair, SplittableRandom random) {
    int[] tokens = pair.source().clone();
    int[] targets = new int[tokens.length];
    Arrays.fill(targets, ignored);
    int[] ordinary = ordinaryPlaces(tokens);
    int hidden = 0;
    for (int at : ordinary) {
      if (random.nextDouble() < part) {
        hide(tokens, targets, at, random);
        hidden++;
      }
    }
    if (hidden == 0 && ordinary.length > 0) {
      hide(tokens, targets, ordinary[random.nextInt(ordinary.length)], random);
    }
    return new SequencePair(tokens, targets);
  }

  private int[] ordinaryPlaces(int[] tokens) {
    int[] places = new int[tokens.length];
    int count = 0;
    for (int i = 0; i < tokens.length; i++) {
      if (!special.contains(tokens[i])) {
        places[count++] = i;
      }
    }
    return Arrays.copyOf(places, count);
  }

  private void hide(int[] tokens, int[] targets, int at, SplittableRandom random) {
    targets[at] = tokens[at];
    double fate = random.nextDouble();
    if (fate < MASKED) {
      tokens[at] = mask;
    } else if (fate < REPLACED) {
      int drawn;
      do {
        drawn = random.nextInt(vocabularySize);
      } while (special.contains(drawn));
      tokens[at] = drawn;
    }
  }
}
