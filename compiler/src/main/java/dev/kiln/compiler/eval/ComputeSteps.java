package dev.kiln.compiler.eval;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import java.util.List;

/** Execution of {@link ComputeOp}s. */
final class ComputeSteps {
  private ComputeSteps() {}

  static Step of(ComputeOp op, StepCompiler compiler) {
    Slots slots = compiler.slots();
    int[] operands = slots.of(op.operands());
    int[] results = slots.of(op.results());
    return switch (op) {
      case ComputeOp.Dot dot ->
          p ->
              p.set(
                  results[0],
                  new DotProduct(dot, p.get(operands[0]), p.get(operands[1]), p.get(operands[2]))
                      .compute());
      case ComputeOp.Reduce reduce -> {
        CompiledBlock combine = compiler.block(reduce.combine());
        yield p -> p.set(results, reduce(p, reduce, combine, p.get(operands)));
      }
      case ComputeOp.Scan scan -> {
        CompiledBlock combine = compiler.block(scan.combine());
        yield p -> p.set(results, scan(p, scan, combine, p.get(operands)));
      }
      case ComputeOp.MapElementwise map -> {
        CompiledBlock body = compiler.block(map.body());
        yield p -> p.set(results, map(p, map, body, p.get(operands)));
      }
      case ComputeOp.InlineAsm asm ->
          throw CompilationException.at(
              asm.loc(), "inline_asm_elementwise needs a GPU: the evaluator does not run PTX");
      case ComputeOp.Histogram histogram -> {
        int mask = slots.of(histogram.mask());
        yield p -> p.set(results[0], histogram(histogram, p.get(operands[0]), p.getOptional(mask)));
      }
    };
  }

  /**
   * The elements along an axis: element {@code k} of lane {@code l} is {@code start(l) + k *
   * stride}.
   */
  private record Lanes(int count, int extent, int stride) {
    static Lanes along(Shape shape, int axis) {
      int extent = shape.dim(axis);
      return new Lanes(shape.size() / extent, extent, shape.rowMajorStrides()[axis]);
    }

    int start(int lane) {
      return lane / stride * stride * extent + lane % stride;
    }
  }

  /** Combines in ascending order of the index: {@code ((e0 + e1) + e2) + ..}. */
  private static TileValue[] reduce(
      Program p, ComputeOp.Reduce op, CompiledBlock combine, TileValue[] inputs) {
    Lanes lanes = Lanes.along(op.inputs().getFirst().shape(), op.axis());
    boolean allDefined = inputs[0].origins() == null;
    if (op.simpleKind().isPresent() && allDefined) {
      return new TileValue[] {reduceSimply(op, op.simpleKind().get(), lanes, inputs[0])};
    }
    TileBuffer[] results = buffers(op.results());
    for (int lane = 0; lane < lanes.count(); lane++) {
      int start = lanes.start(lane);
      TileValue[] running = elements(inputs, start);
      for (int k = 1; k < lanes.extent(); k++) {
        running = combine.run(p, both(running, elements(inputs, start + k * lanes.stride())));
      }
      put(results, lane, running);
    }
    return done(results);
  }

  /** The same as running the block, without the cost of it. */
  private static TileValue reduceSimply(
      ComputeOp.Reduce op, BinaryKind kind, Lanes lanes, TileValue input) {
    Type type = op.results().getFirst().type();
    // A row holds the k-th elements of all lanes.
    TileValue running = row(type, lanes, input, 0);
    for (int k = 1; k < lanes.extent(); k++) {
      running = ElementwiseSteps.binary(kind, running, row(type, lanes, input, k));
    }
    return running;
  }

  private static TileValue row(Type type, Lanes lanes, TileValue input, int k) {
    int[] source = new int[lanes.count()];
    for (int lane = 0; lane < source.length; lane++) {
      source[lane] = lanes.start(lane) + k * lanes.stride();
    }
    return input.rearranged(type, source);
  }

  private static TileValue[] scan(
      Program p, ComputeOp.Scan op, CompiledBlock combine, TileValue[] inputs) {
    Lanes lanes = Lanes.along(op.inputs().getFirst().shape(), op.axis());
    TileBuffer[] results = buffers(op.results());
    for (int lane = 0; lane < lanes.count(); lane++) {
      TileValue[] running = null;
      for (int i = 0; i < lanes.extent(); i++) {
        int k = op.reverse() ? lanes.extent() - 1 - i : i;
        int at = lanes.start(lane) + k * lanes.stride();
        TileValue[] next = elements(inputs, at);
        running = running == null ? next : combine.run(p, both(running, next));
        put(results, at, running);
      }
    }
    return done(results);
  }

  private static TileValue[] map(
      Program p, ComputeOp.MapElementwise op, CompiledBlock body, TileValue[] inputs) {
    int pack = op.pack();
    TileBuffer[] results = buffers(op.results());
    for (int first = 0; first < inputs[0].size(); first += pack) {
      var arguments = new TileValue[inputs.length * pack];
      for (int i = 0; i < arguments.length; i++) {
        arguments[i] = inputs[i / pack].element(first + i % pack);
      }
      TileValue[] yielded = body.run(p, arguments);
      for (int i = 0; i < yielded.length; i++) {
        results[i / pack].copy(first + i % pack, yielded[i], 0);
      }
    }
    return done(results);
  }

  private static TileValue histogram(ComputeOp.Histogram op, TileValue operand, TileValue mask) {
    int bins = op.result().shape().size();
    long[] counts = new long[bins];
    int origin = 0;
    for (int i = 0; i < operand.size(); i++) {
      if (mask != null && mask.isUndefined(i)) {
        origin = mask.origin(i);
      }
      if (mask != null && !mask.isTrue(i)) {
        continue;
      }
      if (operand.isUndefined(i)) {
        origin = operand.origin(i);
      }
      long bin = operand.longAt(i);
      if (bin >= 0 && bin < bins) {
        counts[(int) bin]++;
      }
    }
    int[] origins = null;
    if (origin != 0) {
      origins = new int[bins];
      java.util.Arrays.fill(origins, origin);
    }
    return TileValue.of(op.result().type(), counts, origins);
  }

  private static TileValue[] elements(TileValue[] inputs, int index) {
    var elements = new TileValue[inputs.length];
    for (int i = 0; i < inputs.length; i++) {
      elements[i] = inputs[i].element(index);
    }
    return elements;
  }

  private static TileValue[] both(TileValue[] left, TileValue[] right) {
    TileValue[] both = java.util.Arrays.copyOf(left, left.length + right.length);
    System.arraycopy(right, 0, both, left.length, right.length);
    return both;
  }

  private static TileBuffer[] buffers(List<Value> results) {
    return results.stream().map(r -> new TileBuffer(r.type())).toArray(TileBuffer[]::new);
  }

  private static void put(TileBuffer[] results, int index, TileValue[] elements) {
    for (int i = 0; i < results.length; i++) {
      results[i].copy(index, elements[i], 0);
    }
  }

  private static TileValue[] done(TileBuffer[] results) {
    return java.util.Arrays.stream(results).map(TileBuffer::done).toArray(TileValue[]::new);
  }
}
