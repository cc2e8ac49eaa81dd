package dev.kiln.kernels.reference;

import dev.kiln.kernels.optimizer.AdamW;

/** A step of AdamW: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2019. */
public final class AdamWReference {
  private AdamWReference() {}

  /** Changes {@code w}, {@code m} and {@code v}. */
  public static void step(
      Rounding r,
      double[] w,
      double[] g,
      double[] m,
      double[] v,
      AdamW.Options options,
      double lr,
      long step,
      double inverseScale) {
    double beta1 = r.of(options.beta1());
    double beta2 = r.of(options.beta2());
    for (int i = 0; i < w.length; i++) {
      double gradient = r.of(g[i] * inverseScale);
      m[i] = r.of(r.of(beta1 * m[i]) + r.of(r.of(1 - options.beta1()) * gradient));
      v[i] = r.of(r.of(beta2 * v[i]) + r.of(r.of(1 - options.beta2()) * r.of(gradient * gradient)));
      double mean = r.of(m[i] / r.of(1 - Math.pow(options.beta1(), step)));
      double square = r.of(v[i] / r.of(1 - Math.pow(options.beta2(), step)));
      w[i] = r.of(w[i] * r.of(1 - lr * options.weightDecay()));
      w[i] = r.of(w[i] - r.of(lr * r.of(mean / r.of(r.of(Math.sqrt(square)) + options.eps()))));
    }
  }
}
