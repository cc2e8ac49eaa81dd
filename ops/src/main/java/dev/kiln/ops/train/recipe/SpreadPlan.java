package dev.kiln.ops.train.recipe;

import dev.kiln.ops.data.BatchPlan;

/** Some batches of a plan's first epoch, evenly spread over it: a measure that ends in time. */
record SpreadPlan<B>(BatchPlan<B> plan, int most) implements BatchPlan<B> {
  @Override
  public int batches(int epoch) {
    return Math.min(most, plan.batches(0));
  }

  @Override
  public B batch(int epoch, int batch) {
    return plan.batch(0, (int) ((long) batch * plan.batches(0) / batches(0)));
  }

  @Override
  public String fingerprint() {
    return "%d of %s".formatted(batches(0), plan.fingerprint());
  }
}
