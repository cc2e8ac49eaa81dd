package dev.kiln.tests.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.data.BatchLoader;
import dev.kiln.ops.data.BatchPlan;
import dev.kiln.ops.function.Losses;
import dev.kiln.ops.nn.Linear;
import dev.kiln.ops.optim.Optimizer;
import dev.kiln.ops.optim.UpdateRule;
import dev.kiln.ops.schedule.LearningRateScheduler;
import dev.kiln.ops.schedule.Schedules;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.ops.train.StepReport;
import dev.kiln.ops.train.Supervised;
import dev.kiln.ops.train.SupervisedOptions;
import dev.kiln.ops.train.Task;
import dev.kiln.runtime.Devices;
import dev.kiln.tests.kernels.ErrorRule;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Batches whose gradients add up make the step of one batch. */
class AccumulationTest {
  private static final int ROWS = 128;
  private static final int COLUMNS = 5;
  private static final double RATE = 0.5;

  private final float[] x = normal(ROWS * COLUMNS, 1);
  private final float[] y = normal(ROWS, 2);
  private final float[] start = normal(COLUMNS, 3);

  private static float[] normal(int count, long seed) {
    var random = new Random(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }

  /** Rows from one to another. */
  private record Part(int from, int to) {}

  private record Parts(int size) implements BatchPlan<Part> {
    @Override
    public int batches(int epoch) {
      return ROWS / size;
    }

    @Override
    public Part batch(int epoch, int batch) {
      return new Part(batch * size, (batch + 1) * size);
    }

    @Override
    public String fingerprint() {
      return "parts of " + size;
    }
  }

  private record Squares(Linear model, float[] x, float[] y) implements Task<Part> {
    @Override
    public Tensor loss(Part part) {
      Context context = model.context();
      int rows = part.to - part.from;
      float[] in = Arrays.copyOfRange(x, part.from * COLUMNS, part.to * COLUMNS);
      float[] out = Arrays.copyOfRange(y, part.from, part.to);
      return Losses.mse(model.apply(context.of(in, rows, COLUMNS)), context.of(out, rows, 1));
    }

    @Override
    public long examples(Part part) {
      return part.to - part.from;
    }
  }

  @Test
  void fourBatchesOf32MakeTheStepOfOneOf128() {
    double[] exact = new double[COLUMNS];
    double[] plain = new double[COLUMNS];
    step(exact, plain);
    for (int size : new int[] {ROWS, ROWS / 4}) {
      ErrorRule.check("batches of " + size, DType.FP32, trained(size), plain, exact);
    }
  }

  private double[] trained(int size) {
    try (var context = new Context(Devices.cpu(), 1);
        var model = new Linear(context, COLUMNS, 1, Linear.Options.DEFAULT.withoutBias());
        var optimizer = new Optimizer(context, UpdateRule.sgd(), model.parameters())) {
      try (var ignored = context.noGrad()) {
        model.parameters().get("weight").set(start);
      }
      var workload =
          new Supervised<>(
              new Squares(model, x, y),
              new BatchLoader<>(new Parts(size)),
              optimizer,
              new LearningRateScheduler(
                  Schedules.parse("constant", RATE, 1), LearningRateScheduler.Per.STEP),
              SupervisedOptions.DEFAULT.withAccumulation(ROWS / size));
      Optional<StepReport> report = Optional.empty();
      for (int batch = 0; batch < ROWS / size; batch++) {
        assertThat(report).isEmpty();
        report = workload.advance();
      }
      assertThat(report.orElseThrow().examples()).isEqualTo(ROWS);
      return model.parameters().get("weight").toDoubles();
    }
  }

  /** The step by loops, in double precision and in fp32. */
  private void step(double[] exact, double[] plain) {
    double[] sums = new double[COLUMNS];
    float[] floats = new float[COLUMNS];
    for (int row = 0; row < ROWS; row++) {
      double error = -y[row];
      float rounded = -y[row];
      for (int i = 0; i < COLUMNS; i++) {
        error += (double) x[row * COLUMNS + i] * start[i];
        rounded += x[row * COLUMNS + i] * start[i];
      }
      for (int i = 0; i < COLUMNS; i++) {
        sums[i] += 2 * error * x[row * COLUMNS + i] / ROWS;
        floats[i] += 2 * rounded * x[row * COLUMNS + i] / ROWS;
      }
    }
    for (int i = 0; i < COLUMNS; i++) {
      exact[i] = start[i] - RATE * sums[i];
      plain[i] = start[i] - (float) RATE * floats[i];
    }
  }
}
