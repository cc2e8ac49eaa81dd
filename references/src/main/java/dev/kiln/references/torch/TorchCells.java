package dev.kiln.references.torch;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** The cell of an LSTM, of which libtorch has a fused form for GPUs only. */
final class TorchCells {
  static final Map<String, TorchOperation> ALL = Map.of("lstm-cell", TorchCells::lstm);

  private TorchCells() {}

  private static TorchOperation.Call lstm(TorchInputs in) {
    Tensor sums = in.get("sums");
    Tensor c = in.get("c");
    int hidden = in.size("hidden");
    return () -> {
      Tensor input = part(sums, 0, hidden).sigmoid();
      Tensor forget = part(sums, 1, hidden).sigmoid();
      Tensor fresh = part(sums, 2, hidden).tanh();
      Tensor output = part(sums, 3, hidden).sigmoid();
      Tensor next = forget.mul(c).add_(input.mul(fresh));
      return Map.of("c next", next, "h next", next.tanh().mul_(output));
    };
  }

  private static Tensor part(Tensor sums, int which, int hidden) {
    return sums.narrow(1, (long) which * hidden, hidden);
  }
}
