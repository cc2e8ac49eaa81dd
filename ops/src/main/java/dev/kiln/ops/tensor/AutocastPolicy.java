package dev.kiln.ops.tensor;

import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * In which dtype operations compute under {@linkplain Context#autocast autocast}: by name, after
 * PyTorch's lists. Operations that are not listed take their inputs as they come.
 */
public final class AutocastPolicy {
  /** What happens to the inputs of an operation. */
  public enum Rule {
    /** fp32 becomes the lower dtype: products, convolutions, attention, recurrent layers. */
    LOWER,
    /** fp16 and bf16 become fp32: losses, norms, exponentials and sums. */
    FULL,
    /** All take the widest dtype among them. */
    WIDEST,
    /** As they come. */
    KEEP
  }

  private static final String[] LOWER = {
    "matmul",
    "linear",
    "convolution",
    "transposed_convolution",
    "attention",
    "rnn",
    "lstm",
    "gru",
    "conv_lstm",
    "linear_cross_entropy"
  };

  private static final String[] FULL = {
    "exp",
    "exp2",
    "expm1",
    "log",
    "log2",
    "log1p",
    "pow",
    "rsqrt",
    "reciprocal",
    "softplus",
    "softmax",
    "log_softmax",
    "layer_norm",
    "rms_norm",
    "group_norm",
    "pixel_norm",
    "cosine_similarity",
    "sum",
    "mean",
    "prod",
    "cumsum",
    "cumprod",
    "variance",
    "std",
    "sum_squares",
    "norm",
    "log_sum_exp",
    "cross_entropy",
    "nll",
    "mse",
    "l1",
    "smooth_l1",
    "huber",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "kl",
    "hinge",
    "multi_margin",
    "soft_margin",
    "distillation",
    "triplet"
  };

  private static final String[] WIDEST = {
    "add",
    "sub",
    "mul",
    "div",
    "maximum",
    "minimum",
    "where",
    "lerp",
    "multiply_add",
    "cat",
    "stack",
    "scatter",
    "scatter_add",
    "gate",
    "learnable_prelu",
    "learnable_sigmoid",
    "learnable_swish"
  };

  /** PyTorch's rules. */
  public static final AutocastPolicy DEFAULT = usual();

  private final Map<String, Rule> rules;

  private AutocastPolicy(Map<String, Rule> rules) {
    this.rules = Map.copyOf(rules);
  }

  private static AutocastPolicy usual() {
    var rules = new HashMap<String, Rule>();
    for (String name : LOWER) {
      rules.put(name, Rule.LOWER);
    }
    for (String name : FULL) {
      rules.put(name, Rule.FULL);
    }
    for (String name : WIDEST) {
      rules.put(name, Rule.WIDEST);
    }
    return new AutocastPolicy(rules);
  }

  /** With another rule for an operation. */
  public AutocastPolicy with(String operation, Rule rule) {
    var changed = new HashMap<>(rules);
    changed.put(Objects.requireNonNull(operation), Objects.requireNonNull(rule));
    return new AutocastPolicy(changed);
  }

  /** The rule of an operation, {@link Rule#KEEP} if none was given. */
  public Rule rule(String operation) {
    return rules.getOrDefault(operation, Rule.KEEP);
  }
}
