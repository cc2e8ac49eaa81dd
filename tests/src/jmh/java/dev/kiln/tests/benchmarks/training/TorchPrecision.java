package dev.kiln.tests.benchmarks.training;

import java.util.function.Supplier;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.DeviceType;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Arithmetic of a model in libtorch. */
public enum TorchPrecision {
  FP64(ScalarType.Double),
  FP32(ScalarType.Float),
  /** Parameters, gradients and optimizer in bf16. */
  BF16(ScalarType.BFloat16),
  /** Parameters in fp32; {@code at::autocast} to bf16 in the forward pass. */
  AUTOCAST_BF16(ScalarType.Float);

  private final ScalarType parameters;

  TorchPrecision(ScalarType parameters) {
    this.parameters = parameters;
  }

  ScalarType parameters() {
    return parameters;
  }

  /** A forward pass in this precision. */
  <T> T forward(Supplier<T> pass) {
    if (this != AUTOCAST_BF16) {
      return pass.get();
    }
    torch.set_autocast_dtype(DeviceType.CPU, ScalarType.BFloat16);
    torch.set_autocast_enabled(DeviceType.CPU, true);
    torch.increment_nesting();
    try {
      return pass.get();
    } finally {
      if (torch.decrement_nesting() == 0) {
        torch.clear_cache();
      }
      torch.set_autocast_enabled(DeviceType.CPU, false);
    }
  }
}
