package dev.kiln.references.torch;

import dev.kiln.ops.profile.CaseInputs;
import dev.kiln.ops.profile.ReferenceRun;
import dev.kiln.references.blas.BlasThreads;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;

/** A prepared call of libtorch. It has finished when it returns. */
final class TorchRun implements ReferenceRun {
  private final TorchInputs inputs;
  private final TorchOperation.Call call;

  private final int blasThreads;

  private Map<String, Tensor> results = Map.of();

  /**
   * @param blasThreads threads for OpenBLAS, which libtorch may call from each of its own
   */
  TorchRun(CaseInputs inputs, TorchOperation operation, int blasThreads) {
    this.inputs = new TorchInputs(inputs);
    this.blasThreads = blasThreads;
    this.call = operation.on(this.inputs);
  }

  @Override
  public void run() {
    free();
    BlasThreads.require(blasThreads);
    try (var _ = new PointerScope();
        var _ = new NoGradGuard()) {
      results = kept(call.compute());
    }
  }

  /** Handles of their own, which outlive the scope: some tensors are parts of what it frees. */
  private static Map<String, Tensor> kept(Map<String, Tensor> computed) {
    Map<String, Tensor> kept = new LinkedHashMap<>();
    computed.forEach(
        (name, tensor) -> {
          var handle = new Tensor(tensor);
          handle.retainReference();
          kept.put(name, handle);
        });
    return kept;
  }

  private void free() {
    results.values().forEach(Tensor::releaseReference);
    results = Map.of();
  }

  @Override
  public void synchronize() {}

  @Override
  public Map<String, double[]> outputs() {
    Map<String, double[]> values = new LinkedHashMap<>();
    results.forEach((name, tensor) -> values.put(name, Torch.doubles(tensor)));
    return values;
  }

  @Override
  public void close() {
    free();
    inputs.close();
  }
}
