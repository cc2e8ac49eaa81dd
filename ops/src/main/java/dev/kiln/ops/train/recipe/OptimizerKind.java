package dev.kiln.ops.train.recipe;

import dev.kiln.kernels.optimizer.Adagrad;
import dev.kiln.kernels.optimizer.Adam;
import dev.kiln.kernels.optimizer.Lion;
import dev.kiln.kernels.optimizer.Muon;
import dev.kiln.kernels.optimizer.RmsProp;
import dev.kiln.kernels.optimizer.Rprop;
import dev.kiln.kernels.optimizer.Sgd;
import dev.kiln.ops.optim.ParameterGroup;
import dev.kiln.ops.optim.ParameterGroups;
import dev.kiln.ops.optim.UpdateRule;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Optimizers by name, with the numbers that are common for them. */
public enum OptimizerKind {
  SGD,
  /** SGD with a momentum of 0.9. */
  MOMENTUM,
  /** The same after Nesterov. */
  NESTEROV,
  ADAGRAD,
  RMSPROP,
  ADAM,
  ADAMW,
  /** AdamW with averages in 8 bits. */
  ADAMW8BIT,
  LION,
  RPROP,
  /** Muon for matrices of hidden layers, AdamW for all else. */
  MUON;

  private static final double MOMENTUM_FACTOR = 0.9;

  /** Muon's steps have the size of its rate in each direction, AdamW's in each number. */
  private static final double MUON_RATE = 10;

  /**
   * The rule.
   *
   * @param weightDecay decoupled for AdamW, Lion and Muon, else as a part of the gradient
   * @param beta2 of Adam's second average
   * @throws KilnException if the optimizer has no decay and one is given
   */
  public UpdateRule rule(double weightDecay, double beta2) {
    return switch (this) {
      case SGD -> UpdateRule.sgd(new Sgd.Options(0, 0, false, weightDecay));
      case MOMENTUM -> UpdateRule.sgd(new Sgd.Options(MOMENTUM_FACTOR, 0, false, weightDecay));
      case NESTEROV -> UpdateRule.sgd(new Sgd.Options(MOMENTUM_FACTOR, 0, true, weightDecay));
      case ADAGRAD -> {
        Adagrad.Options usual = Adagrad.Options.DEFAULT;
        yield UpdateRule.adagrad(
            new Adagrad.Options(usual.lrDecay(), weightDecay, usual.initialSum(), usual.eps()));
      }
      case RMSPROP -> {
        RmsProp.Options usual = RmsProp.Options.DEFAULT;
        yield UpdateRule.rmsProp(
            new RmsProp.Options(
                usual.alpha(), usual.eps(), usual.momentum(), usual.centered(), weightDecay));
      }
      case ADAM -> UpdateRule.adam(adam(weightDecay, beta2, false));
      case ADAMW, MUON -> UpdateRule.adam(adam(weightDecay, beta2, true));
      case ADAMW8BIT -> UpdateRule.eightBitAdam(adam(weightDecay, beta2, true));
      case LION -> {
        Lion.Options usual = Lion.Options.DEFAULT;
        yield UpdateRule.lion(new Lion.Options(usual.beta1(), usual.beta2(), weightDecay));
      }
      case RPROP -> {
        if (weightDecay != 0) {
          throw new KilnException(
              "rprop goes by the signs of gradients and has no weight decay; give 0, not "
                  + weightDecay);
        }
        yield UpdateRule.rprop(Rprop.Options.DEFAULT);
      }
    };
  }

  private static Adam.Options adam(double weightDecay, double beta2, boolean isDecoupled) {
    Adam.Options usual = Adam.Options.ADAM;
    return new Adam.Options(usual.beta1(), beta2, usual.eps(), weightDecay, isDecoupled, false);
  }

  /** The groups: biases and norms are outside of decay; embeddings are no matrices to Muon. */
  public List<ParameterGroup> groups(Map<String, Tensor> parameters, double weightDecay) {
    if (this != MUON) {
      return ParameterGroups.usual(parameters);
    }
    Muon.Options usual = Muon.Options.DEFAULT;
    UpdateRule muon =
        UpdateRule.muon(
            new Muon.Options(usual.momentum(), usual.nesterov(), weightDecay, usual.products()));
    return ParameterGroups.muon(
        parameters, muon, MUON_RATE, (name, tensor) -> isHidden(name, parameters));
  }

  private static boolean isHidden(String name, Map<String, Tensor> parameters) {
    List<String> matrices =
        parameters.entrySet().stream()
            .filter(each -> each.getValue().rank() >= 2)
            .map(Map.Entry::getKey)
            .toList();
    boolean isTable = name.startsWith("wte") || name.startsWith("wpe");
    boolean isFirst = name.equals(matrices.getFirst());
    boolean isLast = name.equals(matrices.getLast()) && !name.startsWith("h.");
    return !isTable && !isFirst && !isLast;
  }

  /** Whether there is a decay at all. */
  public boolean hasDecay() {
    return this != RPROP;
  }

  /**
   * By name, for example {@code adamw}.
   *
   * @throws KilnException if there is none
   */
  public static OptimizerKind of(String name) {
    for (OptimizerKind kind : values()) {
      if (kind.toString().equals(name)) {
        return kind;
      }
    }
    throw new KilnException(
        "there is no optimizer '%s'; there are %s".formatted(name, Arrays.toString(values())));
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
