package dev.kiln.references.torch;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.profile.CaseInputs;
import dev.kiln.ops.profile.HostTensor;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** The inputs of a case as tensors, each made once. */
final class TorchInputs implements AutoCloseable {
  private final CaseInputs inputs;
  private final Map<String, Tensor> tensors = new HashMap<>();

  TorchInputs(CaseInputs inputs) {
    this.inputs = inputs;
  }

  /** An input in its own dtype; integers have 64 bits, as libtorch wants its indices. */
  Tensor get(String name) {
    return tensors.computeIfAbsent(name, _ -> tensor(inputs.get(name)));
  }

  /** A statistic of rows with an axis of length 1 more at its end, in the dtype of x. */
  Tensor column(String name) {
    Tensor flat = as("x", name);
    return tensors.computeIfAbsent(name + " as a column", _ -> flat.unsqueeze(-1));
  }

  /** An input in the dtype of another: libtorch's norms of 16 bits on CPUs have all in one. */
  Tensor as(String like, String name) {
    Tensor tensor = get(name);
    var dtype = get(like).scalar_type();
    return tensors.computeIfAbsent(name + " as " + like, _ -> tensor.to(dtype));
  }

  /** Zeros in the dtype of an input, for arguments of which the shape alone counts. */
  Tensor zeros(String like, long... shape) {
    Tensor model = get(like);
    return tensors.computeIfAbsent(
        "zeros like " + like,
        _ -> Torch.of(new float[HostTensor.count(shape)], shape).to(model.scalar_type()));
  }

  /** A size of the case. */
  int size(String name) {
    return inputs.size(name);
  }

  /** A size of the case, for arguments of operators. */
  long[] sizes(String... names) {
    long[] sizes = new long[names.length];
    for (int i = 0; i < names.length; i++) {
      sizes[i] = inputs.size(names[i]);
    }
    return sizes;
  }

  private static Tensor tensor(HostTensor input) {
    DType dtype = input.dtype();
    if (!dtype.isFloat()) {
      return Torch.of(input.longs(), input.shape());
    }
    Tensor wide = Torch.of(input.floats(), input.shape());
    if (dtype == DType.FP32) {
      return wide;
    }
    try (wide) {
      return wide.to(dtype == DType.FP16 ? torch.ScalarType.Half : torch.ScalarType.BFloat16);
    }
  }

  @Override
  public void close() {
    tensors.values().forEach(Tensor::close);
    tensors.clear();
  }
}
