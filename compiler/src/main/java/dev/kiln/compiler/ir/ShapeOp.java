package dev.kiln.compiler.ir;

import dev.kiln.compiler.diagnostics.Location;
import java.util.List;

/**
 * Operations that move elements without changing them (and {@link MakeRange}, which makes indices).
 * Pure.
 */
public sealed interface ShapeOp extends Op {
  /** {@code start, start + 1, ...}: a tile of rank 1 of {@code i32}. */
  record MakeRange(Location loc, Value result, int start) implements ShapeOp {
    @Override
    public String mnemonic() {
      return "make_range";
    }

    @Override
    public List<Value> operands() {
      return List.of();
    }

    @Override
    public List<Value> results() {
      return List.of(result);
    }

    @Override
    public MakeRange rewrite(Rewriter r) {
      return new MakeRange(loc, r.define(result), start);
    }
  }

  /** A scalar or pointer in every element of a tile. */
  record Splat(Location loc, Value result, Value operand) implements ShapeOp {
    @Override
    public String mnemonic() {
      return "splat";
    }

    @Override
    public List<Value> operands() {
      return List.of(operand);
    }

    @Override
    public List<Value> results() {
      return List.of(result);
    }

    @Override
    public Splat rewrite(Rewriter r) {
      return new Splat(loc, r.define(result), r.use(operand));
    }
  }

  /** The only element of a tile of size 1, as a scalar. */
  record Unsplat(Location loc, Value result, Value operand) implements ShapeOp {
    @Override
    public String mnemonic() {
      return "unsplat";
    }

    @Override
    public List<Value> operands() {
      return List.of(operand);
    }

    @Override
    public List<Value> results() {
      return List.of(result);
    }

    @Override
    public Unsplat rewrite(Rewriter r) {
      return new Unsplat(loc, r.define(result), r.use(operand));
    }
  }

  /** Inserts an axis of extent 1. */
  record ExpandDims(Location loc, Value result, int axis, Value operand) implements ShapeOp {
    @Override
    public String mnemonic() {
      return "expand_dims";
    }

    @Override
    public List<Value> operands() {
      return List.of(operand);
    }

    @Override
    public List<Value> results() {
      return List.of(result);
    }

    @Override
    public ExpandDims rewrite(Rewriter r) {
      return new ExpandDims(loc, r.define(result), axis, r.use(operand));
    }
  }

  /** Repeats along axes of extent 1; the rank stays. */
  record Broadcast(Location loc, Value result, Value operand) implements ShapeOp {
    @Override
    public String mnemonic() {
      return "broadcast";
    }

    @Override
    public List<Value> operands() {
      return List.of(operand);
    }

    @Override
    public List<Value> results() {
      return List.of(result);
    }

    @Override
    public Broadcast rewrite(Rewriter r) {
      return new Broadcast(loc, r.define(result), r.use(operand));
    }
  }

  /**
   * The same elements in row-major order under another shape of the same size; a scalar may become
   * a tile of size 1.
   */
  record Reshape(Location loc, Value result, Value operand) implements ShapeOp {
    @Override
    public String mnemonic() {
      return "reshape";
    }

    @Override
    public List<Value> operands() {
      return List.of(operand);
    }

    @Override
    public List<Value> results() {
      return List.of(result);
    }

    @Override
    public Reshape rewrite(Rewriter r) {
      return new Reshape(loc, r.define(result), r.use(operand));
    }
  }

  /** Axis {@code i} of the result is axis {@code order[i]} of the operand. */
  record Permute(Location loc, Value result, List<Integer> order, Value operand)
      implements ShapeOp {
    public Permute {
      order = List.copyOf(order);
    }

    @Override
    public String mnemonic() {
      return "permute";
    }

    @Override
    public List<Value> operands() {
      return List.of(operand);
    }

    @Override
    public List<Value> results() {
      return List.of(result);
    }

    @Override
    public Permute rewrite(Rewriter r) {
      return new Permute(loc, r.define(result), order, r.use(operand));
    }
  }

  /**
   * Two tiles of one type side by side along a new last axis of extent 2; two scalars become a tile
   * of shape 2.
   */
  record Join(Location loc, Value result, Value left, Value right) implements ShapeOp {
    @Override
    public String mnemonic() {
      return "join";
    }

    @Override
    public List<Value> operands() {
      return List.of(left, right);
    }

    @Override
    public List<Value> results() {
      return List.of(result);
    }

    @Override
    public Join rewrite(Rewriter r) {
      return new Join(loc, r.define(result), r.use(left), r.use(right));
    }
  }

  /** The inverse of {@link Join}. */
  record Split(Location loc, Value left, Value right, Value operand) implements ShapeOp {
    @Override
    public String mnemonic() {
      return "split";
    }

    @Override
    public List<Value> operands() {
      return List.of(operand);
    }

    @Override
    public List<Value> results() {
      return List.of(left, right);
    }

    @Override
    public Split rewrite(Rewriter r) {
      return new Split(loc, r.define(left), r.define(right), r.use(operand));
    }
  }

  /** Two tiles of one element type one after the other along an axis; the other extents agree. */
  record Cat(Location loc, Value result, int axis, Value left, Value right) implements ShapeOp {
    @Override
    public String mnemonic() {
      return "cat";
    }

    @Override
    public List<Value> operands() {
      return List.of(left, right);
    }

    @Override
    public List<Value> results() {
      return List.of(result);
    }

    @Override
    public Cat rewrite(Rewriter r) {
      return new Cat(loc, r.define(result), axis, r.use(left), r.use(right));
    }
  }

  /**
   * {@code result[.., i, ..] = source[.., index[.., i, ..], ..]} along an axis; an integer index
   * tile of the result's shape, which agrees with the source in the other axes. An index outside
   * the axis is wrapped into it by its low bits, so that no device reads outside the tile.
   */
  record Gather(Location loc, Value result, int axis, Value source, Value index)
      implements ShapeOp {
    @Override
    public String mnemonic() {
      return "gather";
    }

    @Override
    public List<Value> operands() {
      return List.of(source, index);
    }

    @Override
    public List<Value> results() {
      return List.of(result);
    }

    @Override
    public Gather rewrite(Rewriter r) {
      return new Gather(loc, r.define(result), axis, r.use(source), r.use(index));
    }
  }
}
