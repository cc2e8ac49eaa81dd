package dev.kiln.compiler.transform;

import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Substitution;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.UnaryKind;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Decides which product and sum become one {@code fma}, rounded once. It is the only pass that
 * changes bits of results, and the only place where that is decided: no code generator contracts.
 *
 * <p>The rule: in {@code fp32} and {@code fp64}, an {@code add} or {@code sub} takes up a {@code
 * mul} of the same block whose only use it is; of two such products the left one. {@code a * b + c}
 * and {@code c + a * b} become {@code fma(a, b, c)}, {@code a * b - c} becomes {@code fma(a, b,
 * -c)}, {@code c - a * b} becomes {@code fma(-a, b, c)}. Narrower floats are never contracted, as
 * devices compute them in {@code fp32}.
 */
public final class ContractMultiplyAdd implements Pass {
  @Override
  public String name() {
    return "contract";
  }

  @Override
  public TileFunction run(TileFunction function) {
    var uses = new HashMap<Value, Integer>();
    count(function.body(), uses);
    Block body = block(function.body(), uses);
    return function.withBody(body);
  }

  private static void count(Block block, Map<Value, Integer> uses) {
    for (Op op : block.ops()) {
      op.operands().forEach(operand -> uses.merge(operand, 1, Integer::sum));
      op.blocks().forEach(nested -> count(nested, uses));
    }
  }

  private static Block block(Block block, Map<Value, Integer> uses) {
    var products = new HashMap<Value, ElementwiseOp.Binary>();
    var ops = new ArrayList<Op>(block.ops().size());
    var taken = new ArrayList<Op>();
    boolean changed = false;
    for (Op original : block.ops()) {
      Op op =
          original.blocks().isEmpty()
              ? original
              : Substitution.withBlocks(
                  original, original.blocks().stream().map(b -> block(b, uses)).toList());
      changed |= op != original;
      if (!(op instanceof ElementwiseOp.Binary binary) || !applies(binary.result().dtype())) {
        ops.add(op);
        continue;
      }
      if (binary.kind() == BinaryKind.MUL && uses.getOrDefault(binary.result(), 0) == 1) {
        products.put(binary.result(), binary);
      }
      ElementwiseOp.Binary product = product(binary, products);
      if (product == null) {
        ops.add(op);
      } else {
        taken.add(product);
        contract(binary, product, ops);
      }
    }
    if (taken.isEmpty()) {
      return changed ? new Block(block.params(), ops) : block;
    }
    var dead = java.util.Collections.newSetFromMap(new java.util.IdentityHashMap<Op, Boolean>());
    dead.addAll(taken);
    ops.removeIf(dead::contains);
    return new Block(block.params(), ops);
  }

  private static boolean applies(DType dtype) {
    return dtype == DType.FP32 || dtype == DType.FP64;
  }

  /** The product that a sum takes up, or null. */
  private static ElementwiseOp.Binary product(
      ElementwiseOp.Binary sum, Map<Value, ElementwiseOp.Binary> products) {
    if (sum.kind() != BinaryKind.ADD && sum.kind() != BinaryKind.SUB) {
      return null;
    }
    ElementwiseOp.Binary left = products.get(sum.left());
    return left != null ? left : products.get(sum.right());
  }

  private static void contract(
      ElementwiseOp.Binary sum, ElementwiseOp.Binary product, List<Op> out) {
    boolean isLeft = product.result() == sum.left();
    Value a = product.left();
    Value c = isLeft ? sum.right() : sum.left();
    if (sum.kind() == BinaryKind.SUB) {
      Value negated = new Value(c.type());
      out.add(new ElementwiseOp.Unary(sum.loc(), negated, UnaryKind.NEG, isLeft ? c : a));
      a = isLeft ? a : negated;
      c = isLeft ? negated : c;
    }
    out.add(new ElementwiseOp.Fma(sum.loc(), sum.result(), a, product.right(), c));
  }
}
