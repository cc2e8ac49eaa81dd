package dev.kiln.ops.reinforce;

import dev.kiln.ops.checkpoint.Stateful;

/**
 * A world in which an agent acts, step by step, until an episode ends. What happens is decided by
 * the seed of the episode and the actions alone. Its state can be saved in the middle of an
 * episode.
 */
public interface Environment extends Stateful {
  /** How many numbers an observation has. */
  int observationSize();

  /** How many actions there are, from 0. */
  int actions();

  /**
   * Begins an episode.
   *
   * @param seed of all that is random in it
   * @return what is observed first
   */
  float[] start(long seed);

  /** What is observed now. */
  float[] observation();

  /**
   * Acts.
   *
   * @throws dev.kiln.runtime.KilnException if there is no such action, or the episode is over
   */
  Outcome act(int action);

  /**
   * What follows an action.
   *
   * @param observation after it
   * @param reward for it
   * @param isTerminal whether the episode ended in a state with no future: its value is the reward
   *     alone
   * @param isOver whether the episode ended, by that or because its time was up
   */
  record Outcome(float[] observation, double reward, boolean isTerminal, boolean isOver) {}
}
