package dev.kiln.tests.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.ops.data.BatchLoader;
import dev.kiln.ops.data.BatchPlan;
import dev.kiln.ops.nn.Module;
import dev.kiln.ops.optim.Clipping;
import dev.kiln.ops.optim.Optimizer;
import dev.kiln.ops.optim.UpdateRule;
import dev.kiln.ops.schedule.LearningRateScheduler;
import dev.kiln.ops.schedule.Schedules;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.ops.train.Callback;
import dev.kiln.ops.train.StepReport;
import dev.kiln.ops.train.Supervised;
import dev.kiln.ops.train.SupervisedOptions;
import dev.kiln.ops.train.Task;
import dev.kiln.ops.train.Trainer;
import dev.kiln.ops.train.TrainerOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A short training of a model by a trainer: AdamW, a warm-up, a cosine, gradients bounded by 1.
 *
 * @param <B> a batch
 */
final class SmallTraining<B> implements AutoCloseable {
  private final Task<B> task;
  private final BatchPlan<B> plan;
  private final Optimizer optimizer;
  private final Supervised<B> workload;
  private final long steps;
  private final List<Double> losses = new ArrayList<>();

  SmallTraining(Task<B> task, BatchPlan<B> plan, double rate, long steps) {
    this.task = task;
    this.plan = plan;
    this.steps = steps;
    Module model = task.model();
    optimizer =
        new Optimizer(model.context(), UpdateRule.adamW(), model.parameters())
            .clip(Clipping.byNorm(1));
    workload =
        new Supervised<>(
            task,
            new BatchLoader<>(plan),
            optimizer,
            new LearningRateScheduler(
                Schedules.parse("warmup:%d,cosine".formatted(steps / 20), rate, steps),
                LearningRateScheduler.Per.STEP),
            SupervisedOptions.DEFAULT);
  }

  /** Trains to the end; the model evaluates afterwards. */
  SmallTraining<B> run() {
    var collected =
        new Callback() {
          @Override
          public void stepped(Trainer trainer, StepReport report) {
            losses.add(report.loss());
          }

          @Override
          public String name() {
            return "losses";
          }
        };
    new Trainer(workload, TrainerOptions.of(steps), List.of(collected)).run();
    task.model().evaluate();
    return this;
  }

  /** The mean loss of the first steps. */
  double first(int count) {
    return mean(losses.subList(0, count));
  }

  /** The mean loss of the last steps. */
  double last(int count) {
    return mean(losses.subList(losses.size() - count, losses.size()));
  }

  private static double mean(List<Double> numbers) {
    return numbers.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }

  /** Requires that the first batch gives every parameter a gradient that is not 0. */
  SmallTraining<B> requireGradients() {
    Map<String, Tensor> parameters = task.model().parameters();
    try (Scope ignored = task.model().context().scope()) {
      task.loss(plan.batch(0, 0)).backward();
      assertThat(parameters)
          .allSatisfy(
              (name, tensor) -> {
                assertThat(tensor.hasGrad()).as(name).isTrue();
                assertThat(tensor.grad().normMax().item()).as(name).isFinite().isPositive();
              });
    }
    task.model().zeroGrad();
    return this;
  }

  @Override
  public void close() {
    workload.close();
    optimizer.close();
  }
}
