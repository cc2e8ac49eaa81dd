package dev.kiln.ops.model;

import dev.kiln.kernels.attention.AttentionOptions;
import dev.kiln.ops.function.AttentionTerms;
import dev.kiln.ops.function.Attentions;
import dev.kiln.ops.function.KeyValueCache;
import dev.kiln.ops.nn.Counted;
import dev.kiln.ops.nn.Linear;
import dev.kiln.ops.nn.Module;
import dev.kiln.ops.nn.Work;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import java.util.List;

/** Causal self-attention of a {@link Gpt}: one product for queries, keys and values. */
final class GptAttention extends Module implements Counted {
  private final int heads;
  private final Linear qkv;
  private final Linear projection;

  GptAttention(Context context, GptOptions options) {
    super(context);
    heads = options.heads();
    qkv = child("c_attn", new Linear(context, options.width(), 3L * options.width()));
    projection = child("c_proj", new Linear(context, options.width(), options.width()));
  }

  /**
   * @param x {@code batch x places x width}
   * @param dropout of the attention's weights
   * @param cache of the places before, or null if there are none
   */
  Tensor apply(Tensor x, double dropout, KeyValueCache cache) {
    Tensor y =
        frame(
            () -> {
              Tensor all = qkv.apply(x);
              Tensor o =
                  cache == null
                      ? attend(all, dropout)
                      : cache.attend(all, heads, heads, null, null, AttentionOptions.CAUSAL);
              return projection.apply(o);
            });
    applied(List.of(x), List.of(y));
    return y;
  }

  private Tensor attend(Tensor all, double dropout) {
    long scores = all.dim(0) * heads * all.dim(1) * all.dim(1);
    AttentionOptions options =
        Attentions.withDropout(AttentionOptions.CAUSAL, dropout, context(), scores);
    return Attentions.packed(all, heads, heads, null, AttentionTerms.NONE, options);
  }

  @Override
  public Work work(List<Tensor> inputs, List<Tensor> outputs) {
    Tensor x = inputs.getFirst();
    return Work.macs(2 * x.size() * x.dim(1));
  }
}
