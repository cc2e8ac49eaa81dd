package dev.kiln.tests.sim.fuzz;

import dev.kiln.tests.sim.fuzz.PtxMutants.Mutant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Does something with many mutants, of which only the expected kind of exception may come. */
public final class MutantRun {
  /** A mutant that takes so long hangs: the slowest honest one takes thousandths of this. */
  private static final int HANGS_AFTER_SECONDS = 60;

  /** As many failures are enough to see what is wrong. */
  private static final int MOST_FAILURES = 5;

  private final PtxMutants mutants;
  private final Class<? extends RuntimeException> expected;
  private int accepted;
  private int refused;

  /** What is done with each mutant. */
  @FunctionalInterface
  public interface Action {
    void accept(Mutant mutant) throws Exception;
  }

  /**
   * @param expected what an action may throw for a text that is wrong
   */
  public MutantRun(PtxMutants mutants, Class<? extends RuntimeException> expected) {
    this.mutants = mutants;
    this.expected = expected;
  }

  /**
   * Mutants {@code [from, to)}, one after the other.
   *
   * @throws AssertionError that names the mutants with which something else came, or that hang
   */
  public void run(int from, int to, Action action) {
    var failures = new ArrayList<Throwable>();
    var executor = Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().factory());
    try {
      for (int number = from; number < to && failures.size() < MOST_FAILURES; number++) {
        var mutant = mutants.mutant(number);
        var outcome = executor.submit(() -> outcome(mutant, action));
        try {
          count(outcome.get(HANGS_AFTER_SECONDS, TimeUnit.SECONDS), mutant, failures);
        } catch (TimeoutException e) {
          failures.add(failure(mutant, "hangs", e));
          break;
        }
      }
    } catch (InterruptedException | ExecutionException e) {
      throw new IllegalStateException(e);
    } finally {
      executor.shutdownNow();
    }
    throwIfAny(failures);
  }

  /** Mutants that the action had nothing to say against. */
  public int accepted() {
    return accepted;
  }

  /** Mutants for which the expected exception came. */
  public int refused() {
    return refused;
  }

  /** What an action threw; {@code null} for nothing. */
  private static Throwable outcome(Mutant mutant, Action action) {
    try {
      action.accept(mutant);
      return null;
    } catch (Throwable e) {
      return e;
    }
  }

  private void count(Throwable thrown, Mutant mutant, List<Throwable> failures) {
    if (thrown == null) {
      accepted++;
    } else if (expected.isInstance(thrown)) {
      refused++;
    } else {
      failures.add(failure(mutant, "throws " + thrown, thrown));
    }
  }

  private static Throwable failure(Mutant mutant, String what, Throwable cause) {
    return new AssertionError(mutant + " " + what, cause);
  }

  private static void throwIfAny(List<Throwable> failures) {
    if (failures.isEmpty()) {
      return;
    }
    var first =
        new AssertionError(failures.getFirst().getMessage(), failures.getFirst().getCause());
    failures.stream().skip(1).forEach(first::addSuppressed);
    throw first;
  }
}
