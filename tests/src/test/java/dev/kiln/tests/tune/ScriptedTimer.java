package dev.kiln.tests.tune;

import dev.kiln.runtime.tune.Trial;
import dev.kiln.runtime.tune.TrialTimer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** Runs each trial a few times, and says what a test wants it to say. */
final class ScriptedTimer implements TrialTimer {
  private static final int RUNS = 2;

  private final ToDoubleFunction<Trial> nanos;

  /** The configurations that were tried, as text, in order. */
  final List<String> tried = new ArrayList<>();

  private int runs = RUNS;

  ScriptedTimer(ToDoubleFunction<Trial> nanos) {
    this.nanos = nanos;
  }

  /** Trials are made ready, but not run. */
  ScriptedTimer withoutRuns() {
    runs = 0;
    return this;
  }

  /** Smaller values of a constant are faster, or larger ones if the factor is negative. */
  static ScriptedTimer by(String constant, double factor) {
    return new ScriptedTimer(
        trial -> 1e6 * Math.pow((Long) trial.configuration().kwargs().get(constant), factor));
  }

  @Override
  public synchronized double nanos(Trial trial) {
    tried.add(trial.configuration().toString());
    for (int i = 0; i < runs; i++) {
      trial.before();
      trial.run();
      trial.after();
    }
    return nanos.applyAsDouble(trial);
  }
}
