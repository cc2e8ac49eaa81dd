package dev.kiln.ops.train;

import dev.kiln.ops.checkpoint.StateReader;
import dev.kiln.ops.checkpoint.StateWriter;
import dev.kiln.ops.checkpoint.Stateful;
import dev.kiln.ops.optim.Optimizer;

/** Gradients that were accumulated but not used yet. */
final class GradientState implements Stateful {
  private final Optimizer optimizer;

  GradientState(Optimizer optimizer) {
    this.optimizer = optimizer;
  }

  @Override
  public void save(StateWriter out) {
    optimizer
        .parameters()
        .forEach(
            (name, parameter) -> {
              if (parameter.hasGrad()) {
                out.array(name, parameter.grad().array());
              }
            });
  }

  @Override
  public void load(StateReader in) {
    optimizer
        .parameters()
        .forEach(
            (name, parameter) -> {
              parameter.zeroGrad();
              if (in.hasArray(name)) {
                in.array(name, parameter.gradientBuffer().array());
                parameter.gradientArrived();
              }
            });
  }
}
