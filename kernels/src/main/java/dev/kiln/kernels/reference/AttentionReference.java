package dev.kiln.kernels.reference;

import dev.kiln.kernels.attention.AttentionOptions;

/**
 * Attention of every query to the keys that it sees, and its gradients.
 *
 * @param q {@code batch x heads x queries x head}
 * @param k {@code batch x keyHeads x keys x head}, with {@code keyHeads} dividing {@code heads}
 * @param v like {@code k}
 * @param bias {@code batch x heads x queries x keys}, or null
 * @param slopes one for each head, or null
 * @param longestQueries the queries that dropout's numbers are counted by; {@code queries} but for
 *     packed batches
 * @param longestKeys the keys that they are counted by
 */
public record AttentionReference(
    Rounding r,
    AttentionOptions options,
    int batch,
    int heads,
    int keyHeads,
    int queries,
    int keys,
    int head,
    double[] q,
    double[] k,
    double[] v,
    double[] bias,
    double[] slopes,
    long longestQueries,
    long longestKeys) {

  /** The result, and log(sum(exp(s))) of each row. */
  public record Output(double[] o, double[] lse) {}

  /** Gradients; that of the bias is {@code batch x heads x queries x keys}. */
  public record Gradients(double[] q, double[] k, double[] v, double[] bias) {}

  /** The scores of one query, with what becomes of them. */
  private record Row(double[] derivative, double[] weight, double[] kept, double lse) {}

  public Output forward() {
    var out = new Output(new double[q.length], new double[batch * heads * queries]);
    for (int row = 0; row < out.lse.length; row++) {
      Row weights = row(row);
      out.lse[row] = weights.lse;
      for (int j = 0; j < keys; j++) {
        double w = r.of(weights.weight[j] * weights.kept[j]);
        add(out.o, row * head, w, v, key(row, j));
      }
    }
    return out;
  }

  public Gradients backward(double[] dO) {
    var grads =
        new Gradients(
            new double[q.length],
            new double[k.length],
            new double[v.length],
            new double[batch * heads * queries * keys]);
    double scale = r.of(options.scaleFor(head));
    double[] o = forward().o;
    for (int row = 0; row < batch * heads * queries; row++) {
      Row weights = row(row);
      double[] dWeight = new double[keys];
      for (int j = 0; j < keys; j++) {
        dWeight[j] = r.of(dot(dO, row * head, v, key(row, j)) * weights.kept[j]);
      }
      // The sum of weight times dWeight, after o = sum of weight times v.
      double mean = dot(dO, row * head, o, row * head);
      for (int j = 0; j < keys; j++) {
        double dScore = r.of(weights.weight[j] * r.of(dWeight[j] - mean));
        double dProduct = r.of(r.of(dScore * weights.derivative[j]) * scale);
        grads.bias[row * keys + j] = dScore;
        add(grads.q, row * head, dProduct, k, key(row, j));
        add(grads.k, key(row, j), dProduct, q, row * head);
        add(grads.v, key(row, j), r.of(weights.weight[j] * weights.kept[j]), dO, row * head);
      }
    }
    return grads;
  }

  private Row row(int row) {
    int i = row % queries;
    int h = row / queries % heads;
    int b = row / queries / heads;
    double[] s = new double[keys];
    double[] derivative = new double[keys];
    double[] kept = new double[keys];
    double top = Double.NEGATIVE_INFINITY;
    int own = options.alignment() == AttentionOptions.Alignment.FIRST ? i : i + keys - queries;
    for (int j = 0; j < keys; j++) {
      double product = r.of(dot(q, row * head, k, key(row, j)) * r.of(options.scaleFor(head)));
      double bent =
          options.softCap() == 0 ? 0 : r.of(Math.tanh(r.of(product / r.of(options.softCap()))));
      s[j] = options.softCap() == 0 ? product : r.of(bent * options.softCap());
      derivative[j] = r.of(1 - r.of(bent * bent));
      if (slopes != null) {
        s[j] = r.of(s[j] - r.of(slopes[h] * Math.abs(own - j)));
      }
      if (bias != null) {
        s[j] = r.of(s[j] + bias[row * keys + j]);
      }
      if (!isSeen(own, j)) {
        s[j] = Double.NEGATIVE_INFINITY;
      }
      top = Math.max(top, s[j]);
      kept[j] = kept(((long) b * heads + h) * longestQueries + i, j);
    }
    return softmax(s, derivative, kept, top);
  }

  private Row softmax(double[] s, double[] derivative, double[] kept, double top) {
    double[] weight = new double[keys];
    if (top == Double.NEGATIVE_INFINITY) {
      return new Row(derivative, weight, kept, top);
    }
    double total = 0;
    for (int j = 0; j < keys; j++) {
      weight[j] = r.of(Math.exp(r.of(s[j] - top)));
      total = r.of(total + weight[j]);
    }
    for (int j = 0; j < keys; j++) {
      weight[j] = r.of(weight[j] / total);
    }
    return new Row(derivative, weight, kept, r.of(top + r.of(Math.log(total))));
  }

  private boolean isSeen(int own, int j) {
    return (options.left() == AttentionOptions.UNLIMITED || j >= own - options.left())
        && (options.right() == AttentionOptions.UNLIMITED || j <= own + options.right());
  }

  /** What a weight is multiplied by: 0 where dropout takes it away. */
  private double kept(long row, int j) {
    double p = options.dropout();
    if (p == 0) {
      return 1;
    }
    long number = options.offset() + row * longestKeys + j;
    return DropoutReference.isKept(p, options.seed(), number) ? r.of(1 / r.of(1 - r.of(p))) : 0;
  }

  /** Where key {@code j} of a query's head and batch begins. */
  private int key(int row, int j) {
    int h = row / queries % heads;
    int b = row / queries / heads;
    return ((b * keyHeads + h / (heads / keyHeads)) * keys + j) * head;
  }

  private double dot(double[] x, int xFrom, double[] y, int yFrom) {
    double sum = 0;
    for (int l = 0; l < head; l++) {
      sum = r.of(sum + r.of(x[xFrom + l] * y[yFrom + l]));
    }
    return sum;
  }

  private void add(double[] to, int toFrom, double factor, double[] x, int from) {
    for (int l = 0; l < head; l++) {
      to[toFrom + l] = r.of(to[toFrom + l] + r.of(factor * x[from + l]));
    }
  }
}
