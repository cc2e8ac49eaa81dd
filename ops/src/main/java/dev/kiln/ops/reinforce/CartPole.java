package dev.kiln.ops.reinforce;

import dev.kiln.ops.checkpoint.StateReader;
import dev.kiln.ops.checkpoint.StateWriter;
import dev.kiln.ops.data.Seed;
import dev.kiln.runtime.KilnException;
import java.util.SplittableRandom;

/**
 * A pole on a cart that is pushed to the left (action 0) or right (1) and shall not fall (Barto,
 * Sutton, Anderson, "Neuronlike adaptive elements that can solve difficult learning control
 * problems", 1983), with the usual numbers: steps of 0.02 s by Euler's method, a force of 10 N. An
 * episode is lost at 2.4 m from the middle or 12 degrees from upright; each step gives 1.
 *
 * <p>Observed are position (m), velocity (m/s), angle (rad) and angular velocity (rad/s); each
 * starts even within 0.05 of 0.
 */
public final class CartPole implements Environment {
  private static final double GRAVITY = 9.8;
  private static final double CART = 1;
  private static final double POLE = 0.1;
  private static final double HALF_LENGTH = 0.5;
  private static final double FORCE = 10;
  private static final double SECONDS = 0.02;
  private static final double FARTHEST = 2.4;
  private static final double STEEPEST = 12 * Math.PI / 180;
  private static final double START = 0.05;

  private final int longest;
  private double[] state = new double[4];
  private int steps;
  private boolean over = true;

  /**
   * @param longest steps of an episode, at which it ends without being lost
   */
  public CartPole(int longest) {
    if (longest < 1) {
      throw new KilnException("CartPole: an episode needs at least 1 step, not " + longest);
    }
    this.longest = longest;
  }

  @Override
  public int observationSize() {
    return state.length;
  }

  @Override
  public int actions() {
    return 2;
  }

  @Override
  public float[] start(long seed) {
    SplittableRandom random = new Seed(seed).random();
    for (int i = 0; i < state.length; i++) {
      state[i] = random.nextDouble(-START, START);
    }
    steps = 0;
    over = false;
    return observation();
  }

  @Override
  public float[] observation() {
    float[] seen = new float[state.length];
    for (int i = 0; i < seen.length; i++) {
      seen[i] = (float) state[i];
    }
    return seen;
  }

  @Override
  public Outcome act(int action) {
    if (action < 0 || action > 1) {
      throw new KilnException("CartPole: an action is 0 or 1, not " + action);
    }
    if (over) {
      throw new KilnException("CartPole: the episode is over; start another");
    }
    push(action == 1 ? FORCE : -FORCE);
    steps++;
    boolean isLost = Math.abs(state[0]) > FARTHEST || Math.abs(state[2]) > STEEPEST;
    over = isLost || steps >= longest;
    return new Outcome(observation(), 1, isLost, over);
  }

  private void push(double force) {
    double angle = state[2];
    double turning = state[3];
    double cos = StrictMath.cos(angle);
    double sin = StrictMath.sin(angle);
    double mass = CART + POLE;
    double moment = POLE * HALF_LENGTH;
    double pushed = (force + moment * turning * turning * sin) / mass;
    double turned =
        (GRAVITY * sin - cos * pushed) / (HALF_LENGTH * (4.0 / 3 - POLE * cos * cos / mass));
    double moved = pushed - moment * turned * cos / mass;
    state[0] += SECONDS * state[1];
    state[1] += SECONDS * moved;
    state[2] += SECONDS * turning;
    state[3] += SECONDS * turned;
  }

  @Override
  public void save(StateWriter out) {
    out.value("state", state.clone());
    out.value("steps", steps);
    out.value("over", over);
  }

  @Override
  public void load(StateReader in) {
    state = in.value("state", double[].class);
    steps = in.value("steps", Integer.class);
    over = in.value("over", Boolean.class);
  }
}
