package dev.kiln.ops.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.Devices;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class BackwardTest {
  private final Context context = new Context(Devices.cpu(), 1);

  @AfterEach
  void close() {
    context.close();
    assertThat(context.memory().storages()).isZero();
  }

  @Test
  void gradientsOfSumsAddUp() {
    Tensor x = context.of(new float[] {1, 2, 3}).requireGrad();
    try (Scope _ = context.scope()) {
      x.sum().backward();
      assertThat(x.grad().toFloats()).containsExactly(1, 1, 1);
      x.add(x).sum().backward();
      assertThat(x.grad().toFloats()).containsExactly(3, 3, 3);
    }
    assertThat(context.memory().storages()).isEqualTo(2);
  }

  @Test
  void gradientOfSquareUsesTheInputTwice() {
    Tensor x = context.of(new float[] {0, 1, 2, 3}).requireGrad();
    try (Scope _ = context.scope()) {
      Tensor y = x.mul(x).add(x.mul(x)).sum();
      assertThat(y.item()).isEqualTo(28);
      y.backward();
    }
    assertThat(x.grad().toFloats()).containsExactly(0, 4, 8, 12);
  }
}
