package dev.kiln.tests.benchmarks.training;

import dev.kiln.references.torch.Torch;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AdamW;
import org.bytedeco.pytorch.AdamWOptions;
import org.bytedeco.pytorch.OptimizerParamGroup;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Parameters of a model in libtorch by name. */
final class TorchParameters {
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();

  /** Copies of the weights; shapes give their order. */
  TorchParameters(
      Map<String, long[]> shapes, Map<String, float[]> weights, TorchPrecision precision) {
    shapes.forEach(
        (name, shape) -> {
          try (var _ = new PointerScope()) {
            Tensor tensor = Torch.of(weights.get(name), shape).to(precision.parameters());
            tensor.requires_grad_(true);
            tensor.retainReference();
            tensors.put(name, tensor);
          }
        });
  }

  Tensor get(String name) {
    return tensors.get(name);
  }

  Iterable<Tensor> all() {
    return tensors.values();
  }

  /** A part of them. */
  private TensorVector where(boolean matrices) {
    var vector = new TensorVector();
    for (Tensor tensor : tensors.values()) {
      if (tensor.dim() >= 2 == matrices) {
        vector.push_back(tensor);
      }
    }
    return vector;
  }

  TensorVector vector() {
    var vector = new TensorVector();
    tensors.values().forEach(vector::push_back);
    return vector;
  }

  /** AdamW that decays matrices alone. */
  AdamW adamW(AdamSettings settings) {
    var optimizer = new AdamW(where(true), options(settings, settings.weightDecay()));
    optimizer.add_param_group(new OptimizerParamGroup(where(false), options(settings, 0)));
    return optimizer;
  }

  private static AdamWOptions options(AdamSettings settings, double weightDecay) {
    var options = new AdamWOptions(settings.rate());
    betas(options.betas(), settings.beta1(), settings.beta2());
    options.eps().put(settings.eps());
    options.weight_decay().put(weightDecay);
    return options;
  }

  /** Sets both rates, which are a C++ tuple: its last element comes first in memory. */
  static void betas(DoublePointer tuple, double beta1, double beta2) {
    tuple.put(beta2, beta1);
  }

  void clip(double norm) {
    if (norm > 0) {
      try (var _ = new PointerScope()) {
        torch.clip_grad_norm_(vector(), norm);
      }
    }
  }

  /** The values. */
  Map<String, double[]> values() {
    var values = new LinkedHashMap<String, double[]>();
    tensors.forEach((name, tensor) -> values.put(name, Torch.doubles(tensor)));
    return values;
  }

  /** The gradients. */
  Map<String, double[]> gradients() {
    var gradients = new LinkedHashMap<String, double[]>();
    try (var _ = new PointerScope()) {
      tensors.forEach((name, tensor) -> gradients.put(name, Torch.doubles(tensor.grad())));
    }
    return gradients;
  }
}
