package dev.kiln.compiler.transform;

import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.VerificationException;
import dev.kiln.compiler.ir.Verifier;
import java.util.ArrayList;
import java.util.List;

/**
 * Passes in order.
 *
 * @param verify whether the function is verified before the first pass and after each; for tests
 *     and for hunting faults, as it costs about as much as the passes do
 * @param observer is told the function after each pass
 */
public record PassPipeline(List<Pass> passes, boolean verify, Observer observer) {
  /** Looks on while a pipeline runs; for dumps. */
  public interface Observer {
    Observer NONE = (pass, before, after) -> {};

    void after(Pass pass, TileFunction before, TileFunction after);
  }

  public PassPipeline {
    passes = List.copyOf(passes);
  }

  public PassPipeline(List<Pass> passes) {
    this(passes, false, Observer.NONE);
  }

  /** This pipeline, with one more pass before all others. */
  public PassPipeline after(Pass first) {
    List<Pass> all = new ArrayList<>(List.of(first));
    all.addAll(passes);
    return new PassPipeline(all, verify, observer);
  }

  public PassPipeline withVerification() {
    return new PassPipeline(passes, true, observer);
  }

  public PassPipeline observedBy(Observer other) {
    return new PassPipeline(passes, verify, other);
  }

  /**
   * Runs all passes.
   *
   * @throws VerificationException if verification is on and the function is not valid, or a pass
   *     makes it so; the cause of an {@link IllegalStateException} that names the pass
   */
  public TileFunction run(TileFunction function) {
    if (verify) {
      Verifier.verify(function);
    }
    TileFunction current = function;
    for (Pass pass : passes) {
      TileFunction before = current;
      current = pass.run(before);
      if (verify && current != before) {
        verifyAfter(pass, current);
      }
      observer.after(pass, before, current);
    }
    return current;
  }

  private static void verifyAfter(Pass pass, TileFunction function) {
    try {
      Verifier.verify(function);
    } catch (VerificationException e) {
      throw new IllegalStateException(
          "pass '" + pass.name() + "' made tile IR that is not valid: " + e.getMessage(), e);
    }
  }
}
