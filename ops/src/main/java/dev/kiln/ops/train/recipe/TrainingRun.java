package dev.kiln.ops.train.recipe;

import dev.kiln.ops.data.Prefetcher;
import dev.kiln.ops.nn.Module;
import dev.kiln.ops.optim.MixedPrecision;
import dev.kiln.ops.optim.Optimizer;
import dev.kiln.ops.optim.WeightAverage;
import dev.kiln.ops.schedule.LearningRateScheduler;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.train.SpikeGuard;
import dev.kiln.ops.train.Supervised;
import dev.kiln.ops.train.SupervisedOptions;
import java.time.Duration;

/**
 * A recipe with its optimizer, schedule and precision. Closes the recipe.
 *
 * @param <B> a batch in host memory
 */
public final class TrainingRun<B> implements AutoCloseable {
  /** Batches that are made while others are in work. */
  private static final int AHEAD = 4;

  /** Until the JIT has compiled what takes time. */
  public static final Duration WARM_UP = Duration.ofSeconds(5);

  private static final int GUARD_WINDOW = 50;
  private static final double GUARD_DEVIATIONS = 8;
  private static final int GUARD_IN_A_ROW = 10;

  private final Recipe<B> recipe;
  private final RunSettings settings;
  private final Optimizer optimizer;
  private final Supervised<B> workload;

  public TrainingRun(Recipe<B> recipe, RunSettings settings) {
    this.recipe = recipe;
    this.settings = settings;
    Module model = recipe.task().model();
    Context context = model.context();
    if (settings.precision().weights() != null) {
      model.to(settings.precision().weights());
    }
    OptimizerKind kind = settings.optimizer();
    optimizer =
        new Optimizer(
                context,
                kind.rule(settings.weightDecay(), settings.beta2()),
                kind.groups(model.parameters(), settings.weightDecay()))
            .clip(settings.clipping());
    workload =
        new Supervised<>(
                recipe.task(),
                new Prefetcher<>(recipe.plan(), AHEAD),
                optimizer,
                new LearningRateScheduler(
                    settings.plannedSchedule(), LearningRateScheduler.Per.STEP),
                SupervisedOptions.DEFAULT
                    .withAccumulation(settings.accumulation())
                    .withLayerNormsEvery(settings.layerNormsEvery()))
            .withPrecision(new MixedPrecision(context, settings.precision()))
            .withValidator(recipe.validator());
    if (settings.average() > 0) {
      workload.withAverage(new WeightAverage(context, optimizer, settings.average(), true));
    }
    if (settings.guard()) {
      workload.withGuard(new SpikeGuard(GUARD_WINDOW, GUARD_DEVIATIONS, GUARD_IN_A_ROW));
    }
  }

  /** Seconds that a batch takes, forward and backward, once kernels are warm. */
  public static double secondsOfBatch(Recipe<?> recipe, RunSettings settings) {
    var run = new TrainingRun<>(recipe, settings);
    try {
      run.workload.warmUp(WARM_UP);
      return run.workload.batchSeconds();
    } finally {
      run.release();
    }
  }

  public Recipe<B> recipe() {
    return recipe;
  }

  public RunSettings settings() {
    return settings;
  }

  public Optimizer optimizer() {
    return optimizer;
  }

  /** What a {@link dev.kiln.ops.train.Trainer} drives. */
  public Supervised<B> workload() {
    return workload;
  }

  @Override
  public void close() {
    release();
    recipe.close();
  }

  private void release() {
    workload.close();
    optimizer.close();
  }
}
