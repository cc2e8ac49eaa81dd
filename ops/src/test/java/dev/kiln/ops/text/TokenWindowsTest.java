package dev.kiln.ops.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.kiln.ops.data.BatchLoader;
import dev.kiln.ops.data.Prefetcher;
import dev.kiln.ops.data.Sampler;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TokenWindowsTest {
  private static final TokenSource SOURCE = TokenSource.of(Sampler.ascending(0, 50), 50);

  @Test
  void targetsFollowTheirInputs() {
    TokenBatch batch = TokenWindows.random(SOURCE, 4, 6, 1).batch(3, 1);
    assertThat(batch.inputs()).hasSize(24);
    for (int i = 0; i < 24; i++) {
      assertThat(batch.targets()[i]).isEqualTo(batch.inputs()[i] + 1);
    }
  }

  @Test
  void randomWindowsReachBothEnds() {
    var windows = TokenWindows.random(SOURCE, 8, 6, 1);
    var seen = new TreeSet<Integer>();
    for (int epoch = 0; epoch < 100; epoch++) {
      for (TokenBatch batch : windows.epoch(epoch)) {
        for (int row = 0; row < 8; row++) {
          seen.add(batch.tokens()[row * 7]);
        }
      }
    }
    assertThat(seen).containsExactlyElementsOf(IntStream.rangeClosed(0, 43).boxed().toList());
  }

  @Test
  void shuffledWindowsComeOnceInAnEpoch() {
    var windows = TokenWindows.shuffled(SOURCE, 2, 6, 9);
    assertThat(windows.batches(0)).isEqualTo(4);
    for (int epoch = 0; epoch < 3; epoch++) {
      var starts = new ArrayList<Integer>();
      windows.epoch(epoch).forEach(b -> starts.addAll(List.of(b.tokens()[0], b.tokens()[7])));
      assertThat(starts).containsExactlyInAnyOrder(0, 6, 12, 18, 24, 30, 36, 42);
    }
    assertThat(windows.batch(0, 0).tokens()).isNotEqualTo(windows.batch(1, 0).tokens());
  }

  @Test
  void windowsInOrderTellEachTokenOnce() {
    var windows = TokenWindows.inOrder(SOURCE, 3, 6);
    int[] told = windows.epoch(0).stream().flatMapToInt(b -> Arrays.stream(b.targets())).toArray();
    assertThat(told).isEqualTo(Sampler.ascending(1, 49));
    assertThat(windows.batch(0, 2).batch()).isEqualTo(2);
  }

  @Test
  void batchesAreFunctionsOfSeedAndPlace() {
    var windows = TokenWindows.random(SOURCE, 4, 6, 7);
    int[] late = windows.batch(9, 0).tokens();
    windows.batch(0, 1);
    assertThat(windows.batch(9, 0).tokens()).isEqualTo(late);
    assertThat(TokenWindows.random(SOURCE, 4, 6, 7).batch(9, 0).tokens()).isEqualTo(late);
    assertThat(TokenWindows.random(SOURCE, 4, 6, 8).batch(9, 0).tokens()).isNotEqualTo(late);
    try (var plain = new BatchLoader<>(windows);
        var ahead = new Prefetcher<>(windows, 2)) {
      for (int i = 0; i < 6; i++) {
        assertThat(ahead.next().tokens()).isEqualTo(plain.next().tokens());
      }
    }
  }

  @Test
  void fingerprintsTellTextsApart() {
    int[] changed = Sampler.ascending(0, 50);
    changed[49] = 1;
    String print = TokenWindows.random(SOURCE, 4, 6, 7).fingerprint();
    assertThat(TokenWindows.random(SOURCE, 4, 6, 7).fingerprint()).isEqualTo(print);
    assertThat(TokenWindows.random(TokenSource.of(changed, 50), 4, 6, 7).fingerprint())
        .isNotEqualTo(print);
    assertThat(TokenWindows.shuffled(SOURCE, 4, 6, 7).fingerprint()).isNotEqualTo(print);
  }

  @Test
  void refusesTextThatIsTooShort() {
    assertThatThrownBy(() -> TokenWindows.random(SOURCE, 1, 50, 0))
        .hasMessageStartingWith("50 tokens are too few for a window of 50 and the token that");
    assertThatThrownBy(() -> TokenWindows.shuffled(SOURCE, 9, 6, 0))
        .hasMessage("8 windows of 6 tokens do not make batches of 9");
    assertThatThrownBy(() -> TokenWindows.random(SOURCE, 0, 6, 0))
        .hasMessageContaining("at least 1 window");
    assertThatThrownBy(() -> TokenWindows.random(SOURCE, 2, 6, 0).batch(0, 4))
        .hasMessage("epoch 0 has no batch 4, only 4");
  }
}
