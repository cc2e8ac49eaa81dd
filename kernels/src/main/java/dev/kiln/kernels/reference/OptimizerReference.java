package dev.kiln.kernels.reference;

import dev.kiln.kernels.optimizer.Adagrad;
import dev.kiln.kernels.optimizer.Adam;
import dev.kiln.kernels.optimizer.Lion;
import dev.kiln.kernels.optimizer.RmsProp;
import dev.kiln.kernels.optimizer.Rprop;
import dev.kiln.kernels.optimizer.Sgd;

/**
 * A step of each optimizer on one parameter. Weights {@code w} and the state change; gradients are
 * those that the rule sees, after unscaling and clipping. {@code step} counts from 1.
 */
public final class OptimizerReference {
  private OptimizerReference() {}

  /** Unscaled and clipped to {@code clipValue}. */
  public static double[] gradients(Rounding r, double[] g, double scale, double clipValue) {
    double[] used = new double[g.length];
    for (int i = 0; i < g.length; i++) {
      double unscaled = r.of(g[i] * r.of(scale));
      used[i] =
          unscaled > clipValue
              ? r.of(clipValue)
              : unscaled < -clipValue ? r.of(-clipValue) : unscaled;
    }
    return used;
  }

  /** The gradient with weight decay. */
  private static double decayed(Rounding r, double g, double decay, double w) {
    return r.of(g + r.of(r.of(decay) * w));
  }

  /** Sutskever et al., "On the importance of initialization and momentum", 2013. */
  public static void sgd(
      Rounding r, double[] w, double[] g, double[] v, Sgd.Options o, double lr, long step) {
    double momentum = r.of(o.momentum());
    for (int i = 0; i < w.length; i++) {
      double gradient = decayed(r, g[i], o.weightDecay(), w[i]);
      if (o.momentum() != 0) {
        v[i] =
            step == 1
                ? gradient
                : r.of(r.of(momentum * v[i]) + r.of(r.of(1 - o.dampening()) * gradient));
        gradient = o.nesterov() ? r.of(gradient + r.of(momentum * v[i])) : v[i];
      }
      w[i] = r.of(w[i] - r.of(r.of(lr) * gradient));
    }
  }

  /** Duchi et al., "Adaptive Subgradient Methods", 2011. */
  public static void adagrad(
      Rounding r, double[] w, double[] g, double[] s, Adagrad.Options o, double lr, long step) {
    double rate = r.of(lr / (1 + (step - 1) * o.lrDecay()));
    for (int i = 0; i < w.length; i++) {
      double gradient = decayed(r, g[i], o.weightDecay(), w[i]);
      s[i] = r.of(s[i] + r.of(gradient * gradient));
      w[i] = r.of(w[i] - r.of(rate * r.of(gradient / r.of(r.of(Math.sqrt(s[i])) + r.of(o.eps())))));
    }
  }

  /**
   * Graves, "Generating Sequences With Recurrent Neural Networks", 2013.
   *
   * @param s averages of squares
   * @param v velocities
   * @param a averages of gradients
   */
  public static void rmsProp(
      Rounding r,
      double[] w,
      double[] g,
      double[] s,
      double[] v,
      double[] a,
      RmsProp.Options o,
      double lr) {
    double fresh = r.of(1 - o.alpha());
    for (int i = 0; i < w.length; i++) {
      double gradient = decayed(r, g[i], o.weightDecay(), w[i]);
      s[i] = r.of(r.of(r.of(o.alpha()) * s[i]) + r.of(fresh * r.of(gradient * gradient)));
      a[i] = r.of(r.of(r.of(o.alpha()) * a[i]) + r.of(fresh * gradient));
      double variance = o.centered() ? Math.max(0, r.of(s[i] - r.of(a[i] * a[i]))) : s[i];
      double update = r.of(gradient / r.of(r.of(Math.sqrt(variance)) + r.of(o.eps())));
      v[i] = r.of(r.of(r.of(o.momentum()) * v[i]) + update);
      w[i] = r.of(w[i] - r.of(r.of(lr) * v[i]));
    }
  }

  /**
   * Kingma and Ba, "Adam", 2015; Loshchilov and Hutter, "Decoupled Weight Decay Regularization",
   * 2019; Reddi et al., "On the Convergence of Adam and Beyond", 2018.
   *
   * @param top the largest {@code v} so far, if that is wanted
   */
  public static void adam(
      Rounding r,
      double[] w,
      double[] g,
      double[] m,
      double[] v,
      double[] top,
      Adam.Options o,
      double lr,
      long step) {
    double beta1 = r.of(o.beta1());
    double beta2 = r.of(o.beta2());
    for (int i = 0; i < w.length; i++) {
      double gradient = o.decoupled() ? g[i] : decayed(r, g[i], o.weightDecay(), w[i]);
      m[i] = r.of(r.of(beta1 * m[i]) + r.of(r.of(1 - o.beta1()) * gradient));
      v[i] = r.of(r.of(beta2 * v[i]) + r.of(r.of(1 - o.beta2()) * r.of(gradient * gradient)));
      top[i] = Math.max(top[i], v[i]);
      double mean = r.of(m[i] / r.of(1 - Math.pow(o.beta1(), step)));
      double square = r.of((o.amsgrad() ? top[i] : v[i]) / r.of(1 - Math.pow(o.beta2(), step)));
      if (o.decoupled()) {
        w[i] = r.of(w[i] * r.of(1 - lr * o.weightDecay()));
      }
      double update = r.of(mean / r.of(r.of(Math.sqrt(square)) + r.of(o.eps())));
      w[i] = r.of(w[i] - r.of(r.of(lr) * update));
    }
  }

  /** Chen et al., "Symbolic Discovery of Optimization Algorithms", 2023. */
  public static void lion(
      Rounding r, double[] w, double[] g, double[] m, Lion.Options o, double lr) {
    for (int i = 0; i < w.length; i++) {
      double update = average(r, o.beta1(), m[i], g[i]);
      w[i] = r.of(w[i] * r.of(1 - lr * o.weightDecay()));
      w[i] = r.of(w[i] - r.of(r.of(lr) * Math.signum(update)));
      m[i] = average(r, o.beta2(), m[i], g[i]);
    }
  }

  private static double average(Rounding r, double beta, double mean, double x) {
    return r.of(r.of(r.of(beta) * mean) + r.of(r.of(1 - beta) * x));
  }

  /**
   * Riedmiller and Braun, "A direct adaptive method for faster backpropagation learning", 1993;
   * without taking a step back after a change of sign.
   *
   * @param last gradients of the step before
   * @param size step sizes, 0 at first
   */
  public static void rprop(
      Rounding r,
      double[] w,
      double[] g,
      double[] last,
      double[] size,
      Rprop.Options o,
      double lr) {
    for (int i = 0; i < w.length; i++) {
      double turn = Math.signum(g[i]) * Math.signum(last[i]);
      double factor = turn > 0 ? o.grow() : turn < 0 ? o.shrink() : 1;
      double before = size[i] == 0 ? r.of(lr) : size[i];
      size[i] = Math.clamp(r.of(before * r.of(factor)), r.of(o.least()), r.of(o.most()));
      last[i] = turn < 0 ? 0 : g[i];
      w[i] = r.of(w[i] - Math.signum(last[i]) * size[i]);
    }
  }

  /** The norm of all arrays together. */
  public static double norm(Rounding r, double scale, double[]... arrays) {
    double sum = 0;
    for (double[] array : arrays) {
      for (double x : array) {
        double scaled = r.of(x * scale);
        sum = r.of(sum + r.of(scaled * scaled));
      }
    }
    return r.of(Math.sqrt(sum));
  }
}
