package dev.kiln.ops.model;

import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.ops.function.FeedForward;
import dev.kiln.ops.nn.Counted;
import dev.kiln.ops.nn.Layer;
import dev.kiln.ops.nn.Linear;
import dev.kiln.ops.nn.Work;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import java.util.List;

/** The feed-forward part of a {@link Gpt}'s block, four times as wide inside. */
final class GptMlp extends Layer implements Counted {
  private static final int WIDER = 4;

  private final Linear up;
  private final Linear down;
  private final Activation activation;

  GptMlp(Context context, GptOptions options) {
    super(context);
    activation = options.activation();
    long hidden = (long) WIDER * options.width();
    up = child("c_fc", new Linear(context, options.width(), hidden));
    down = child("c_proj", new Linear(context, hidden, options.width()));
  }

  @Override
  protected Tensor forward(Tensor x) {
    return FeedForward.apply(x, up.weight(), up.bias(), activation, down.weight(), down.bias());
  }

  @Override
  public Work work(List<Tensor> inputs, List<Tensor> outputs) {
    Tensor x = inputs.getFirst();
    return Work.macs(2 * x.size() * up.weight().dim(0));
  }
}
