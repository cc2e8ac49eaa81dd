package dev.kiln.ops.nn.sequence;

import dev.kiln.ops.function.Embeddings;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;

/**
 * Ends of the sequences of a batch, as indices of rows: element {@code t} of sequence {@code b} is
 * row {@code t batch + b}.
 */
record Lengths(Tensor reversed, Tensor ends, Tensor mask) {
  static Lengths of(Context context, int[] lengths, long steps) {
    int batch = lengths.length;
    int[] reversed = new int[Math.toIntExact(steps * batch)];
    int[] ends = new int[batch];
    float[] mask = new float[reversed.length];
    for (int b = 0; b < batch; b++) {
      ends[b] = (lengths[b] - 1) * batch + b;
      for (int t = 0; t < steps; t++) {
        boolean isInside = t < lengths[b];
        reversed[t * batch + b] = (isInside ? lengths[b] - 1 - t : t) * batch + b;
        mask[t * batch + b] = isInside ? 1 : 0;
      }
    }
    return new Lengths(
        context.of(reversed, reversed.length),
        context.of(ends, batch),
        context.of(mask, steps, batch, 1));
  }

  /** Each sequence from its end to its start; what is behind its end stays. */
  Tensor reverse(Tensor x) {
    return Embeddings.embedding(reversed, x.flatten(0, 1)).reshape(x.shape());
  }

  /** The element at the end of each sequence: {@code batch x features}. */
  Tensor last(Tensor x) {
    return Embeddings.embedding(ends, x.flatten(0, 1));
  }

  /** 0 behind the end of a sequence. */
  Tensor masked(Tensor x) {
    return x.mul(mask.to(x.dtype()));
  }
}
