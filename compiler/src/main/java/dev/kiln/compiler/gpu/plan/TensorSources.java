package dev.kiln.compiler.gpu.plan;

import dev.kiln.compiler.analysis.Uses;
import dev.kiln.compiler.gpu.GpuTarget;
import dev.kiln.compiler.ir.BlockAccess;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Which blocks can be copied by tensor copies (PTX ISA, "Tensor data movement"): those of tensors
 * that a descriptor of the host describes, for then the launcher can make the tensor map. What lies
 * outside the tensor has to read as 0.
 */
public final class TensorSources {
  private static final int MOST_AXES = 5;
  private static final int LEAST_ROW_BYTES = 16;

  private final TileFunction function;
  private final Uses uses;
  private final GpuTarget target;

  public TensorSources(TileFunction function, Uses uses, GpuTarget target) {
    this.function = function;
    this.uses = uses;
    this.target = target;
  }

  /** The index of the descriptor's pointer among the parameters, if the load can be a copy. */
  public OptionalInt of(MemoryOp.Load load) {
    boolean isPlain = !load.hints().isVolatile() && load.other().map(this::isZero).orElse(true);
    return isPlain && load.block().isPresent()
        ? of(load.block().get(), load.result())
        : OptionalInt.empty();
  }

  /** The index of the descriptor's pointer among the parameters, if the store can be a copy. */
  public OptionalInt of(MemoryOp.Store store) {
    return store.block().isPresent() ? of(store.block().get(), store.value()) : OptionalInt.empty();
  }

  private OptionalInt of(BlockAccess block, Value elements) {
    int rank = elements.shape().rank();
    int row = elements.shape().dim(rank - 1) * elements.dtype().bytes();
    if (!target.hasTma()
        || rank > MOST_AXES
        || row < LEAST_ROW_BYTES
        || elements.dtype() == DType.I1) {
      return OptionalInt.empty();
    }
    int base = parameter(block.base());
    List<Value> parts = new ArrayList<>(block.extents());
    parts.addAll(block.strides());
    for (int i = 0; i < parts.size(); i++) {
      if (base < 0 || parameter(parts.get(i)) != base + 1 + i) {
        return OptionalInt.empty();
      }
    }
    return OptionalInt.of(base);
  }

  /** The index of a parameter; -1 if the value is none. */
  private int parameter(Value value) {
    for (int i = 0; i < function.params().size(); i++) {
      if (function.params().get(i).value() == value) {
        return i;
      }
    }
    return -1;
  }

  /** Whether a tile is all zeros, of the sign that masked copies write. */
  boolean isZero(Value other) {
    Optional<Op> definition = uses.definition(other);
    return definition
        .map(
            op ->
                switch (op) {
                  case ElementwiseOp.Constant constant -> isPositiveZero(constant);
                  case ShapeOp.Splat splat -> isZero(splat.operand());
                  case ShapeOp.Broadcast broadcast -> isZero(broadcast.operand());
                  default -> false;
                })
        .orElse(false);
  }

  private static boolean isPositiveZero(ElementwiseOp.Constant constant) {
    return Double.doubleToRawLongBits(constant.value().doubleValue()) == 0;
  }
}
