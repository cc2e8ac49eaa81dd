package dev.kiln.tests.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.ops.data.BatchPlan;
import dev.kiln.ops.data.LabeledImages;
import dev.kiln.ops.data.Mnist;
import dev.kiln.ops.model.ConvLstmForecaster;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Mode;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.ops.train.Task;
import dev.kiln.runtime.Devices;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A convolutional LSTM tells where a digit that moves goes. */
class ForecastTrainingTest {
  private static final long SEED = 1;
  private static final int FRAME = 16;
  private static final int DIGIT = 7;
  private static final int SEEN = 4;
  private static final int NEXT = 2;

  /** Films of a digit that moves: {@code count x frames x 1 x 16 x 16}. */
  private record Films(int count, float[] seen, float[] next) {
    Tensor seen(Context context) {
      return context.of(seen, count, SEEN, 1, FRAME, FRAME);
    }

    Tensor next(Context context) {
      return context.of(next, count, NEXT, 1, FRAME, FRAME);
    }

    /** The mean squared error of the last image as a forecast of all that follow. */
    double errorOfStandingStill() {
      int size = FRAME * FRAME;
      double sum = 0;
      for (int i = 0; i < next.length; i++) {
        int film = i / (NEXT * size);
        double d = next[i] - seen[(film * SEEN + SEEN - 1) * size + i % size];
        sum += d * d;
      }
      return sum / next.length;
    }
  }

  /** Real digits, a quarter as large, on straight ways between walls that throw them back. */
  private record FilmBatches(LabeledImages digits, int count, long seed)
      implements BatchPlan<Films> {
    @Override
    public int batches(int epoch) {
      return 50;
    }

    @Override
    public Films batch(int epoch, int batch) {
      var random = new Random(seed * 1_000_003 + epoch * 1000L + batch);
      int size = FRAME * FRAME;
      var films = new Films(count, new float[count * SEEN * size], new float[count * NEXT * size]);
      for (int i = 0; i < count; i++) {
        float[] digit = small(digits.get(random.nextInt(digits.size())).values());
        int room = FRAME - DIGIT;
        int[] at = {random.nextInt(room + 1), random.nextInt(room + 1)};
        int[] speed = {random.nextInt(5) - 2, random.nextBoolean() ? 2 : -2};
        for (int t = 0; t < SEEN + NEXT; t++) {
          float[] film = t < SEEN ? films.seen : films.next;
          int frame = t < SEEN ? i * SEEN + t : i * NEXT + t - SEEN;
          draw(digit, film, frame * size, at);
          move(at, speed, room);
        }
      }
      return films;
    }

    private static float[] small(float[] pixels) {
      float[] small = new float[DIGIT * DIGIT];
      for (int i = 0; i < pixels.length; i++) {
        small[i / 28 / 4 * DIGIT + i % 28 / 4] += pixels[i] / 16;
      }
      return small;
    }

    private static void draw(float[] digit, float[] film, int first, int[] at) {
      for (int y = 0; y < DIGIT; y++) {
        System.arraycopy(digit, y * DIGIT, film, first + (at[0] + y) * FRAME + at[1], DIGIT);
      }
    }

    private static void move(int[] at, int[] speed, int room) {
      for (int axis = 0; axis < 2; axis++) {
        if (at[axis] + speed[axis] < 0 || at[axis] + speed[axis] > room) {
          speed[axis] = -speed[axis];
        }
        at[axis] += speed[axis];
      }
    }

    @Override
    public String fingerprint() {
      return "films of %d, seed %d".formatted(count, seed);
    }
  }

  private record Forecast(ConvLstmForecaster model) implements Task<Films> {
    @Override
    public Tensor loss(Films films) {
      Context context = model.context();
      return context.frame(() -> model.loss(films.seen(context), films.next(context)));
    }

    @Override
    public long examples(Films films) {
      return films.count();
    }
  }

  private static void forecasts(List<Long> cells, int batch, int steps, double part) {
    Mnist mnist = Mnist.bundled();
    var options = new ConvLstmForecaster.Options(1, 8, cells, 3);
    try (var context = new Context(Devices.cpu(), SEED);
        var model = new ConvLstmForecaster(context, options);
        var training =
            new SmallTraining<>(
                new Forecast(model), new FilmBatches(mnist.training(), batch, SEED), 5e-3, steps)) {
      training.requireGradients().run();
      Films films = new FilmBatches(mnist.test(), 64, SEED + 100).batch(0, 0);
      try (Mode ignored = context.noGrad();
          Scope scope = context.scope()) {
        double error = new Forecast(model).loss(films).item();
        assertThat(error).isLessThan(part * films.errorOfStandingStill());
      }
    }
  }

  /** With seed 1 the error is 0.60 of that of the last image. */
  @Test
  @Tag("slow")
  void aMovingDigitIsToldBetterThanByTheLastImage() {
    forecasts(List.of(6L), 4, 15, 0.8);
  }
}
