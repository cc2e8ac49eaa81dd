package dev.kiln.ops.nn.sequence;

import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.ops.function.FeedForward;
import dev.kiln.ops.function.Products;
import dev.kiln.ops.nn.Counted;
import dev.kiln.ops.nn.Linear;
import dev.kiln.ops.nn.Module;
import dev.kiln.ops.nn.Work;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * What encoder and decoder blocks share: branches around which the sequence goes, and their norms.
 */
public abstract sealed class TransformerBlock extends Module implements Counted
    permits TransformerEncoderBlock, TransformerDecoderBlock {
  private final TransformerOptions options;
  private Linear up;
  private Linear down;

  TransformerBlock(Context context, TransformerOptions options) {
    super(context);
    this.options = options;
  }

  final TransformerOptions options() {
    return options;
  }

  /** Adds the parameters of the feed-forward part. */
  final void addFeedForward() {
    up = child("linear1", new Linear(context(), options.width(), options.hidden()));
    down = child("linear2", new Linear(context(), options.hidden(), options.width()));
  }

  final NormParameters norm(String name) {
    return child(name, new NormParameters(context(), options.width(), options.eps()));
  }

  /** A branch with its norm, before it or behind the addition. */
  final Tensor around(Tensor x, NormParameters norm, UnaryOperator<Tensor> branch) {
    if (options.normFirst()) {
      return x.add(dropped(branch.apply(norm.apply(x))));
    }
    return norm.apply(x, dropped(branch.apply(x))).norm();
  }

  final Tensor feedForward(Tensor x) {
    Activation activation = options.activation();
    if (!isTraining() || options.dropout() == 0) {
      return FeedForward.apply(x, up.weight(), up.bias(), activation, down.weight(), down.bias());
    }
    Tensor hidden = Products.linear(x, up.weight(), up.bias()).activate(activation);
    return Products.linear(dropped(hidden), down.weight(), down.bias());
  }

  private Tensor dropped(Tensor x) {
    return x.dropout(options.dropout(), isTraining());
  }

  /** The feed-forward part; attention counts for itself. */
  @Override
  public final Work work(List<Tensor> inputs, List<Tensor> outputs) {
    return Work.macs(2 * inputs.getFirst().size() * options.hidden());
  }
}
