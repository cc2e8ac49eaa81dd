package dev.kiln.ops.optim;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Pointwise;
import dev.kiln.kernels.optimizer.Parameter;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;

/** A parameter in an optimizer: what is known of it, and where its state is. */
final class Slot {
  final String name;
  final Tensor tensor;
  final UpdateRule rule;
  private final double rateScale;
  private final double decayScale;
  private final DType dtype;

  /** fp32 weights of a parameter of 16 bits; null for others, and before the first step. */
  Tensor master;

  /** Where the state is; null before the first step. */
  Cohort cohort;

  /** Which of the cohort's parameters this is. */
  int index;

  /** Steps that have changed this parameter. */
  long steps;

  Slot(String name, Tensor tensor, UpdateRule rule, double rateScale, double decayScale) {
    if (!tensor.dtype().isFloat() || !tensor.isLeaf() || !tensor.isContiguous()) {
      throw new KilnException(
          "optimizer: '%s' must be a contiguous parameter of floats, but is %s"
              .formatted(name, tensor));
    }
    this.name = name;
    this.tensor = tensor;
    this.rule = rule;
    this.rateScale = rateScale;
    this.decayScale = decayScale;
    dtype = tensor.dtype();
  }

  /** Whether the next step changes it: frozen parameters and those out of reach are left alone. */
  boolean isActive() {
    return tensor.requiresGrad() && tensor.hasGrad();
  }

  void requireSame() {
    if (tensor.dtype() != dtype) {
      throw new KilnException(
          "optimizer: '%s' was %s when the optimizer was made and is %s now; convert a model before"
                  .formatted(name, dtype, tensor.dtype())
              + " its optimizer is made");
    }
  }

  private boolean isNarrow() {
    return dtype == DType.FP16 || dtype == DType.BF16;
  }

  /** What the rule changes: the master weights if there are some. */
  Parameter parameter(Context context) {
    requireSame();
    if (isNarrow() && master == null) {
      master = context.empty(DType.FP32, tensor.shape()).named(name + ".master").persist();
      refreshMaster(context);
    }
    NdArray grads = tensor.gradientBuffer().array();
    Parameter parameter =
        master == null
            ? Parameter.of(tensor.array(), grads)
            : Parameter.of(master.array(), tensor.array(), grads);
    return parameter.withRateScale(rateScale).withDecayScale(decayScale);
  }

  /** Takes the master weights from the model's. */
  void refreshMaster(Context context) {
    if (master != null) {
      context.launcher(Pointwise.class, Pointwise::new).copy(tensor.array(), master.array());
      master.changedInPlace();
    }
  }

  /** Notes a step. */
  void stepped() {
    steps++;
    tensor.changedInPlace();
    if (master != null) {
      master.changedInPlace();
    }
  }

  /** Forgets the state. */
  void reset() {
    if (master != null) {
      master.close();
    }
    master = null;
    cohort = null;
    steps = 0;
  }
}
