package dev.kiln.tests.benchmarks.peer;

import dev.kiln.kernels.optimizer.Adam;
import dev.kiln.references.torch.Torch;
import dev.kiln.runtime.NdArray;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.GenericList;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorType;
import org.bytedeco.pytorch.Type;
import org.bytedeco.pytorch.global.torch;

/** Steps of {@code torch._fused_adamw_}, which only the dispatcher can call. */
final class TorchAdamW implements Runnable {
  static final double RATE = 1e-3;

  private final OperatorHandle operator =
      Dispatcher.singleton().findSchemaOrThrow("aten::_fused_adamw_", "");
  private final Tensor weights;
  private final Tensor grads;
  private final Tensor mean;
  private final Tensor square;
  private final Tensor steps = torch.zeros(1);
  private final Adam.Options options;
  private long step;

  TorchAdamW(NdArray weights, NdArray grads, Adam.Options options) {
    this.weights = Torch.copy(weights);
    this.grads = Torch.copy(grads);
    mean = torch.zeros_like(this.weights);
    square = torch.zeros_like(this.weights);
    this.options = options;
  }

  @Override
  public void run() {
    try (var _ = new PointerScope()) {
      steps.set_(Torch.of(new float[] {++step}, 1));
      var arguments = new IValueVector();
      for (Tensor tensor : new Tensor[] {weights, grads, mean, square}) {
        arguments.push_back(list(tensor));
      }
      arguments.push_back(list()); // of AMSGrad
      arguments.push_back(list(steps));
      arguments.push_back(new IValue(RATE));
      arguments.push_back(new IValue(options.beta1()));
      arguments.push_back(new IValue(options.beta2()));
      arguments.push_back(new IValue(options.weightDecay()));
      arguments.push_back(new IValue(options.eps()));
      arguments.push_back(new IValue(false)); // AMSGrad
      arguments.push_back(new IValue(false)); // maximise
      arguments.push_back(new IValue()); // scale of the gradients
      arguments.push_back(new IValue()); // found infinities
      operator.callBoxed(arguments);
    }
  }

  private static IValue list(Tensor... tensors) {
    var list = new GenericList(new Type.TypePtr(TensorType.get()));
    for (Tensor tensor : tensors) {
      list.push_back(new IValue(tensor));
    }
    return new IValue(list);
  }

  float[] weights() {
    return Torch.floats(weights);
  }

  float[] mean() {
    return Torch.floats(mean);
  }

  float[] square() {
    return Torch.floats(square);
  }
}
