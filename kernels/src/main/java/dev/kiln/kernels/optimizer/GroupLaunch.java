package dev.kiln.kernels.optimizer;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.NdArray;

/**
 * The launch that updates a group of parameters, whose arguments are given in the order that the
 * kernels of {@code optimizer.py} share: {@link #start}, the rule's numbers, {@link #dtypes}, the
 * rule's constants, {@link #run}.
 */
final class GroupLaunch implements AutoCloseable {
  private final KernelCall call;
  private final ParameterTable table;

  GroupLaunch(KernelCall call, ParameterTable table) {
    this.call = call;
    this.table = table;
  }

  /** Tables, the flag that skips the step, and what happens to gradients. */
  GroupLaunch start(GradientScaling scaling) {
    startWithFlag(scaling).array(scaling.clipFactor()).number(scaling.inverseScale());
    return Double.isInfinite(scaling.clipValue()) ? array(null) : number(scaling.clipValue());
  }

  /** Tables, and the flag that skips the step. */
  GroupLaunch startWithFlag(GradientScaling scaling) {
    table.start(call);
    return array(scaling.foundInf());
  }

  GroupLaunch array(NdArray array) {
    call.array(array);
    return this;
  }

  GroupLaunch number(double value) {
    call.number(compute(), value);
    return this;
  }

  GroupLaunch constant(boolean value) {
    call.constant(value);
    return this;
  }

  GroupLaunch constant(int value) {
    call.constant(value);
    return this;
  }

  GroupLaunch constant(DType value) {
    call.constant(value);
    return this;
  }

  /** Dtypes of weights, model, gradients and arithmetic; the block; alignment. */
  GroupLaunch dtypes() {
    Parameter sample = table.sample();
    call.constant(sample.weights().dtype());
    if (sample.model() == null) {
      call.array(null);
    } else {
      call.constant(sample.model().dtype());
    }
    call.constant(sample.grads().dtype())
        .constant(compute())
        .constant(table.block())
        .constant(table.alignment());
    return this;
  }

  void run() {
    call.over(table.programs());
  }

  DType compute() {
    return table.sample().compute();
  }

  @Override
  public void close() {
    table.close();
  }
}
