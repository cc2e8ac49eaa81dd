package dev.kiln.ops.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class SeriesWindowsTest {
  @Test
  void windowsSeeHistoryAndTellWhatFollows() {
    // Feature 0 is the frame, feature 1 ten times the frame.
    float[] series = new float[20];
    for (int t = 0; t < 10; t++) {
      series[2 * t] = t;
      series[2 * t + 1] = 10 * t;
    }
    var windows = new SeriesWindows(series, 2, 3, 2, 2, 1);
    assertThat(windows.size()).isEqualTo(3);
    Sample last = windows.get(2);
    assertThat(last.shape()).containsExactly(3, 2);
    assertThat(last.values()).containsExactly(4, 40, 5, 50, 6, 60);
    assertThat(((Target.OfNumbers) last.target()).values()).containsExactly(70, 80);
    assertThatThrownBy(() -> windows.get(3)).hasMessage("there is no example 3 among 3");
  }

  @Test
  void asymmetricWindowsEqualAPlainLoop() {
    int frames = 9;
    float[] series = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    for (int length = 1; length <= 12; length++) {
      for (int current = 0; current < length; current++) {
        var window = new AsymmetricWindow(length, current);
        for (int t = 0; t < frames; t++) {
          float[] whole = new float[length];
          for (int i = 0; i < length; i++) {
            int at = t - current + i;
            whole[i] = at >= 0 && at < frames ? series[at] : 0;
          }
          float[] forward = AsymmetricWindow.gather(series, 1, window.forward(t, frames));
          float[] backward = AsymmetricWindow.gather(series, 1, window.backward(t, frames));
          assertThat(forward).hasSize(current + 1);
          assertThat(backward).hasSize(length - current);
          for (int i = 0; i <= current; i++) {
            assertThat(forward[i]).isEqualTo(whole[i]);
          }
          for (int i = 0; i < length - current; i++) {
            assertThat(backward[i]).isEqualTo(whole[length - 1 - i]);
          }
        }
      }
    }
  }

  @Test
  void refusesWindowsThatDoNotFit() {
    assertThatThrownBy(() -> new AsymmetricWindow(4, 4))
        .hasMessage("the current frame of a window of 4 must be from 0 to 3, not 4");
    assertThatThrownBy(() -> new AsymmetricWindow(4, 1).forward(5, 5))
        .hasMessage("a series of 5 frames has no frame 5");
    assertThatThrownBy(() -> new SeriesWindows(new float[4], 1, 3, 2, 1, 0))
        .hasMessage("a series of 4 frames is shorter than a window of 3 and 2");
    assertThatThrownBy(() -> new SeriesWindows(new float[5], 2, 1, 1, 1, 0))
        .hasMessageContaining("no series of 2 features");
  }
}
