package dev.kiln.references.torch;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** What libtorch calls for one of Kiln's operations. */
@FunctionalInterface
interface TorchOperation {
  /** Takes the inputs of a case and prepares the call. */
  Call on(TorchInputs inputs);

  /** Computes the outputs that libtorch has of the operation, by Kiln's names. */
  @FunctionalInterface
  interface Call {
    Map<String, Tensor> compute();
  }

  /** A call of one operator, whose results have these names; a name {@code ""} is not compared. */
  static Call of(Aten.Call call, String... names) {
    if (names.length == 1) {
      return () -> Map.of(names[0], call.first());
    }
    return () -> {
      Tensor[] results = call.all();
      Map<String, Tensor> named = new java.util.HashMap<>();
      for (int i = 0; i < names.length; i++) {
        if (!names[i].isEmpty()) {
          named.put(names[i], results[i]);
        }
      }
      return named;
    };
  }
}
