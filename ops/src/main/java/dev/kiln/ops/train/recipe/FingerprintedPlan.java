package dev.kiln.ops.train.recipe;

import dev.kiln.ops.data.BatchPlan;

/** A plan whose fingerprint tells the content of its data apart, too. */
record FingerprintedPlan<B>(BatchPlan<B> plan, String content) implements BatchPlan<B> {
  @Override
  public int batches(int epoch) {
    return plan.batches(epoch);
  }

  @Override
  public B batch(int epoch, int batch) {
    return plan.batch(epoch, batch);
  }

  @Override
  public String fingerprint() {
    return content + ", " + plan.fingerprint();
  }
}
