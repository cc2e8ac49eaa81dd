package dev.kiln.ops.optim;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.optimizer.GradientScaling;
import dev.kiln.kernels.optimizer.Optimizer;
import dev.kiln.kernels.optimizer.Parameter;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.NdArray;
import java.util.ArrayList;
import java.util.List;

/**
 * Parameters of one rule that had their first gradient in the same step, with their state. State is
 * made then, so that frozen parameters cost none.
 */
final class Cohort implements AutoCloseable {
  private final List<Slot> slots;
  private final Optimizer kernels;

  /** Handles on the state, so that it counts as memory of tensors. */
  private final List<Tensor> counted = new ArrayList<>();

  Cohort(Context context, UpdateRule rule, List<Slot> slots) {
    this.slots = List.copyOf(slots);
    List<Parameter> parameters = slots.stream().map(slot -> slot.parameter(context)).toList();
    kernels = rule.make(context.device(), parameters);
    for (int i = 0; i < slots.size(); i++) {
      slots.get(i).cohort = this;
      slots.get(i).index = i;
      for (String state : kernels.stateNames()) {
        counted.add(context.wrap(kernels.state(i, state)).persist());
      }
    }
  }

  List<String> stateNames() {
    return kernels.stateNames();
  }

  NdArray state(Slot slot, String name) {
    return kernels.state(slot.index, name);
  }

  /** The dtype of arithmetic. */
  DType compute(Slot slot) {
    return slot.tensor.dtype() == DType.FP64 ? DType.FP64 : DType.FP32;
  }

  Parameter parameter(Slot slot) {
    return kernels.parameters().get(slot.index);
  }

  /** The launches of some of the parameters. */
  Launch launch(List<Slot> some) {
    if (some.size() == slots.size()) {
      return new Launch(List.copyOf(some), kernels::step, () -> {});
    }
    Optimizer.Selection selection = kernels.select(some.stream().map(slot -> slot.index).toList());
    return new Launch(List.copyOf(some), selection::step, selection::close);
  }

  /** A step of parameters that have made the same number of steps. */
  record Launch(List<Slot> slots, Step step, Runnable free) {
    @FunctionalInterface
    interface Step {
      void run(double lr, long step, GradientScaling scaling);
    }

    void run(double lr, GradientScaling scaling) {
      step.run(lr, slots.getFirst().steps + 1, scaling);
    }
  }

  @Override
  public void close() {
    counted.forEach(Tensor::close);
    kernels.close();
  }
}
