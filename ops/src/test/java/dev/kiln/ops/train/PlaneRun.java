package dev.kiln.ops.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.ops.data.BatchLoader;
import dev.kiln.ops.data.BatchPlan;
import dev.kiln.ops.nn.Linear;
import dev.kiln.ops.optim.MixedPrecision;
import dev.kiln.ops.optim.Optimizer;
import dev.kiln.ops.optim.Precision;
import dev.kiln.ops.optim.UpdateRule;
import dev.kiln.ops.schedule.LearningRateScheduler;
import dev.kiln.ops.schedule.Schedules;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/** A small run with everything that a run has: a linear layer learns a plane. */
final class PlaneRun implements AutoCloseable {
  /** Rows of three numbers and what a plane gives there. */
  record Rows(float[] x, float[] y) {}

  /**
   * Batches of a plane.
   *
   * @param size rows of a batch
   * @param shift what is added to all values
   */
  record Plane(int size, float shift) implements BatchPlan<Rows> {
    @Override
    public int batches(int epoch) {
      return 5;
    }

    @Override
    public Rows batch(int epoch, int batch) {
      var random = new SplittableRandom(epoch * 31L + batch);
      float[] x = new float[size * 3];
      float[] y = new float[size];
      for (int i = 0; i < x.length; i++) {
        x[i] = (float) random.nextGaussian();
      }
      for (int i = 0; i < size; i++) {
        y[i] = 2 * x[3 * i] - x[3 * i + 1] + 0.5f + shift;
      }
      return new Rows(x, y);
    }

    @Override
    public String fingerprint() {
      return "plane of " + size;
    }
  }

  /** The mean square of the error, with a dropout of inputs. */
  record Fit(Linear model) implements Task<Rows> {
    @Override
    public Tensor loss(Rows rows) {
      Context context = model.context();
      Tensor x = context.of(rows.x, rows.y.length, 3).dropout(0.1, true);
      return model.apply(x).sub(context.of(rows.y, rows.y.length, 1)).square().mean();
    }

    @Override
    public long examples(Rows rows) {
      return rows.y.length;
    }
  }

  final Context context;
  final Linear model;
  final Optimizer optimizer;
  final Supervised<Rows> workload;
  final List<StepReport> reports = new ArrayList<>();

  PlaneRun(int size, int accumulation, Precision precision) {
    this(new Plane(size, 0), accumulation, precision, "warmup:5,cosine");
  }

  PlaneRun(BatchPlan<Rows> plan, int accumulation, Precision precision, String schedule) {
    this(Devices.cpu(), plan, accumulation, precision, schedule);
  }

  PlaneRun(
      Device device, BatchPlan<Rows> plan, int accumulation, Precision precision, String schedule) {
    context = new Context(device, 7);
    model = new Linear(context, 3, 1);
    optimizer = new Optimizer(context, UpdateRule.adamW(), model.parameters());
    workload =
        new Supervised<>(
                new Fit(model),
                new BatchLoader<>(plan),
                optimizer,
                new LearningRateScheduler(
                    Schedules.parse(schedule, 0.05, 60), LearningRateScheduler.Per.STEP),
                SupervisedOptions.DEFAULT.withAccumulation(accumulation))
            .withPrecision(new MixedPrecision(context, precision))
            .withGuard(new SpikeGuard(10, 50, 3))
            .withValidator(
                (step, ignored) ->
                    Validation.of(
                        step, new Fit(model).loss(new Plane(8, 0).batch(9, 9)).item(), Map.of()));
  }

  void advance(int batches) {
    for (int i = 0; i < batches; i++) {
      workload.advance().ifPresent(reports::add);
    }
  }

  List<Double> losses() {
    return reports.stream().map(StepReport::loss).toList();
  }

  float[] weights() {
    return model.parameters().get("weight").toFloats();
  }

  @Override
  public void close() {
    workload.close();
    optimizer.close();
    model.close();
    assertThat(context.leaks()).isEmpty();
    context.close();
  }
}
