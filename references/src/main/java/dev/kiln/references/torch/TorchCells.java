package dev.kiln.references.torch;

import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/** Cells of recurrent layers, of which libtorch has fused forms for GPUs only: gate by gate. */
final class TorchCells {
  static final Map<String, TorchOperation> ALL =
      Map.of(
          "lstm-cell", TorchCells::lstm,
          "lstm-cell-backward", TorchCells::lstmBackward,
          "gru-cell", TorchCells::gru);

  private TorchCells() {}

  private static Tensor part(Tensor sums, int which, TorchInputs in) {
    int hidden = in.size("hidden");
    return sums.narrow(1, (long) which * hidden, hidden);
  }

  private static TorchOperation.Call lstm(TorchInputs in) {
    Tensor sums = in.get("sums");
    Tensor c = in.get("c");
    return () -> {
      Tensor input = part(sums, 0, in).sigmoid();
      Tensor forget = part(sums, 1, in).sigmoid();
      Tensor fresh = part(sums, 2, in).tanh();
      Tensor output = part(sums, 3, in).sigmoid();
      Tensor next = forget.mul(c).add_(input.mul(fresh));
      return Map.of("c next", next, "h next", next.tanh().mul_(output));
    };
  }

  private static TorchOperation.Call lstmBackward(TorchInputs in) {
    Tensor saved = in.get("saved");
    Tensor c = in.get("c");
    Tensor next = in.get("c next");
    Tensor dh = in.get("dh");
    Tensor dc = in.get("dc");
    return () -> {
      Tensor input = part(saved, 0, in);
      Tensor forget = part(saved, 1, in);
      Tensor fresh = part(saved, 2, in);
      Tensor output = part(saved, 3, in);
      Tensor bent = next.tanh();
      Tensor ofCell = Aten.call("tanh_backward", dh.mul(output), bent).add_(dc);
      Tensor dsums =
          Aten.call(
              "cat",
              new Tensor[] {
                Aten.call("sigmoid_backward", ofCell.mul(fresh), input),
                Aten.call("sigmoid_backward", ofCell.mul(c), forget),
                Aten.call("tanh_backward", ofCell.mul(input), fresh),
                Aten.call("sigmoid_backward", dh.mul(bent), output)
              },
              1);
      return Map.of("dsums", dsums, "dc before", ofCell.mul(forget));
    };
  }

  private static TorchOperation.Call gru(TorchInputs in) {
    Tensor sums = in.get("sums");
    Tensor stateSums = in.get("state sums");
    Tensor h = in.get("h");
    return () -> {
      Tensor reset = part(sums, 0, in).add(part(stateSums, 0, in)).sigmoid_();
      Tensor update = part(sums, 1, in).add(part(stateSums, 1, in)).sigmoid_();
      Tensor fresh = part(sums, 2, in).add(reset.mul(part(stateSums, 2, in))).tanh_();
      return Map.of("h next", h.sub(fresh).mul_(update).add_(fresh));
    };
  }
}
