package dev.kiln.ops.nn;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.function.Products;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;

/** {@code y = x weight^T + bias}; weight {@code outputs x inputs}, as in PyTorch. */
public final class Linear extends Layer {
  private final Tensor weight;
  private final Tensor bias;

  public Linear(Context context, long inputs, long outputs) {
    this(context, inputs, outputs, true);
  }

  public Linear(Context context, long inputs, long outputs, boolean hasBias) {
    super(context);
    weight = parameter("weight", context.zeros(DType.FP32, outputs, inputs));
    bias = hasBias ? parameter("bias", context.zeros(DType.FP32, outputs)) : null;
  }

  public Tensor weight() {
    return weight;
  }

  @Override
  protected Tensor forward(Tensor x) {
    return Products.linear(x, weight, bias);
  }
}
