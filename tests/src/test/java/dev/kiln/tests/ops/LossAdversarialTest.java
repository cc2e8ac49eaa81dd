package dev.kiln.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.function.AdversarialLosses;
import dev.kiln.ops.function.Products;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.Devices;
import dev.kiln.tests.ops.LossGradient.Input;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LossAdversarialTest {
  private final Context context = new Context(Devices.cpu(), 1);

  @AfterEach
  void close() {
    context.close();
  }

  @Test
  void gradientsAreTheNumericalOnes() {
    Input real = Input.normal(1, 2, 5);
    Input fake = Input.normal(2, 2, 4);
    LossGradient.check(in -> AdversarialLosses.discriminator(in[0], in[1]), real, fake);
    LossGradient.check(in -> AdversarialLosses.generator(in[0]), fake);
    LossGradient.check(in -> AdversarialLosses.minimaxGenerator(in[0]), fake);
    LossGradient.check(in -> AdversarialLosses.leastSquaresDiscriminator(in[0], in[1]), real, fake);
    LossGradient.check(in -> AdversarialLosses.leastSquaresGenerator(in[0]), fake);
    LossGradient.check(in -> AdversarialLosses.critic(in[0], in[1]), real, fake);
    LossGradient.check(in -> AdversarialLosses.wassersteinGenerator(in[0]), fake);
    LossGradient.check(in -> AdversarialLosses.hingeDiscriminator(in[0], in[1]), real, fake);
  }

  /** Two places, where real samples are at rates 3/4, 1/4 and generated ones at 1/4, 3/4. */
  private Tensor discriminator(Tensor logits) {
    Tensor real = context.of(DType.FP64, new double[] {1, 0, 1, 0, 1, 0, 0, 1}, 4, 2);
    Tensor fake = context.of(DType.FP64, new double[] {1, 0, 0, 1, 0, 1, 0, 1}, 4, 2);
    return AdversarialLosses.discriminator(
        Products.linear(real, logits, null), Products.linear(fake, logits, null));
  }

  @Test
  void theBestDiscriminatorIsTheShareOfRealSamples() {
    double log3 = Math.log(3);
    Tensor best = context.of(DType.FP64, new double[] {log3, -log3}, 1, 2).requireGrad();
    assertThat(best.sigmoid().toDoubles())
        .containsExactly(new double[] {0.75, 0.25}, Offset.offset(1e-12));
    Tensor loss = discriminator(best);
    loss.backward();
    assertThat(best.grad().toDoubles()).containsExactly(new double[2], Offset.offset(1e-15));
    // At the best, minus the loss is 2 JS - log 4.
    double js = 0.75 * Math.log(1.5) + 0.25 * Math.log(0.5);
    assertThat(loss.item()).isCloseTo(Math.log(4) - 2 * js, Offset.offset(1e-14));
  }

  @Test
  void whereNothingCanBeToldApartTheGameIsWorthMinusLog4() {
    Tensor half = context.zeros(DType.FP64, 3);
    assertThat(-AdversarialLosses.discriminator(half, half).item())
        .isCloseTo(-Math.log(4), Offset.offset(1e-15));
  }

  @Test
  void disjointDistributionsHaveADivergenceOfLog2() {
    Tensor sure = context.full(DType.FP64, 50, 3);
    double js = (Math.log(4) - AdversarialLosses.discriminator(sure, sure.neg()).item()) / 2;
    assertThat(js).isCloseTo(Math.log(2), Offset.offset(1e-14));
  }

  @Test
  void theMinimaxGradientVanishesWhereTheDiscriminatorIsSure() {
    Tensor fake = context.full(DType.FP64, -20, 1).requireGrad();
    AdversarialLosses.minimaxGenerator(fake).backward();
    assertThat(fake.grad().toDoubles()[0]).isCloseTo(0, Offset.offset(1e-8));
    fake.zeroGrad();
    AdversarialLosses.generator(fake).backward();
    assertThat(fake.grad().toDoubles()[0]).isCloseTo(-1, Offset.offset(1e-8));
  }

  @Test
  void theWassersteinDistanceFollowsTheDistance() {
    for (double distance : new double[] {0, 1, 5}) {
      Tensor real = context.of(DType.FP64, new double[] {0, 1, 2}, 3);
      // The best critic of slope 1 for samples that are shifted to the left.
      double seen = -AdversarialLosses.critic(real, real.sub(distance)).item();
      assertThat(seen).isCloseTo(distance, Offset.offset(1e-14));
    }
  }
}
