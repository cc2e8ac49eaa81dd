package dev.kiln.compiler.gpu.plan;

import dev.kiln.compiler.analysis.Uses;
import dev.kiln.compiler.gpu.GpuTarget;
import dev.kiln.compiler.gpu.KernelAbi.Source;
import dev.kiln.compiler.ir.BlockAccess;
import dev.kiln.compiler.ir.CastKind;
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

/**
 * Which blocks can be copied by tensor copies (PTX ISA, "Tensor data movement"): those of tensors
 * whose address, extents and strides are parameters or numbers, for then the launcher can make the
 * tensor map. What lies outside the tensor has to read as 0, and it has to be known, or owed by the
 * author of a descriptor, that addresses of rows are multiples of 16 bytes.
 */
public final class TensorSources {
  private static final int MOST_AXES = 5;
  private static final int GRANULE = 16;

  private final TileFunction function;
  private final Uses uses;
  private final GpuTarget target;
  private final boolean isVersioned;

  /**
   * @param isVersioned whether the kernel has versions for parameters that less divides
   */
  public TensorSources(TileFunction function, Uses uses, GpuTarget target, boolean isVersioned) {
    this.isVersioned = isVersioned;
    this.function = function;
    this.uses = uses;
    this.target = target;
  }

  /** The tensor, if the load can be a copy. */
  public Optional<TensorSource> of(MemoryOp.Load load) {
    boolean isPlain = !load.hints().isVolatile() && load.other().map(this::isZero).orElse(true);
    return isPlain ? load.block().flatMap(block -> of(block, load.result())) : Optional.empty();
  }

  /** The tensor, if the store can be a copy. */
  public Optional<TensorSource> of(MemoryOp.Store store) {
    return store.block().flatMap(block -> of(block, store.value()));
  }

  private Optional<TensorSource> of(BlockAccess block, Value elements) {
    int rank = elements.shape().rank();
    int bytes = elements.dtype().bytes();
    if (!target.hasTma()
        || rank > MOST_AXES
        || elements.shape().dim(rank - 1) * bytes < GRANULE
        || elements.dtype() == DType.I1) {
      return Optional.empty();
    }
    int base = parameter(block.base());
    List<Optional<Source>> sources = new ArrayList<>();
    block.extents().forEach(extent -> sources.add(source(extent)));
    block.strides().forEach(stride -> sources.add(source(stride)));
    boolean isKnown =
        base >= 0
            && sources.stream().allMatch(Optional::isPresent)
            && sources.getLast().equals(Optional.of(Source.number(1)))
            && (block.isAligned() || isAligned(base, block, bytes));
    return isKnown
        ? Optional.of(new TensorSource(base, sources.stream().map(Optional::orElseThrow).toList()))
        : Optional.empty();
  }

  /** Where the launcher finds a number that is the same in all programs. */
  private Optional<Source> source(Value value) {
    int parameter = parameter(value);
    if (parameter >= 0) {
      return Optional.of(Source.argument(parameter));
    }
    return uses.definition(value)
        .flatMap(
            op ->
                switch (op) {
                  case ElementwiseOp.Constant constant ->
                      Optional.of(Source.number(constant.value().longValue()));
                  case ElementwiseOp.Cast cast when cast.kind() == CastKind.EXTS ->
                      source(cast.operand());
                  case ElementwiseOp.Hint hint -> source(hint.operand());
                  default -> Optional.empty();
                });
  }

  /** Whether tensor maps are surely possible: not if versions for other parameters exist. */
  private boolean isAligned(int base, BlockAccess block, int bytes) {
    return !isVersioned
        && function.params().get(base).divisibility() % GRANULE == 0
        && block.strides().subList(0, block.strides().size() - 1).stream()
            .map(stride -> source(stride).orElseThrow())
            .allMatch(stride -> divisor(stride) * bytes % GRANULE == 0);
  }

  private long divisor(Source source) {
    return source.isArgument()
        ? function.params().get(source.argument()).divisibility()
        : source.number();
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
