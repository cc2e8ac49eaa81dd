package dev.kiln.ops.model;

import dev.kiln.ops.function.KeyValueCache;
import dev.kiln.ops.function.ResidualNorm;
import dev.kiln.ops.nn.Module;
import dev.kiln.ops.nn.sequence.NormParameters;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;

/** A block of a {@link Gpt}: attention, then the feed-forward part, each behind a norm. */
final class GptBlock extends Module {
  private final NormParameters firstNorm;
  private final GptAttention attention;
  private final NormParameters secondNorm;
  private final GptMlp mlp;

  GptBlock(Context context, GptOptions options) {
    super(context);
    firstNorm = child("ln_1", new NormParameters(context, options.width(), Gpt.EPS));
    attention = child("attn", new GptAttention(context, options));
    secondNorm = child("ln_2", new NormParameters(context, options.width(), Gpt.EPS));
    mlp = child("mlp", new GptMlp(context, options));
  }

  /**
   * The residual stream between blocks. The next norm adds both, in the pass in which it reads them
   * anyway.
   *
   * @param x the stream up to the last branch
   * @param branch what the last branch adds; null before the first
   */
  record Stream(Tensor x, Tensor branch) {
    /** Frees what the graph does not need. */
    void close() {
      x.close();
      if (branch != null) {
        branch.close();
      }
    }
  }

  Stream apply(Stream stream, double dropout, KeyValueCache cache) {
    try (Scope frame = context().frame()) {
      ResidualNorm first = firstNorm.apply(stream.x, stream.branch);
      Tensor attended = attention.apply(first.norm(), dropout, cache).dropout(dropout, true);
      ResidualNorm second = secondNorm.apply(first.sum(), attended);
      Tensor fed = mlp.apply(second.norm()).dropout(dropout, true);
      return new Stream(frame.keep(second.sum()), frame.keep(fed));
    }
  }
}
