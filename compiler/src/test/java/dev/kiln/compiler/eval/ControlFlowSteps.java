package dev.kiln.compiler.eval;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.CompareKind;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.IrBuilder;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/** Loops and branches of random kernels. */
final class ControlFlowSteps {
  private final KernelGenerator kernel;
  private final GeneratorSteps steps;
  private final IrBuilder builder;
  private final RandomNumbers random;

  ControlFlowSteps(KernelGenerator kernel, GeneratorSteps steps) {
    this.kernel = kernel;
    this.steps = steps;
    this.builder = kernel.builder;
    this.random = kernel.random;
  }

  void addOne() {
    switch (random.below(4)) {
      case 0 -> branch();
      case 1 -> whileLoop();
      default -> forLoop();
    }
  }

  /** Values to carry: one or two tiles, and sometimes a scalar. */
  private List<Value> carried() {
    var values = new ArrayList<Value>();
    values.add(kernel.anyTile());
    if (random.below(2) == 0) {
      values.add(kernel.anyTile());
    }
    if (random.below(2) == 0) {
      values.add(kernel.ofType(Type.scalar(DType.I32)));
    }
    return values;
  }

  private static List<Value> like(List<Value> values) {
    return values.stream().map(v -> new Value(v.type())).toList();
  }

  /** Some steps, after which a value of each of the types is yielded. */
  private List<Value> someSteps(List<Value> params) {
    params.forEach(kernel::add);
    int count = 1 + random.below(4);
    for (int i = 0; i < count; i++) {
      steps.addOne();
    }
    return params.stream().map(this::next).toList();
  }

  private Value next(Value param) {
    return param.dtype().isFp8() ? kernel.ofType(param.type()) : steps.binary(param);
  }

  private void branch() {
    List<Value> results = like(carried());
    Value left = steps.smallScalar(4);
    Value right = random.below(2) == 0 ? kernel.program() : steps.smallScalar(4);
    Value condition = builder.compare(CompareKind.LT, left, right);
    Block thenBlock = branchBlock(results);
    Block elseBlock = branchBlock(results);
    builder.append(new ControlOp.If(builder.location(), results, condition, thenBlock, elseBlock));
    results.forEach(kernel::add);
  }

  private Block branchBlock(List<Value> results) {
    return builder.block(
        List.of(),
        () ->
            kernel.nested(
                () -> {
                  if (random.below(2) == 0) {
                    steps.addOne();
                  }
                  builder.yield(results.stream().map(r -> kernel.ofType(r.type())).toList());
                }));
  }

  private void forLoop() {
    List<Value> inits = carried();
    Value lower = builder.constant(DType.I32, (long) random.below(3));
    Value upper =
        random.below(2) == 0
            ? steps.smallScalar(7)
            : builder.constant(DType.I32, (long) random.below(7));
    Value step = builder.constant(DType.I32, 1L + random.below(2));
    var params = new ArrayList<Value>();
    params.add(new Value(Type.scalar(DType.I32)));
    params.addAll(like(inits));
    Block body =
        builder.block(
            params,
            () ->
                kernel.nested(
                    () -> {
                      Value iteration = kernel.add(params.getFirst());
                      if (random.below(2) == 0) {
                        kernel.add(loadOfIteration(iteration));
                      }
                      builder.yield(someSteps(params.subList(1, params.size())));
                    }));
    List<Value> results = like(inits);
    builder.append(
        new ControlOp.For(
            builder.location(),
            results,
            lower,
            upper,
            step,
            random.below(4) == 0,
            inits,
            body,
            hints()));
    results.forEach(kernel::add);
  }

  private Value loadOfIteration(Value iteration) {
    DType dtype = random.dtype(kernel.features, kernel.hasE4nv());
    return MemorySource.loadOfIteration(kernel, iteration, dtype, random.shape());
  }

  /** Between one and four stages, or as many as the launch says. */
  ControlOp.LoopHints hints() {
    int stages = random.below(5);
    return new ControlOp.LoopHints(
        stages == 0 ? OptionalInt.empty() : OptionalInt.of(stages),
        OptionalInt.empty(),
        random.below(4) == 0,
        false,
        false);
  }

  /** Counts a scalar down, and carries another value. */
  private void whileLoop() {
    List<Value> inits = new ArrayList<>(List.of(steps.smallScalar(6)));
    inits.add(kernel.anyTile());
    List<Value> tested = like(inits);
    Block before =
        builder.block(
            tested,
            () -> {
              Value zero = builder.constant(DType.I32, 0L);
              Value goesOn = builder.compare(CompareKind.GT, tested.getFirst(), zero);
              builder.append(new ControlOp.Condition(builder.location(), goesOn, tested));
            });
    List<Value> params = like(inits);
    Block body =
        builder.block(
            params,
            () ->
                kernel.nested(
                    () -> {
                      Value one = builder.constant(DType.I32, 1L);
                      Value less = builder.binary(BinaryKind.SUB, params.getFirst(), one);
                      List<Value> next = someSteps(params.subList(1, params.size()));
                      builder.yield(List.of(less, next.getFirst()));
                    }));
    List<Value> results = like(inits);
    builder.append(new ControlOp.While(builder.location(), results, inits, before, body));
    results.forEach(kernel::add);
  }
}
