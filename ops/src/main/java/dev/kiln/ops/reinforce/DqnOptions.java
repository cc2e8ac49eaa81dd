package dev.kiln.ops.reinforce;

import dev.kiln.runtime.KilnException;

/**
 * How {@link DeepQLearning} learns.
 *
 * @param discount of rewards that come later, 0 to 1
 * @param replay most steps that are remembered
 * @param batch steps that are learned from at once
 * @param learnAfter steps in the environment before the first that is learned from
 * @param learnEvery steps in the environment for each of the optimizer
 * @param firstEpsilon part of random actions at the start
 * @param lastEpsilon part of random actions at the end
 * @param exploration steps in the environment over which the one becomes the other, evenly
 * @param tau how far the target network moves to the other at each step, 0 to 1
 * @param episodes of a validation
 * @param seed of actions, episodes and draws
 */
public record DqnOptions(
    double discount,
    int replay,
    int batch,
    int learnAfter,
    int learnEvery,
    double firstEpsilon,
    double lastEpsilon,
    int exploration,
    double tau,
    int episodes,
    long seed) {
  /** A replay of 10,000 and a last epsilon of 0.05. */
  public static final DqnOptions DEFAULT =
      new DqnOptions(0.99, 10_000, 64, 500, 1, 1, 0.05, 2_000, 0.01, 10, 1);

  public DqnOptions {
    Returns.requireDiscount(discount);
    if (replay < 1 || batch < 1 || learnAfter < 1 || learnEvery < 1 || episodes < 1) {
      throw new KilnException(
          "DQN: replay (%d), batch (%d), learnAfter (%d), learnEvery (%d) and episodes (%d) must"
                  .formatted(replay, batch, learnAfter, learnEvery, episodes)
              + " be positive");
    }
    if (!(lastEpsilon >= 0 && lastEpsilon <= firstEpsilon && firstEpsilon <= 1)
        || exploration < 0) {
      throw new KilnException(
          "DQN: epsilon must go down within 0 to 1, not from %s to %s in %d steps"
              .formatted(firstEpsilon, lastEpsilon, exploration));
    }
    if (!(tau > 0 && tau <= 1)) {
      throw new KilnException("DQN: tau must be above 0 and at most 1, but is " + tau);
    }
  }

  public DqnOptions withSeed(long newSeed) {
    return new DqnOptions(
        discount,
        replay,
        batch,
        learnAfter,
        learnEvery,
        firstEpsilon,
        lastEpsilon,
        exploration,
        tau,
        episodes,
        newSeed);
  }

  /** Begins to learn earlier or later, more or less often, from more or fewer steps at once. */
  public DqnOptions withLearning(int newBatch, int newAfter, int newEvery) {
    return new DqnOptions(
        discount,
        replay,
        newBatch,
        newAfter,
        newEvery,
        firstEpsilon,
        lastEpsilon,
        exploration,
        tau,
        episodes,
        seed);
  }

  /** Part of random actions at a step in the environment, from 0. */
  public double epsilon(long step) {
    double part = step >= exploration ? 1 : (double) step / exploration;
    return firstEpsilon + (lastEpsilon - firstEpsilon) * part;
  }
}
