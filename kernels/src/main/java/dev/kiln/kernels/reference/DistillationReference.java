package dev.kiln.kernels.reference;

/** Distillation of one row: see Hinton, Vinyals and Dean, 2015. */
public final class DistillationReference {
  private DistillationReference() {}

  /** {@code sum(p (log p - log q))} with the softmax of both rows at a temperature. */
  public static double divergence(
      Rounding r, double[] student, double[] teacher, double temperature) {
    double[] logQ = CrossEntropyReference.logSoftmax(r, cooled(r, student, temperature));
    double[] logP = CrossEntropyReference.logSoftmax(r, cooled(r, teacher, temperature));
    double sum = 0;
    for (int j = 0; j < logQ.length; j++) {
      double p = r.of(Math.exp(logP[j]));
      if (p > 0) {
        sum = r.of(sum + r.of(p * r.of(logP[j] - logQ[j])));
      }
    }
    return sum;
  }

  /** {@code softPart T^2 KL + (1 - softPart) CE}. */
  public static double loss(
      Rounding r,
      double[] student,
      double[] teacher,
      int target,
      double temperature,
      double softPart) {
    double soft = divergence(r, student, teacher, temperature);
    double hard = CrossEntropyReference.loss(r, student, target, 0);
    soft = r.of(soft * r.of(softPart * temperature * temperature));
    return r.of(soft + r.of(hard * r.of(1 - softPart)));
  }

  /** The gradient of the student's logits. */
  public static double[] gradient(
      Rounding r,
      double[] student,
      double[] teacher,
      int target,
      double temperature,
      double softPart) {
    double[] logQ = CrossEntropyReference.logSoftmax(r, cooled(r, student, temperature));
    double[] logP = CrossEntropyReference.logSoftmax(r, cooled(r, teacher, temperature));
    double[] gradient = CrossEntropyReference.gradient(r, student, target, 0, r.of(1 - softPart));
    for (int j = 0; j < gradient.length; j++) {
      double soft = r.of(r.of(Math.exp(logQ[j])) - r.of(Math.exp(logP[j])));
      gradient[j] = r.of(gradient[j] + r.of(soft * r.of(softPart * temperature)));
    }
    return gradient;
  }

  private static double[] cooled(Rounding r, double[] x, double temperature) {
    double[] cooled = new double[x.length];
    for (int j = 0; j < x.length; j++) {
      cooled[j] = r.of(x[j] * r.of(1 / temperature));
    }
    return cooled;
  }
}
