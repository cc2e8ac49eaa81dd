package dev.kiln.ops.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.runtime.Devices;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NonFiniteSearchTest {
  private final Context context = new Context(Devices.cpu(), 1);
  private final NonFiniteSearch search = new NonFiniteSearch();
  private final Mode listening = context.listen(search);

  @AfterEach
  void close() {
    listening.close();
    context.close();
  }

  @Test
  void firstResultIsNamedWithWhatItCameFrom() {
    Tensor w = context.of(new float[] {1, 100}).named("weight").requireGrad();
    w.mul(2).exp().add(1).sum().backward();
    assertThat(search.first()).isPresent();
    assertThat(search.first().get().operation()).isEqualTo("exp");
    assertThat(search.first().get().isGradient()).isFalse();
    assertThat(search.first().get().message())
        .isEqualTo(
            "the result of exp is the first with a number that is not finite: exp fp32[2], made of"
                + " mul fp32[2], finite");
  }

  @Test
  void firstGradientIsNamedWithItsParameter() {
    Tensor w = context.of(new float[] {1, 0}).named("weight").requireGrad();
    w.sqrt().sum().backward();
    assertThat(search.first().orElseThrow().message())
        .isEqualTo(
            "the backward pass of sqrt is the first with a number that is not finite: the gradient"
                + " fp32[2] of its input 0, weight fp32[2]");
  }

  @Test
  void nothingIsFoundWhereAllIsFinite() {
    Tensor w = context.of(new float[] {1, 2}).requireGrad();
    w.sqrt().sum().backward();
    assertThat(search.first()).isEmpty();
  }
}
