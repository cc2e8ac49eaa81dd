package dev.kiln.ops.schedule;

/**
 * A straight rise, a plateau, a fall, then {@code end} for ever. Hu et al., "MiniCPM" (2024); the
 * shapes of the fall: Hägele et al., "Scaling Laws and Compute-Optimal Training Beyond Fixed
 * Training Durations" (2024).
 *
 * @param rate the rate of the plateau
 * @param warmUp steps from {@code start} to {@code rate}
 * @param stable steps at {@code rate}
 * @param decay steps from {@code rate} to {@code end}
 */
public record WarmUpStableDecay(
    double rate, long warmUp, long stable, long decay, double start, double end, Shape shape)
    implements Schedule {

  /** How the rate falls; done goes from 0 to 1. */
  public enum Shape {
    /** {@code 1 - done} */
    LINEAR,
    /** {@code (1 + cos(pi done))/2} */
    COSINE,
    /** {@code 1 - sqrt(done)} */
    ROOT;

    private double left(double done) {
      return switch (this) {
        case LINEAR -> 1 - done;
        case COSINE -> (1 + Math.cos(Math.PI * done)) / 2;
        case ROOT -> 1 - Math.sqrt(done);
      };
    }
  }

  public WarmUpStableDecay {
    Require.rate("wsd", "rate", rate);
    Require.notNegative("wsd", "warmup", warmUp);
    Require.notNegative("wsd", "stable", stable);
    Require.positive("wsd", "decay", decay);
    Require.rate("wsd", "start", start);
    Require.rate("wsd", "end", end);
  }

  @Override
  public double at(long step) {
    Require.step(step);
    if (step < warmUp) {
      return start + (rate - start) * step / warmUp;
    }
    long falling = step - warmUp - stable;
    if (falling <= 0) {
      return rate;
    }
    return falling >= decay ? end : end + (rate - end) * shape.left((double) falling / decay);
  }

  @Override
  public String toString() {
    return Schedules.format(this);
  }
}
