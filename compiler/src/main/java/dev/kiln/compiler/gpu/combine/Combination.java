package dev.kiln.compiler.gpu.combine;

import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The combine block of a reduction or a scan. What it combines are tuples: one operand for each
 * input.
 *
 * @param kind what the block does, if it is a single operation on its two parameters
 */
record Combination(Emission emission, Block block, Optional<BinaryKind> kind) {
  static Combination of(Emission emission, ComputeOp.Reduce reduce) {
    return new Combination(emission, reduce.combine(), reduce.simpleKind());
  }

  static Combination of(Emission emission, ComputeOp.Scan scan) {
    Block block = scan.combine();
    boolean isSimple =
        block.ops().size() == 2
            && block.ops().getFirst() instanceof ElementwiseOp.Binary binary
            && block.terminator().operands().equals(List.of(binary.result()))
            && binary.operands().equals(block.params());
    return new Combination(
        emission,
        block,
        isSimple
            ? Optional.of(((ElementwiseOp.Binary) block.ops().getFirst()).kind())
            : Optional.empty());
  }

  List<Operand> apply(List<Operand> left, List<Operand> right) {
    var arguments = new ArrayList<>(left);
    arguments.addAll(right);
    return emission.inline(block, arguments);
  }

  /** All in order, as a tree: neighbours first, so that few values live at a time. */
  List<Operand> applyToAll(List<List<Operand>> tuples) {
    int n = tuples.size();
    if (n == 1) {
      return tuples.getFirst();
    }
    int half = Integer.highestOneBit(n - 1);
    return apply(applyToAll(tuples.subList(0, half)), applyToAll(tuples.subList(half, n)));
  }

  /** Whether both orders of the sides give the same bits, so that threads agree by themselves. */
  boolean isCommutative() {
    return kind.isPresent() && kind.get().isCommutative();
  }

  /** A number that changes nothing on the left side, if there is one. */
  Optional<Operand> identity() {
    if (kind.isEmpty()) {
      return Optional.empty();
    }
    DType dtype = block.params().getFirst().dtype();
    return dtype.isFloat() ? floatIdentity(dtype) : integerIdentity(dtype);
  }

  private Optional<Operand> integerIdentity(DType dtype) {
    long smallest = dtype.isBool() ? 1 : -1L << dtype.bits() - 1;
    long identity;
    switch (kind.get()) {
      case ADD, OR, XOR, MAXU -> identity = 0;
      case MUL -> identity = 1;
      case AND, MINU -> identity = dtype.isBool() ? 1 : -1;
      case MINS -> identity = dtype.isBool() ? 0 : ~smallest;
      case MAXS -> identity = smallest;
      default -> {
        return Optional.empty();
      }
    }
    return Optional.of(
        switch (dtype) {
          case I1 -> Immediate.pred(identity != 0);
          case I64 -> Immediate.b64(identity);
          default -> Immediate.b32((int) identity);
        });
  }

  /** Of fp32 and fp64 alone: narrow floats are rarely scanned. */
  private Optional<Operand> floatIdentity(DType dtype) {
    double identity;
    switch (kind.get()) {
      case ADD -> identity = -0.0;
      case MUL -> identity = 1;
      case MIN, MAX -> identity = Double.NaN;
      case MINNAN -> identity = Double.POSITIVE_INFINITY;
      case MAXNAN -> identity = Double.NEGATIVE_INFINITY;
      default -> {
        return Optional.empty();
      }
    }
    return switch (dtype) {
      case FP32 -> Optional.of(Immediate.f32((float) identity));
      case FP64 -> Optional.of(Immediate.f64(identity));
      default -> Optional.empty();
    };
  }
}
