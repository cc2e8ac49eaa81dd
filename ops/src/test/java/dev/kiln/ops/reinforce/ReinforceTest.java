package dev.kiln.ops.reinforce;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KilnException;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ReinforceTest {
  @Test
  void aRewardOf100AfterThreeStepsIsWorth72Point9() {
    assertThat(Returns.discounted(new double[] {0, 0, 0, 100}, 0.9)).isCloseTo(72.9, within(1e-12));
    assertThat(Returns.discounted(new double[] {1, 2, 4}, 0.5)).isEqualTo(3);
    assertThat(Returns.discounted(new double[0], 0.9)).isZero();
  }

  @Test
  void targetsAreTheRewardAndTheBestThatFollows() {
    try (var context = new Context(Devices.cpu(), 1)) {
      Tensor rewards = context.of(new float[] {1, 2, 3}, 3);
      Tensor next = context.of(new float[] {4, 5, -2, -3, Float.NaN, 1}, 3, 2);
      Tensor terminal = context.of(new float[] {0, 0, 1}, 3);
      assertThat(Returns.targets(rewards, next, terminal, 0.5).toFloats())
          .containsExactly(3.5f, 1, 3);
      assertThatThrownBy(() -> Returns.targets(next, next, terminal, 0.5))
          .isInstanceOf(KilnException.class)
          .hasMessageContaining("targets: rewards and terminal must be vectors with a row of next");
      assertThatThrownBy(() -> Returns.targets(rewards, next, terminal, 1.5))
          .hasMessage("a discount must be 0 to 1, but is 1.5");
    }
  }

  @Test
  void epsilonGoesDownEvenlyToItsLast() {
    DqnOptions options = DqnOptions.DEFAULT;
    assertThat(options.replay()).isEqualTo(10_000);
    assertThat(options.epsilon(0)).isEqualTo(1);
    assertThat(options.epsilon(1_000)).isCloseTo(0.525, within(1e-12));
    assertThat(options.epsilon(2_000)).isCloseTo(0.05, within(1e-12));
    assertThat(options.epsilon(1_000_000)).isEqualTo(options.epsilon(2_000));
  }

  @Test
  void theReplayForgetsTheOldestFirst() {
    try (var context = new Context(Devices.cpu(), 1);
        var replay = new ReplayBuffer(context, 3, 1)) {
      for (int i = 0; i < 5; i++) {
        float[] next = {i + 1};
        replay.add(new float[] {i}, i % 2, new Environment.Outcome(next, 10 * i, i == 4, i == 4));
      }
      assertThat(replay.size()).isEqualTo(3);
      try (Scope ignored = context.scope()) {
        ReplayBuffer.Steps steps = replay.sample(64, new SplittableRandom(3));
        float[] observations = steps.observations().toFloats();
        assertThat(observations).containsOnly(2, 3, 4).contains(2, 3, 4);
        for (int i = 0; i < observations.length; i++) {
          float seen = observations[i];
          assertThat(steps.actions().toLongs()[i]).isEqualTo((long) seen % 2);
          assertThat(steps.rewards().toFloats()[i]).isEqualTo(10 * seen);
          assertThat(steps.next().toFloats()[i]).isEqualTo(seen + 1);
          assertThat(steps.terminal().toFloats()[i]).isEqualTo(seen == 4 ? 1 : 0);
        }
      }
      assertThatThrownBy(
              () ->
                  replay.add(
                      new float[2], 0, new Environment.Outcome(new float[1], 0, false, false)))
          .hasMessage("ReplayBuffer: observations must have 1 numbers, but have 2 and 1");
    }
  }

  @Test
  void nothingIsDrawnFromAnEmptyReplay() {
    try (var context = new Context(Devices.cpu(), 1);
        var replay = new ReplayBuffer(context, 3, 1)) {
      assertThatThrownBy(() -> replay.sample(1, new SplittableRandom(3)))
          .hasMessage("ReplayBuffer: there is nothing to draw from yet");
    }
  }

  @Test
  void aPoleThatIsAlwaysPushedOneWayFalls() {
    var world = new CartPole(200);
    float[] first = world.start(5);
    assertThat(world.start(5)).isEqualTo(first);
    assertThat(world.start(6)).isNotEqualTo(first);
    world.start(5);
    int steps = 0;
    Environment.Outcome outcome;
    do {
      outcome = world.act(1);
      steps++;
      assertThat(outcome.reward()).isEqualTo(1);
    } while (!outcome.isOver());
    assertThat(outcome.isTerminal()).isTrue();
    // Pushed to the right, the pole falls to the left.
    assertThat(outcome.observation()[2]).isLessThan(-0.2f);
    assertThat(steps).isBetween(7, 12);
    assertThatThrownBy(() -> world.act(1))
        .hasMessage("CartPole: the episode is over; start another");
    assertThatThrownBy(() -> world.act(2)).hasMessage("CartPole: an action is 0 or 1, not 2");
  }

  @Test
  void anEpisodeWhoseTimeIsUpIsOverButNotTerminal() {
    var world = new CartPole(2);
    world.start(5);
    assertThat(world.act(0).isOver()).isFalse();
    Environment.Outcome last = world.act(1);
    assertThat(last.isOver()).isTrue();
    assertThat(last.isTerminal()).isFalse();
  }

  @Test
  void optionsThatDoNotFitAreRefused() {
    assertThatThrownBy(() -> DqnOptions.DEFAULT.withLearning(0, 1, 1))
        .isInstanceOf(KilnException.class)
        .hasMessageContaining("DQN: replay (10000), batch (0), learnAfter (1), learnEvery (1)");
    assertThatThrownBy(() -> new DqnOptions(0.9, 1, 1, 1, 1, 0.1, 0.2, 1, 0.1, 1, 1))
        .hasMessageContaining("DQN: epsilon must go down within 0 to 1, not from 0.1 to 0.2");
    assertThatThrownBy(() -> new DqnOptions(0.9, 1, 1, 1, 1, 0.2, 0.1, 1, 0, 1, 1))
        .hasMessage("DQN: tau must be above 0 and at most 1, but is 0.0");
  }
}
