package dev.kiln.ops.optim;

import dev.kiln.kernels.optimizer.Averaging;
import dev.kiln.kernels.optimizer.Parameter;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Moves the weights of one network towards those of another, {@code w = tau w_new + (1 - tau) w}:
 * the target network of DQN and its kin (Lillicrap et al., 2016). One launch for each group of
 * dtypes. Not thread-safe.
 */
public final class SoftUpdate implements AutoCloseable {
  private final List<Tensor> targets;
  private final Averaging averaging;

  /**
   * @param targets what moves, by name; contiguous floats
   * @param sources what they move to; those without a target are left out
   * @throws KilnException if a target has no source, or the shapes differ
   */
  public SoftUpdate(Context context, Map<String, Tensor> targets, Map<String, Tensor> sources) {
    this.targets = List.copyOf(targets.values());
    List<Parameter> pairs = new ArrayList<>();
    targets.forEach((name, target) -> pairs.add(pair(name, target, sources.get(name))));
    averaging = new Averaging(context.device(), pairs);
  }

  private static Parameter pair(String name, Tensor target, Tensor source) {
    if (source == null) {
      throw new KilnException("soft update: '" + name + "' has no source");
    }
    if (!Arrays.equals(target.shape(), source.shape())) {
      throw new KilnException(
          "soft update: '%s' is %s, but its source is %s".formatted(name, target, source));
    }
    NdArray weights = target.array();
    return Parameter.of(weights, source.array());
  }

  /**
   * Moves all targets.
   *
   * @param tau 0 to 1; at 1 they become equal to their sources
   */
  public void run(double tau) {
    averaging.run(tau);
    targets.forEach(Tensor::changedInPlace);
  }

  /** Frees tables; targets and sources stay. */
  @Override
  public void close() {
    averaging.close();
  }
}
