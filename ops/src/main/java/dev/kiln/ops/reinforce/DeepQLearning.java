package dev.kiln.ops.reinforce;

import dev.kiln.kernels.loss.Reduction;
import dev.kiln.ops.checkpoint.StateReader;
import dev.kiln.ops.checkpoint.StateWriter;
import dev.kiln.ops.data.Seed;
import dev.kiln.ops.function.Losses;
import dev.kiln.ops.nn.Layer;
import dev.kiln.ops.nn.Module;
import dev.kiln.ops.optim.Optimizer;
import dev.kiln.ops.optim.SoftUpdate;
import dev.kiln.ops.schedule.LearningRateScheduler;
import dev.kiln.ops.schedule.ScheduleState;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.ops.train.StepReport;
import dev.kiln.ops.train.Validation;
import dev.kiln.ops.train.Workload;
import dev.kiln.runtime.KilnException;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/**
 * Deep Q-learning (Mnih et al., "Human-level control through deep reinforcement learning", 2015): a
 * network tells the value of each action, {@code Q = R + g max Q'}, learned with Huber's loss from
 * a replay of past steps; {@code Q'} is of a target network that follows slowly, {@code w = tau
 * w_new + (1 - tau) w}. The agent takes the best action, or with probability epsilon any.
 *
 * <p>Each {@link #advance} is a step in the environment. What is random follows from the seed and
 * the number of the step, so that a saved state goes on with the same actions and losses, bit for
 * bit, in the middle of an episode too.
 */
public final class DeepQLearning implements Workload {
  private final Context context;
  private final Environment environment;
  private final Environment tests;
  private final Layer network;
  private final Layer target;
  private final Optimizer optimizer;
  private final LearningRateScheduler scheduler;
  private final DqnOptions options;
  private final ReplayBuffer replay;
  private final SoftUpdate follow;
  private final Seed seed;

  private long acted;
  private long step;
  private long episode;
  private boolean isOver = true;
  private double rewards;
  private double lastReturn = Double.NaN;

  /**
   * @param environment to learn in
   * @param tests one like it, for validations
   * @param network from {@code N x observation} to {@code N x actions}
   * @param target one like it; its weights are overwritten; closed with this
   * @param optimizer of the network
   */
  public DeepQLearning(
      Environment environment,
      Environment tests,
      Layer network,
      Layer target,
      Optimizer optimizer,
      LearningRateScheduler scheduler,
      DqnOptions options) {
    this.context = network.context();
    this.environment = environment;
    this.tests = tests;
    this.network = network;
    this.target = target;
    this.optimizer = optimizer;
    this.scheduler = scheduler;
    this.options = options;
    seed = new Seed(options.seed());
    replay = new ReplayBuffer(context, options.replay(), environment.observationSize());
    target.load(network.state());
    target.freeze();
    follow = new SoftUpdate(context, target.state(), network.state());
    optimizer.afterStep(scheduler::optimizerStepped);
  }

  @Override
  public Module model() {
    return network;
  }

  /** Steps of the optimizer. */
  @Override
  public long step() {
    return step;
  }

  /** Steps in the environment. */
  public long acted() {
    return acted;
  }

  /** Episodes begun. */
  @Override
  public double epoch() {
    return episode;
  }

  // Steps

  @Override
  public Optional<StepReport> advance() {
    long start = System.nanoTime();
    if (isOver) {
      environment.start(seed.derive("episode").derive(episode++).value());
      isOver = false;
      rewards = 0;
    }
    float[] before = environment.observation();
    int action = action(before);
    Environment.Outcome outcome = environment.act(action);
    replay.add(before, action, outcome);
    acted++;
    rewards += outcome.reward();
    if (outcome.isOver()) {
      isOver = true;
      lastReturn = rewards;
    }
    boolean learns = acted >= options.learnAfter() && acted % options.learnEvery() == 0;
    return learns ? Optional.of(learn(start)) : Optional.empty();
  }

  private int action(float[] observation) {
    SplittableRandom random = seed.derive("action").derive(acted).random();
    return random.nextDouble() < options.epsilon(acted)
        ? random.nextInt(environment.actions())
        : best(observation);
  }

  /** The action of the highest value; the first of equal ones. */
  public int best(float[] observation) {
    float[] values;
    try (Mode _ = context.noGrad();
        Scope _ = context.scope()) {
      values = network.apply(context.of(observation, 1, observation.length)).toFloats();
    }
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      best = values[i] > values[best] ? i : best;
    }
    return best;
  }

  private StepReport learn(long start) {
    double loss;
    try (Scope _ = context.scope()) {
      SplittableRandom random = seed.derive("replay").derive(step).random();
      Tensor error = loss(replay.sample(options.batch(), random));
      loss = error.item();
      if (!Double.isFinite(loss)) {
        throw new KilnException(
            "step %d: the loss is %s; a lower learning rate or a bounded gradient may help"
                .formatted(step + 1, loss));
      }
      error.backward();
    }
    double rate = scheduler.rate();
    optimizer.step(rate);
    double norm = optimizer.gradientNorm();
    optimizer.zeroGrad();
    scheduler.step();
    follow.run(options.tau());
    step++;
    double seconds = (System.nanoTime() - start) * 1e-9;
    double epsilon = options.epsilon(acted);
    return new StepReport(
        step,
        epoch(),
        loss,
        rate,
        norm,
        1,
        false,
        options.batch(),
        seconds,
        Map.of(),
        Double.isNaN(lastReturn)
            ? Map.of("epsilon", epsilon)
            : Map.of("epsilon", epsilon, "return", lastReturn));
  }

  /** Huber's loss of the values of the actions that were taken. */
  private Tensor loss(ReplayBuffer.Steps steps) {
    Tensor wanted;
    try (Mode _ = context.noGrad()) {
      wanted =
          Returns.targets(
              steps.rewards(), target.apply(steps.next()), steps.terminal(), options.discount());
    }
    Tensor values = network.apply(steps.observations()).gather(1, steps.actions()).squeeze(1);
    return Losses.huber(values, wanted, 1, Reduction.MEAN);
  }

  /**
   * Plays episodes without random actions, always the same ones. The loss is minus the mean return,
   * for what looks for small losses; {@code return} is the mean return.
   */
  @Override
  public Optional<Validation> validate() {
    double sum = 0;
    for (int i = 0; i < options.episodes(); i++) {
      float[] seen = tests.start(seed.derive("test").derive(i).value());
      boolean goesOn = true;
      while (goesOn) {
        Environment.Outcome outcome = tests.act(best(seen));
        sum += outcome.reward();
        seen = outcome.observation();
        goesOn = !outcome.isOver();
      }
    }
    double mean = sum / options.episodes();
    return Optional.of(Validation.of(step, -mean, Map.of("return", mean)));
  }

  // State

  @Override
  public void save(StateWriter out) {
    StateWriter model = out.in("model");
    network.state().forEach((name, tensor) -> model.array(name, tensor.array()));
    StateWriter behind = out.in("target");
    target.state().forEach((name, tensor) -> behind.array(name, tensor.array()));
    optimizer.save(out.in("optimizer"));
    replay.save(out.in("replay"));
    environment.save(out.in("environment"));
    out.value("schedule", scheduler.state());
    out.value("options", options.toString());
    out.value("acted", acted);
    out.value("step", step);
    out.value("episode", episode);
    out.value("isOver", isOver);
    out.value("rewards", rewards);
    out.value("lastReturn", Double.toString(lastReturn));
  }

  @Override
  public void load(StateReader in) {
    String before = in.value("options", String.class);
    if (!before.equals(options.toString())) {
      throw new KilnException(
          "the run was made with other options: %s; now %s".formatted(before, options));
    }
    StateReader model = in.in("model");
    network.state().forEach((name, tensor) -> model.array(name, tensor.changedInPlace().array()));
    StateReader behind = in.in("target");
    target.state().forEach((name, tensor) -> behind.array(name, tensor.changedInPlace().array()));
    optimizer.load(in.in("optimizer"));
    replay.load(in.in("replay"));
    environment.load(in.in("environment"));
    scheduler.restore(in.value("schedule", ScheduleState.class));
    acted = in.value("acted", Long.class);
    step = in.value("step", Long.class);
    episode = in.value("episode", Long.class);
    isOver = in.value("isOver", Boolean.class);
    rewards = in.value("rewards", Double.class);
    lastReturn = Double.parseDouble(in.value("lastReturn", String.class));
  }

  /** Frees the replay and the target network; network and optimizer stay. */
  @Override
  public void close() {
    follow.close();
    replay.close();
    target.close();
  }
}
