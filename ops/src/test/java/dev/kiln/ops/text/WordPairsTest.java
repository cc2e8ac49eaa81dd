package dev.kiln.ops.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.ops.data.AliasTable;
import dev.kiln.ops.data.Seed;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class WordPairsTest {
  private static final WordVocabulary VOCABULARY =
      WordVocabulary.of(
          WordVocabulary.words("The cat; the dog! The mouse, a CAT's dog2 übel the"), 4, 1);

  /** Words 1 to 8, one of each. */
  private static final WordVocabulary EVEN =
      WordVocabulary.of(List.of("a", "b", "c", "d", "e", "f", "g", "h"), 8, 1);

  private static final int[] SENTENCE = {1, 2, 3, 4, 5, 6, 7, 8};

  private static WordPairs.Settings settings(int batch, long seed) {
    return new WordPairs.Settings(2, 3, batch, 0, seed);
  }

  @Test
  void keepsTheMostFrequentWordsInTheOrderOfTheirCounts() {
    assertThat(WordVocabulary.words("CAT's dog2 übel")).containsExactly("cat", "s", "dog2", "übel");
    assertThat(IntStream.range(0, 5).mapToObj(VOCABULARY::word))
        .containsExactly("<unk>", "the", "cat", "a", "dog");
    assertThat(VOCABULARY.count(1)).isEqualTo(4);
    assertThat(VOCABULARY.count(0)).isEqualTo(4);
    assertThat(VOCABULARY.encode(List.of("the", "bird", "dog"))).containsExactly(1, 0, 4);
    assertThatThrownBy(() -> VOCABULARY.word(5)).hasMessageContaining("0 to 4");
    assertThatThrownBy(() -> WordVocabulary.of(List.of("a"), 5, 2))
        .hasMessage("none of 1 different words occurs 2 times");
  }

  @Test
  void vocabulariesGoThroughJson() {
    WordVocabulary again = WordVocabulary.fromJson(VOCABULARY.toJson(), "v");
    assertThat(again.toJson()).isEqualTo(VOCABULARY.toJson());
    assertThat(again.number("dog")).isEqualTo(4);
    assertThatThrownBy(() -> WordVocabulary.fromJson("{}", "v"))
        .hasMessage("v: is no vocabulary of words");
  }

  @Test
  void frequentWordsAreThinnedOut() {
    // "the" is 4 of 12 words.
    assertThat(VOCABULARY.keepProbability(1, 1 / 12.0)).isEqualTo(0.5, within(1e-12));
    assertThat(VOCABULARY.keepProbability(4, 1 / 12.0)).isEqualTo(1);
    assertThat(VOCABULARY.keepProbability(1, 0)).isEqualTo(1);
  }

  @Test
  void negativesFollowTheCountToThePowerOfThreeQuarters() {
    AliasTable table = VOCABULARY.negatives();
    var random = new Seed(3).random();
    int[] counts = new int[5];
    int n = 100_000;
    for (int i = 0; i < n; i++) {
      counts[table.draw(random)]++;
    }
    double the = Math.pow(4, 0.75);
    double cat = Math.pow(2, 0.75);
    double share = the / (the + cat + 2);
    assertThat(counts[0]).isZero();
    assertThat(counts[1] / (double) n).isEqualTo(share, within(0.01));
  }

  @Test
  void skipGramsAreNeighboursWithinTheWindow() {
    var pairs = WordPairs.skipGram(List.of(SENTENCE), EVEN, settings(2, 5));
    boolean far = false;
    for (WordPairs.SkipGram batch : pairs.epoch(0)) {
      for (int i = 0; i < 2; i++) {
        int distance = Math.abs(batch.centers()[i] - batch.contexts()[i]);
        assertThat(distance).isBetween(1, 2);
        far |= distance == 2;
        for (int k = 0; k < 3; k++) {
          assertThat(batch.negatives()[i * 3 + k]).isNotZero().isNotEqualTo(batch.contexts()[i]);
        }
      }
    }
    assertThat(far).isTrue();
    // Each of the 14 neighbours at distance 1, some of the 12 at distance 2.
    assertThat(pairs.batches(0)).isBetween(7, 13);
  }

  @Test
  void cbowHasTheWordsAround() {
    var pairs = WordPairs.cbow(List.of(SENTENCE), EVEN, settings(4, 5));
    assertThat(pairs.batches(0)).isEqualTo(2);
    for (WordPairs.Cbow batch : pairs.epoch(3)) {
      for (int i = 0; i < 4; i++) {
        int center = batch.centers()[i];
        int length = batch.lengths()[i];
        assertThat(length).isBetween(1, 4);
        for (int k = 0; k < 4; k++) {
          int word = batch.contexts()[i * 4 + k];
          if (k < length) {
            assertThat(Math.abs(word - center)).isBetween(1, 2);
          } else {
            assertThat(word).isZero();
          }
        }
      }
    }
  }

  @Test
  void unknownWordsAndBordersOfSentencesAreLeftOut() {
    var pairs =
        WordPairs.skipGram(
            List.of(new int[] {1, 0, 2}, new int[] {5}, new int[] {}, new int[] {7, 8}),
            EVEN,
            settings(4, 1));
    WordPairs.SkipGram batch = pairs.batch(0, 0);
    var found = IntStream.range(0, 4).mapToObj(i -> batch.centers()[i] + "-" + batch.contexts()[i]);
    assertThat(found).containsExactlyInAnyOrder("1-2", "2-1", "7-8", "8-7");
  }

  @Test
  void batchesAreFunctionsOfSeedEpochAndPlace() {
    var sentences = Collections.nCopies(20, SENTENCE);
    var settings = new WordPairs.Settings(3, 2, 16, 0.05, 9);
    var pairs = WordPairs.skipGram(sentences, EVEN, settings);
    WordPairs.SkipGram late = pairs.batch(4, 2);
    pairs.batch(1, 0);
    assertThat(pairs.batch(4, 2)).usingRecursiveComparison().isEqualTo(late);
    assertThat(WordPairs.skipGram(sentences, EVEN, settings).batch(4, 2))
        .usingRecursiveComparison()
        .isEqualTo(late);
    assertThat(pairs.batch(5, 2).centers()).isNotEqualTo(late.centers());
  }

  @Test
  void refusesTooLittleText() {
    var pairs = WordPairs.skipGram(List.of(new int[] {1, 2}), EVEN, settings(3, 1));
    assertThatThrownBy(() -> pairs.batches(0))
        .hasMessage("epoch 0 has only 2 examples, fewer than a batch of 3");
    WordVocabulary single = WordVocabulary.of(List.of("a"), 1, 1);
    assertThatThrownBy(() -> WordPairs.cbow(List.of(), single, settings(1, 1)))
        .hasMessageContaining("at least two words");
    assertThatThrownBy(() -> new WordPairs.Settings(0, 1, 1, 0, 0))
        .hasMessageContaining("must be at least 1, not 0, 1 and 1");
  }
}
