package dev.kiln.ops.reinforce;

import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.Arrays;

/** What rewards are worth. */
public final class Returns {
  private Returns() {}

  /**
   * The return of rewards that come one after the other: {@code r_0 + g r_1 + g^2 r_2 + ...}.
   *
   * @param discount {@code g}, 0 to 1
   */
  public static double discounted(double[] rewards, double discount) {
    requireDiscount(discount);
    double sum = 0;
    for (int i = rewards.length - 1; i >= 0; i--) {
      sum = rewards[i] + discount * sum;
    }
    return sum;
  }

  /**
   * What the values of actions shall become, {@code Q = R + g max Q'}; of a terminal one {@code R}
   * (Watkins, "Learning from Delayed Rewards", 1989).
   *
   * @param rewards {@code count}
   * @param next {@code count x actions}, values of the actions after each
   * @param terminal {@code count}: 1 where there is no after, else 0
   * @return {@code count}
   */
  public static Tensor targets(Tensor rewards, Tensor next, Tensor terminal, double discount) {
    requireDiscount(discount);
    if (next.rank() != 2
        || !Arrays.equals(rewards.shape(), new long[] {next.dim(0)})
        || !Arrays.equals(terminal.shape(), rewards.shape())) {
      throw new KilnException(
          "targets: rewards and terminal must be vectors with a row of next each, but are %s, %s, %s"
              .formatted(rewards, terminal, next));
    }
    // By choice and not by a product: a value that is not finite must not reach a terminal one.
    return rewards
        .context()
        .frame(() -> terminal.gt(0).where(rewards, next.amax(1).mul(discount).add(rewards)));
  }

  static void requireDiscount(double discount) {
    if (!(discount >= 0 && discount <= 1)) {
      throw new KilnException("a discount must be 0 to 1, but is " + discount);
    }
  }
}
