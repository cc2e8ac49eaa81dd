package dev.kiln.tests.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.ops.model.Seq2SeqOptions;
import dev.kiln.ops.model.Seq2SeqTransformer;
import dev.kiln.ops.nn.sequence.TransformerOptions;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.text.SequenceBatch;
import dev.kiln.ops.train.recipe.TranslationTask;
import dev.kiln.runtime.Devices;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The Transformer turns strings of digits into others. */
class Seq2SeqTrainingTest {
  private static final long SEED = 1;

  /** 3 to 7 digits. */
  private static int[] digits(Random random) {
    return random.ints(3 + random.nextInt(5), 0, 10).toArray();
  }

  private static int[] reversed(int[] digits) {
    int[] tokens = new int[digits.length];
    Arrays.setAll(tokens, i -> DigitStrings.FIRST + digits[digits.length - 1 - i]);
    return tokens;
  }

  /** A number from 1 to 9,999, without zeros before. */
  private static int[] number(Random random) {
    int bound = (int) Math.pow(10, 1 + random.nextInt(4));
    return Integer.toString(1 + random.nextInt(bound - 1)).chars().map(c -> c - '0').toArray();
  }

  private static final List<String> NAMES =
      List.of(
          ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
                  + " fifteen sixteen seventeen eighteen nineteen twenty thirty forty fifty sixty"
                  + " seventy eighty ninety hundred thousand")
              .split(" "));

  private static int word(String name) {
    return DigitStrings.FIRST + NAMES.indexOf(name);
  }

  /** The English name of a number. */
  private static int[] named(int[] digits) {
    int value = Arrays.stream(digits).reduce(0, (a, b) -> 10 * a + b);
    var words = new ArrayList<Integer>();
    if (value >= 1000) {
      words.add(DigitStrings.FIRST + value / 1000);
      words.add(word("thousand"));
    }
    if (value / 100 % 10 > 0) {
      words.add(DigitStrings.FIRST + value / 100 % 10);
      words.add(word("hundred"));
    }
    int rest = value % 100;
    if (rest >= 20) {
      words.add(DigitStrings.FIRST + 18 + rest / 10);
      rest %= 10;
    }
    if (rest > 0) {
      words.add(DigitStrings.FIRST + rest);
    }
    return words.stream().mapToInt(Integer::intValue).toArray();
  }

  private static Seq2SeqTransformer model(Context context, int targets, int layers, int width) {
    TransformerOptions blocks = TransformerOptions.of(width, 4, 2L * width).normFirst(true);
    return new Seq2SeqTransformer(
        context,
        new Seq2SeqOptions(
            DigitStrings.VOCABULARY, targets, 12, layers, blocks, DigitStrings.PADDING));
  }

  /** Part of the held-out strings that are turned right. */
  private static double right(Seq2SeqTransformer model, DigitStrings strings) {
    int right = 0;
    for (int i = 0; i < strings.heldOut().size(); i++) {
      int[] written =
          model.translate(strings.heldOut().get(i), DigitStrings.BEGIN, DigitStrings.END, 11);
      right += Arrays.equals(written, strings.answers().get(i)) ? 1 : 0;
    }
    return (double) right / strings.heldOut().size();
  }

  /** Part of the held-out strings that are turned right after 600 steps; with seed 1. */
  private static double trained(DigitStrings strings, int targets) {
    try (var context = new Context(Devices.cpu(), SEED);
        var model = model(context, targets, 1, 48);
        var training =
            new SmallTraining<SequenceBatch.Pairs>(
                new TranslationTask(model), strings.batches(64, SEED), 3e-3, 600)) {
      training.run();
      return right(model, strings);
    }
  }

  /** All 100, with seed 1. */
  @Test
  @Tag("slow")
  void stringsThatItHasNotSeenAreReversed() {
    var strings =
        DigitStrings.of(4000, 100, Seq2SeqTrainingTest::digits, Seq2SeqTrainingTest::reversed);
    assertThat(trained(strings, DigitStrings.VOCABULARY)).isGreaterThan(0.9);
  }

  /** 99 of 100, with seed 1. */
  @Test
  @Tag("slow")
  void numbersThatItHasNotSeenAreNamed() {
    var strings =
        DigitStrings.of(4000, 100, Seq2SeqTrainingTest::number, Seq2SeqTrainingTest::named);
    assertThat(trained(strings, DigitStrings.FIRST + NAMES.size())).isGreaterThan(0.9);
  }

  @Test
  void someStepsOfASmallModelLowerTheLoss() {
    DigitStrings strings =
        DigitStrings.of(200, 1, Seq2SeqTrainingTest::digits, Seq2SeqTrainingTest::reversed);
    try (var context = new Context(Devices.cpu(), SEED);
        var model = model(context, DigitStrings.VOCABULARY, 1, 16);
        var training =
            new SmallTraining<SequenceBatch.Pairs>(
                new TranslationTask(model), strings.batches(16, SEED), 1e-2, 20)) {
      training.requireGradients().run();
      assertThat(training.last(5)).isLessThan(0.95 * training.first(5));
    }
  }
}
