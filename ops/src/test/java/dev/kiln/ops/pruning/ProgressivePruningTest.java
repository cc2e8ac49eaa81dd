package dev.kiln.ops.pruning;

import static dev.kiln.ops.pruning.PruningTest.refused;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

class ProgressivePruningTest {
  /** A model whose accuracy depends on its sparsity; writes down what is asked of it. */
  private static final class Fake implements ProgressivePruning.Model {
    private final List<String> calls = new ArrayList<>();
    private final DoubleUnaryOperator accuracy;
    private double sparsity;
    private double kept;

    Fake(DoubleUnaryOperator accuracy) {
      this.accuracy = accuracy;
    }

    @Override
    public double accuracy() {
      calls.add("accuracy");
      return accuracy.applyAsDouble(sparsity);
    }

    @Override
    public void prune(double newSparsity) {
      calls.add("prune");
      sparsity = newSparsity;
    }

    @Override
    public void fineTune() {
      calls.add("fineTune");
    }

    @Override
    public void keep() {
      calls.add("keep");
      kept = sparsity;
    }

    @Override
    public void restore() {
      calls.add("restore");
      sparsity = kept;
    }
  }

  @Test
  void eachTurnRemovesTheSameShareOfWhatIsLeftUntilTheTarget() {
    List<Double> sparsities = new ProgressivePruning(0.9, 0.5, 0).sparsities();
    assertThat(sparsities).containsExactly(0.5, 0.75, 0.875, 0.9);
    assertThat(new ProgressivePruning(0.75, 0.5, 0).sparsities()).containsExactly(0.5, 0.75);
    assertThat(new ProgressivePruning(0.2, 0.5, 0).sparsities()).containsExactly(0.2);
  }

  @Test
  void prunesAndFineTunesInTurnsUntilNinetyPercentAreZero() {
    var model = new Fake(sparsity -> 0.95);
    List<ProgressivePruning.Turn> turns = new ProgressivePruning(0.9, 0.7, 0.01).run(model);
    assertThat(model.calls)
        .containsExactly(
            "accuracy",
            "keep",
            "prune",
            "fineTune",
            "accuracy",
            "keep",
            "prune",
            "fineTune",
            "accuracy",
            "keep");
    assertThat(turns).hasSize(2).allMatch(ProgressivePruning.Turn::kept);
    assertThat(turns.getFirst().sparsity()).isCloseTo(0.7, within(1e-15));
    assertThat(model.sparsity).isEqualTo(0.9);
  }

  @Test
  void goesBackToTheLastGoodTurnWhenTheAccuracyDrops() {
    var model = new Fake(sparsity -> sparsity > 0.8 ? 0.9 : 0.95);
    List<ProgressivePruning.Turn> turns = new ProgressivePruning(0.9, 0.5, 0.02).run(model);
    assertThat(turns).extracting(ProgressivePruning.Turn::kept).containsExactly(true, true, false);
    assertThat(turns.getLast().sparsity()).isEqualTo(0.875);
    assertThat(model.sparsity).isEqualTo(0.75);
    assertThat(model.calls).endsWith("restore");
  }

  @Test
  void theDropIsMeasuredFromTheModelBeforePruning() {
    var model = new Fake(sparsity -> 0.95 - 0.1 * sparsity);
    assertThat(new ProgressivePruning(0.9, 0.5, 0.08).run(model)).hasSize(3);
    assertThat(model.sparsity).isEqualTo(0.75);
  }

  @Test
  void refusesSharesOutsideZeroToOneAndAccuraciesThatAreNoNumbers() {
    refused(
        () -> new ProgressivePruning(1, 0.5, 0),
        "ProgressivePruning: the target must be above 0 and below 1, but is 1.0");
    refused(
        () -> new ProgressivePruning(0.9, 0, 0),
        "ProgressivePruning: the share must be above 0 and below 1, but is 0.0");
    refused(
        () -> new ProgressivePruning(0.9, 0.5, -1),
        "ProgressivePruning: the drop must be at least 0, but is -1.0");
    refused(
        () -> new ProgressivePruning(0.9, 0.5, 0).run(new Fake(sparsity -> Double.NaN)),
        "ProgressivePruning: the accuracy of the model is NaN");
  }
}
