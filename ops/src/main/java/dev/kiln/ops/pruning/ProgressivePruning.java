package dev.kiln.ops.pruning;

import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.List;

/**
 * Prunes a trained model a little, fine-tunes it, and so on in turns, until most weights are zero
 * or the accuracy has dropped too far; then the model goes back to the last turn that was good
 * enough. Each turn but the last removes the same share of the weights that are left, so that the
 * steps become smaller as weights become rare.
 *
 * @param target the sparsity to reach, above 0 and below 1; 0.9 for example
 * @param share of the remaining weights that a turn removes, above 0 and below 1
 * @param drop of accuracy, below that of the model before pruning, that is allowed: at least 0
 */
public record ProgressivePruning(double target, double share, double drop) {
  private static final String NAME = "ProgressivePruning";

  public ProgressivePruning {
    within("target", target);
    within("share", share);
    if (!(drop >= 0)) {
      throw new KilnException(NAME + ": the drop must be at least 0, but is " + drop);
    }
  }

  private static void within(String name, double value) {
    if (!(value > 0 && value < 1)) {
      throw new KilnException(
          NAME + ": the " + name + " must be above 0 and below 1, but is " + value);
    }
  }

  /** The model that is pruned. */
  public interface Model {
    /** How good it is on data that it was not trained on; the larger, the better. */
    double accuracy();

    /** Puts zeros in the place of weights, and holds them there, until that share is zero. */
    void prune(double sparsity);

    /** Trains for a while; pruned weights stay zero. */
    void fineTune();

    /** Remembers weights and masks as they are. */
    void keep();

    /** Goes back to what was kept last. */
    void restore();
  }

  /**
   * What a turn came to.
   *
   * @param kept whether the accuracy was good enough
   */
  public record Turn(double sparsity, double accuracy, boolean kept) {}

  /** The sparsities of the turns, the last of which is the target. */
  public List<Double> sparsities() {
    List<Double> sparsities = new ArrayList<>();
    double left = 1 - share;
    // A turn that would come as close as rounding to the target is the last one.
    while (left > (1 - target) * (1 + 1e-9)) {
      sparsities.add(1 - left);
      left *= 1 - share;
    }
    sparsities.add(target);
    return sparsities;
  }

  /**
   * Runs the turns on a trained model.
   *
   * @return all turns, the one that was taken back included
   * @throws KilnException if an accuracy is NaN
   */
  public List<Turn> run(Model model) {
    double least = checked(model.accuracy()) - drop;
    model.keep();
    List<Turn> turns = new ArrayList<>();
    for (double sparsity : sparsities()) {
      model.prune(sparsity);
      model.fineTune();
      double accuracy = checked(model.accuracy());
      boolean isGood = accuracy >= least;
      turns.add(new Turn(sparsity, accuracy, isGood));
      if (!isGood) {
        model.restore();
        break;
      }
      model.keep();
    }
    return List.copyOf(turns);
  }

  private static double checked(double accuracy) {
    if (Double.isNaN(accuracy)) {
      throw new KilnException(NAME + ": the accuracy of the model is NaN");
    }
    return accuracy;
  }
}
