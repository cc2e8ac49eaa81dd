package dev.kiln.tests.benchmarks.training;

import dev.kiln.references.torch.Torch;
import java.util.Arrays;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AdamW;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * A GPT in eager libtorch, as in nanoGPT: learned positions, blocks that normalize first, one
 * product for queries, keys and values (in this order), GELU in its tanh form, the head tied to the
 * token embedding and without bias, no dropout; mean cross-entropy; AdamW.
 */
public final class TorchGpt implements AutoCloseable {
  private static final double EPS = 1e-5;
  private static final long MEAN = 1;
  private static final long NO_IGNORED_INDEX = -100;

  private final GptShape shape;
  private final TorchPrecision precision;
  private final AdamSettings settings;
  private final TorchParameters parameters;
  private final AdamW optimizer;
  private final Tensor positions;
  private final BlasThreads blas;
  private final TensorOptional none = new TensorOptional();
  private final DoubleOptional defaultScale = new DoubleOptional();

  /**
   * A model with the given weights, named and shaped as {@link GptShape#parameters()} says.
   *
   * @param threads of OpenBLAS, where libtorch leaves it to it
   */
  public TorchGpt(
      GptShape shape,
      Map<String, float[]> weights,
      TorchPrecision precision,
      AdamSettings settings,
      int threads) {
    this.shape = shape;
    this.precision = precision;
    this.settings = settings;
    parameters = new TorchParameters(shape.parameters(), weights, precision);
    blas = new BlasThreads(threads);
    optimizer = parameters.adamW(settings);
    long[] range = new long[shape.context()];
    Arrays.setAll(range, i -> i);
    positions = Torch.of(range, range.length);
  }

  /** Tokens as libtorch takes them: [batch, context]. */
  public Tensor tokens(int[] tokens) {
    long[] wide = Arrays.stream(tokens).asLongStream().toArray();
    return Torch.of(wide, tokens.length / shape.context(), shape.context());
  }

  /** A step on one batch: inputs and targets as {@link #tokens} gives them. */
  public double step(Tensor tokens, Tensor targets) {
    double loss = backward(tokens, targets);
    update();
    return loss;
  }

  /** Forward and backward; returns the loss. The gradients stay until the next call. */
  public double backward(Tensor tokens, Tensor targets) {
    optimizer.zero_grad();
    Tensor loss;
    // What only Java refers to goes before the backward pass, as it does in Python.
    try (var _ = new PointerScope()) {
      loss = loss(tokens, targets);
      loss.retainReference();
    }
    loss.backward();
    double value = loss.item_double();
    loss.close();
    return value;
  }

  /** Clips, and lets the optimizer step. */
  public void update() {
    parameters.clip(settings.clip());
    try (var _ = new PointerScope()) {
      optimizer.step();
    }
  }

  /** Sets the learning rate. */
  public void rate(double rate) {
    try (var _ = new PointerScope()) {
      var groups = optimizer.param_groups();
      for (long i = 0; i < groups.size(); i++) {
        groups.get(i).options().set_lr(rate);
      }
    }
  }

  /** The mean loss without gradients. */
  public double evaluate(Tensor tokens, Tensor targets) {
    try (var _ = new PointerScope();
        var _ = new NoGradGuard()) {
      return loss(tokens, targets).item_double();
    }
  }

  private Tensor loss(Tensor tokens, Tensor targets) {
    return precision.forward(
        () ->
            torch.cross_entropy_loss(
                logits(tokens).view(-1, shape.vocabulary()),
                targets.view(-1),
                none,
                MEAN,
                NO_IGNORED_INDEX,
                0));
  }

  private Tensor logits(Tensor tokens) {
    Tensor x =
        torch
            .embedding(parameters.get("wte.weight"), tokens)
            .add(torch.embedding(parameters.get("wpe.weight"), positions));
    for (int layer = 0; layer < shape.layers(); layer++) {
      String block = "h." + layer + ".";
      x = x.add(attention(norm(x, block + "ln_1"), block + "attn."));
      Tensor hidden = linear(norm(x, block + "ln_2"), block + "mlp.c_fc");
      x = x.add(linear(torch.gelu(hidden, "tanh"), block + "mlp.c_proj"));
    }
    return torch.linear(norm(x, "ln_f"), parameters.get("wte.weight"));
  }

  private Tensor attention(Tensor x, String name) {
    int width = shape.width();
    Tensor qkv = linear(x, name + "c_attn");
    var parts = torch.split(qkv, (long) width, 2);
    blas.enter(qkv);
    Tensor o =
        torch.scaled_dot_product_attention(
            heads(parts.get(0)),
            heads(parts.get(1)),
            heads(parts.get(2)),
            none,
            0,
            true,
            defaultScale,
            false);
    blas.leave(o);
    return linear(o.transpose(1, 2).reshape(-1, shape.context(), width), name + "c_proj");
  }

  private Tensor heads(Tensor x) {
    long state = shape.width() / shape.heads();
    return x.view(-1, shape.context(), shape.heads(), state).transpose(1, 2);
  }

  private Tensor linear(Tensor x, String name) {
    return torch.linear(x, parameters.get(name + ".weight"), bias(name));
  }

  private TensorOptional bias(String name) {
    return new TensorOptional(parameters.get(name + ".bias"));
  }

  private Tensor norm(Tensor x, String name) {
    return torch.layer_norm(
        x,
        new long[] {shape.width()},
        new TensorOptional(parameters.get(name + ".weight")),
        bias(name),
        EPS,
        false);
  }

  /** Of the last backward pass, by name; tied weights have one. */
  public Map<String, double[]> gradients() {
    return parameters.gradients();
  }

  /** Values of all parameters. */
  public Map<String, double[]> weights() {
    return parameters.values();
  }

  @Override
  public void close() {
    optimizer.close();
    parameters.all().forEach(Tensor::close);
  }
}
