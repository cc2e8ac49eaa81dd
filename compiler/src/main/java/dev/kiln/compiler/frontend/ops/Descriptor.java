package dev.kiln.compiler.frontend.ops;

import dev.kiln.compiler.frontend.Composite;
import dev.kiln.compiler.frontend.FrontValue;
import dev.kiln.compiler.frontend.FrontValue.Tensor;
import dev.kiln.compiler.frontend.TensorType;
import dev.kiln.compiler.frontend.TensorType.PointerTo;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Shape;
import java.util.ArrayList;
import java.util.List;

/**
 * A tensor in memory and the block in which it is accessed; every access is checked against its
 * bounds.
 *
 * @param shape {@code int32} extents
 * @param strides {@code int64}, in elements; the last is 1
 */
record Descriptor(
    Tensor base, List<Tensor> shape, List<Tensor> strides, Shape block, boolean padWithNan)
    implements Composite {

  DType dtype() {
    return ((PointerTo) base.type().element()).pointee();
  }

  TensorType blockType() {
    return TensorType.of(dtype(), block);
  }

  @Override
  public List<FrontValue> parts() {
    List<FrontValue> parts = new ArrayList<>();
    parts.add(base);
    parts.addAll(shape);
    parts.addAll(strides);
    return parts;
  }

  @Override
  public Composite withParts(List<FrontValue> parts) {
    int rank = block.rank();
    List<Tensor> tensors = parts.stream().map(Tensor.class::cast).toList();
    return new Descriptor(
        tensors.getFirst(),
        tensors.subList(1, 1 + rank),
        tensors.subList(1 + rank, 1 + 2 * rank),
        block,
        padWithNan);
  }

  @Override
  public boolean sameKind(FrontValue other) {
    return other instanceof Descriptor that
        && that.block.equals(block)
        && that.padWithNan == padWithNan
        && that.base.type().equals(base.type());
  }

  @Override
  public String typeName() {
    return "tensordesc<%s%s>".formatted(dtype().shortName(), Broadcasting.show(block));
  }
}
