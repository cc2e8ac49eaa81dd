package dev.kiln.ops.train;

import dev.kiln.ops.nn.Module;
import dev.kiln.ops.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/** The buffers of a model at one time, such as running statistics of norms. */
record BufferSnapshot(Map<Tensor, Tensor> copies) {
  /** Copies go with the current scope. */
  static BufferSnapshot of(Module model) {
    var copies = new LinkedHashMap<Tensor, Tensor>();
    for (Tensor buffer : model.buffers().values()) {
      Tensor copy = model.context().empty(buffer.dtype(), buffer.shape());
      copies.put(buffer, copy.copyFrom(buffer));
    }
    return new BufferSnapshot(copies);
  }

  void restore() {
    copies.forEach(Tensor::copyFrom);
  }
}
