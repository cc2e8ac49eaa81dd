package dev.kiln.compiler.eval;

import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.Type;
import java.util.List;

/**
 * Execution of {@link ShapeOp}s. Where each element of a result comes from is known before the
 * program runs, except for {@link ShapeOp.Gather}.
 */
final class ShapeSteps {
  private ShapeSteps() {}

  static Step of(ShapeOp op, StepCompiler compiler) {
    Slots slots = compiler.slots();
    int[] operands = slots.of(op.operands());
    int[] results = slots.of(op.results());
    Type type = op.results().getFirst().type();
    return switch (op) {
      case ShapeOp.MakeRange range -> {
        TileValue value = range(type, range.start());
        yield p -> p.set(results[0], value);
      }
      case ShapeOp.Splat splat -> {
        int[] source = new int[type.shape().size()];
        yield p -> p.set(results[0], p.get(operands[0]).rearranged(type, source));
      }
      case ShapeOp.Unsplat unsplat -> p -> p.set(results[0], p.get(operands[0]).retyped(type));
      case ShapeOp.ExpandDims expand -> p -> p.set(results[0], p.get(operands[0]).retyped(type));
      case ShapeOp.Reshape reshape -> p -> p.set(results[0], p.get(operands[0]).retyped(type));
      case ShapeOp.Broadcast broadcast -> {
        int[] source = broadcast(broadcast.operand().shape(), type.shape());
        yield p -> p.set(results[0], p.get(operands[0]).rearranged(type, source));
      }
      case ShapeOp.Permute permute -> {
        int[] source = permute(permute.operand().shape(), type.shape(), permute.order());
        yield p -> p.set(results[0], p.get(operands[0]).rearranged(type, source));
      }
      case ShapeOp.Join join ->
          p -> p.set(results[0], join(type, p.get(operands[0]), p.get(operands[1])));
      case ShapeOp.Split split -> {
        int[] even = everySecond(type.shape().size(), 0);
        int[] odd = everySecond(type.shape().size(), 1);
        yield p -> {
          p.set(results[0], p.get(operands[0]).rearranged(type, even));
          p.set(results[1], p.get(operands[0]).rearranged(type, odd));
        };
      }
      case ShapeOp.Cat cat ->
          p -> p.set(results[0], cat(cat, p.get(operands[0]), p.get(operands[1])));
      case ShapeOp.Gather gather ->
          p -> p.set(results[0], gather(gather, p.get(operands[0]), p.get(operands[1])));
    };
  }

  private static TileValue range(Type type, int start) {
    long[] elements = new long[type.shape().size()];
    for (int i = 0; i < elements.length; i++) {
      elements[i] = start + i;
    }
    return TileValue.of(type, elements, null);
  }

  private static int[] broadcast(Shape from, Shape to) {
    int[] source = new int[to.size()];
    int[] strides = from.rowMajorStrides();
    for (int i = 0; i < source.length; i++) {
      int[] index = TileValue.multiIndex(to, i);
      for (int axis = 0; axis < index.length; axis++) {
        source[i] += from.dim(axis) == 1 ? 0 : index[axis] * strides[axis];
      }
    }
    return source;
  }

  private static int[] permute(Shape from, Shape to, List<Integer> order) {
    int[] source = new int[to.size()];
    int[] strides = from.rowMajorStrides();
    for (int i = 0; i < source.length; i++) {
      int[] index = TileValue.multiIndex(to, i);
      for (int axis = 0; axis < index.length; axis++) {
        source[i] += index[axis] * strides[order.get(axis)];
      }
    }
    return source;
  }

  private static int[] everySecond(int count, int first) {
    int[] source = new int[count];
    for (int i = 0; i < count; i++) {
      source[i] = 2 * i + first;
    }
    return source;
  }

  private static TileValue join(Type type, TileValue left, TileValue right) {
    var result = new TileBuffer(type);
    for (int i = 0; i < left.size(); i++) {
      result.copy(2 * i, left, i);
      result.copy(2 * i + 1, right, i);
    }
    return result.done();
  }

  private static TileValue cat(ShapeOp.Cat op, TileValue left, TileValue right) {
    Shape shape = op.result().shape();
    int border = op.left().shape().dim(op.axis());
    var result = new TileBuffer(op.result().type());
    for (int i = 0; i < shape.size(); i++) {
      int[] index = TileValue.multiIndex(shape, i);
      boolean isLeft = index[op.axis()] < border;
      if (!isLeft) {
        index[op.axis()] -= border;
      }
      TileValue source = isLeft ? left : right;
      result.copy(i, source, linear(source.type().shape(), index));
    }
    return result.done();
  }

  private static TileValue gather(ShapeOp.Gather op, TileValue source, TileValue indices) {
    Shape shape = op.result().shape();
    int extent = op.source().shape().dim(op.axis());
    var result = new TileBuffer(op.result().type());
    for (int i = 0; i < shape.size(); i++) {
      int[] index = TileValue.multiIndex(shape, i);
      index[op.axis()] = (int) indices.longAt(i) & (extent - 1);
      result.copy(i, source, linear(op.source().shape(), index));
      if (indices.isUndefined(i)) {
        result.setOrigin(i, indices.origin(i));
      }
    }
    return result.done();
  }

  private static int linear(Shape shape, int[] index) {
    int[] strides = shape.rowMajorStrides();
    int at = 0;
    for (int axis = 0; axis < index.length; axis++) {
      at += index[axis] * strides[axis];
    }
    return at;
  }
}
