package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Constexpr;
import dev.kiln.compiler.frontend.RangeValue;
import dev.kiln.compiler.ir.ControlOp.LoopHints;

/** What a {@code for} loop runs over. */
final class LoopOperations {
  private LoopOperations() {}

  static void addTo(OperationTable table) {
    table
        .rows(Category.LOOP, "triton.language")
        .add(
            "range(arg1, arg2=None, step=None, num_stages=None, loop_unroll_factor=None,"
                + " disallow_acc_multi_buffer=False, flatten=False, warp_specialize=False,"
                + " disable_licm=False)",
            "integers",
            LoopOperations::range)
        .note("all but `loop_unroll_factor` are hints")
        .add("static_range(arg1, arg2=None, step=None)", "integers", LoopOperations::staticRange)
        .note("unrolled; the variable is a constant");
    table
        .rows(Category.LOOP, "builtins")
        .add("range(arg1, arg2=None, step=None)", "integers", LoopOperations::plainRange);
  }

  private static FrontValue range(Arguments args) {
    var hints =
        new LoopHints(
            args.optionalInteger("num_stages"),
            args.optionalInteger("loop_unroll_factor"),
            args.flag("flatten"),
            args.flag("warp_specialize"),
            args.flag("disable_licm"));
    return range(args, false, hints);
  }

  private static FrontValue plainRange(Arguments args) {
    return range(args, false, LoopHints.NONE);
  }

  private static FrontValue staticRange(Arguments args) {
    return range(args, true, LoopHints.NONE);
  }

  private static FrontValue range(Arguments args, boolean isStatic, LoopHints hints) {
    boolean single = args.isNone("arg2");
    FrontValue start = single ? new Constexpr(0L) : args.value("arg1");
    FrontValue stop = args.value(single ? "arg1" : "arg2");
    FrontValue step = args.isNone("step") ? new Constexpr(1L) : args.value("step");
    for (FrontValue bound : new FrontValue[] {start, stop, step}) {
      check(args, bound, isStatic);
    }
    if (step instanceof Constexpr constant
        && PythonValues.integer(constant.value()).orElseThrow().signum() == 0) {
      throw args.error("the step must not be 0");
    }
    return new RangeValue(
        scalar(args, start), scalar(args, stop), scalar(args, step), isStatic, hints);
  }

  private static FrontValue scalar(Arguments args, FrontValue bound) {
    return bound instanceof FrontValue.Tensor tensor
        ? ShapeOperations.scalar(args.context(), tensor)
        : bound;
  }

  private static void check(Arguments args, FrontValue bound, boolean isStatic) {
    boolean integer =
        switch (bound) {
          case Constexpr constant -> PythonValues.integer(constant.value()).isPresent();
          case FrontValue.Tensor tensor ->
              tensor.type().shape().size() == 1
                  && !tensor.type().isPointer()
                  && tensor.type().dtype().isInteger();
          default -> false;
        };
    if (!integer) {
      throw args.error("bounds and step must be integers, got " + Typing.describe(bound));
    }
    if (isStatic && !(bound instanceof Constexpr)) {
      throw args.error(
          "bounds and step must be known at compile time, got " + Typing.describe(bound),
          "declare the bound `tl.constexpr`, or use tl.range");
    }
  }
}
