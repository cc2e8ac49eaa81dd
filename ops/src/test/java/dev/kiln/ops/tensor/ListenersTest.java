package dev.kiln.ops.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ListenersTest {
  private final Listeners<String> listeners = new Listeners<>();

  @Test
  void whoCameTwiceGoesOnceForEachEnd() {
    Mode first = listeners.add("a");
    Mode second = listeners.add("a");
    first.close();
    first.close();
    assertThat(listeners.now()).containsExactly("a");
    second.close();
    assertThat(listeners.isEmpty()).isTrue();
  }

  @Test
  void othersMayComeWhileSomeAreTold() {
    listeners.add("a");
    for (String listener : listeners.now()) {
      listeners.add(listener + "b");
    }
    assertThat(listeners.now()).containsExactly("a", "ab");
  }
}
