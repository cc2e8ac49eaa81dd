package dev.kiln.ops.function;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.tensor.Axes;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;

/** Losses that bring vectors of a kind together and others apart. */
public final class ContrastiveLosses {
  private static final double EPS = 1e-8;

  private ContrastiveLosses() {}

  /**
   * The cosine of the angle between rows: {@code a.b / (max(|a|, eps) max(|b|, eps))}.
   *
   * @param a {@code ... x features}
   * @param b of its shape
   * @return {@code ...}
   */
  public static Tensor cosineSimilarity(Tensor a, Tensor b) {
    String name = "cosine_similarity";
    Axes.requireShape(name, b, a);
    Tensor[] in = a.context().cast(name, a, b);
    return a.context().frame(() -> unit(in[0]).mul(unit(in[1])).sum(-1));
  }

  /**
   * Cosine embedding loss: the mean of {@code 1 - cos} where {@code y} is 1, of {@code max(0, cos -
   * margin)} where it is -1.
   *
   * @param a {@code rows x features}
   * @param b of its shape
   * @param y {@code rows} numbers, -1 or 1
   */
  public static Tensor cosineEmbedding(Tensor a, Tensor b, Tensor y, double margin) {
    return a.context()
        .frame(
            () -> {
              Tensor cosine = cosineSimilarity(a, b);
              Axes.requireShape("cosine_embedding", y, cosine);
              Tensor apart = cosine.sub(margin).maximum(0);
              return y.gt(0).where(cosine.rsub(1), apart).mean();
            });
  }

  /** Rows along the last axis at a length of 1; those shorter than 1e-8 stay shorter. */
  public static Tensor unit(Tensor x) {
    return x.context().frame(() -> x.div(x.norm(true, -1).maximum(EPS)));
  }

  /**
   * InfoNCE (van den Oord et al., 2018): the cross-entropy of each query against all keys, whose
   * right one has the query's row. Scores are products; {@link #unit} makes them cosines, as SimCLR
   * and CLIP do.
   *
   * @param queries {@code rows x features}
   * @param keys likewise
   * @param temperature what scores are divided by, above 0
   */
  public static Tensor infoNce(Tensor queries, Tensor keys, double temperature) {
    String name = "info_nce";
    if (queries.rank() != 2) {
      throw new KilnException(name + ": the queries must be a matrix, but are " + queries);
    }
    Axes.requireShape(name, keys, queries);
    above0(name, "temperature", temperature);
    Context context = queries.context();
    return context.frame(
        () -> {
          Tensor scores = Products.linear(queries, keys, null).div(temperature);
          return CrossEntropies.crossEntropy(scores, context.arange(DType.I32, queries.dim(0)));
        });
  }

  /**
   * Triplet loss (Schroff et al., "FaceNet", 2015; distances as in PyTorch, not squared): the mean
   * of {@code max(0, |anchor - positive| - |anchor - negative| + margin)}.
   *
   * @param anchor {@code rows x features}
   * @param positive likewise, of the same kind as the anchor
   * @param negative likewise, of another kind
   */
  public static Tensor triplet(Tensor anchor, Tensor positive, Tensor negative, double margin) {
    String name = "triplet";
    Axes.requireShape(name, positive, anchor);
    Axes.requireShape(name, negative, anchor);
    above0(name, "margin", margin);
    Tensor[] in = anchor.context().cast(name, anchor, positive, negative);
    return anchor
        .context()
        .frame(
            () -> distance(in[0], in[1]).sub(distance(in[0], in[2])).add(margin).maximum(0).mean());
  }

  /** PyTorch adds 1e-6 to each difference, which keeps the root away from 0. */
  private static Tensor distance(Tensor a, Tensor b) {
    return a.sub(b).add(1e-6).norm(-1);
  }

  /**
   * Negative sampling (Mikolov et al., 2013): the mean over rows of {@code -log s(c.o) - sum_k log
   * s(-c.n_k)}, s the sigmoid.
   *
   * @param centre {@code rows x features}: vectors of words, or of contexts
   * @param outside likewise: what was seen together with them
   * @param negatives {@code rows x k x features}: what was drawn
   */
  public static Tensor negativeSampling(Tensor centre, Tensor outside, Tensor negatives) {
    String name = "negative_sampling";
    Axes.requireShape(name, outside, centre);
    if (centre.rank() != 2
        || negatives.rank() != 3
        || negatives.dim(0) != centre.dim(0)
        || negatives.dim(2) != centre.dim(1)) {
      throw new KilnException(
          "%s: the negatives must be rows x k x features for rows x features of %s, but are %s"
              .formatted(name, centre, negatives));
    }
    return centre
        .context()
        .frame(
            () -> {
              Tensor good = centre.mul(outside).sum(-1);
              Tensor bad = negatives.mul(centre.unsqueeze(1)).sum(-1);
              Tensor likelihood = good.logSigmoid().sum().add(bad.neg().logSigmoid().sum());
              return likelihood.mul(-1.0 / centre.dim(0));
            });
  }

  private static void above0(String name, String what, double value) {
    if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
      throw new KilnException(
          "%s: the %s must be a number above 0, but is %s".formatted(name, what, value));
    }
  }
}
