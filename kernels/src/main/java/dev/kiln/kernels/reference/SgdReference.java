package dev.kiln.kernels.reference;

import dev.kiln.kernels.optimizer.Sgd;

/** A step of gradient descent with momentum. */
public final class SgdReference {
  private SgdReference() {}

  /** Changes {@code w} and {@code v}. */
  public static void step(
      Rounding r,
      double[] w,
      double[] g,
      double[] v,
      Sgd.Options options,
      double lr,
      long step,
      double inverseScale) {
    for (int i = 0; i < w.length; i++) {
      double gradient = r.of(r.of(g[i] * inverseScale) + r.of(options.weightDecay() * w[i]));
      if (options.momentum() != 0) {
        double fresh = step == 1 ? gradient : r.of(r.of(1 - options.dampening()) * gradient);
        v[i] = step == 1 ? fresh : r.of(r.of(options.momentum() * v[i]) + fresh);
        gradient = options.nesterov() ? r.of(gradient + r.of(options.momentum() * v[i])) : v[i];
      }
      w[i] = r.of(w[i] - r.of(lr * gradient));
    }
  }
}
