package dev.kiln.ops.data;

/** Makes each batch when it is asked for, in the caller's thread. */
public final class BatchLoader<B> implements BatchStream<B> {
  private final BatchPlan<B> plan;
  private Position position = Position.START;

  public BatchLoader(BatchPlan<B> plan) {
    this.plan = plan;
  }

  @Override
  public BatchPlan<B> plan() {
    return plan;
  }

  @Override
  public B next() {
    B batch = plan.batch(position.epoch(), position.batch());
    position = after(plan, position);
    return batch;
  }

  @Override
  public Position position() {
    return position;
  }

  @Override
  public void restore(Position position) {
    BatchPlan.requireBatch(position.epoch(), position.batch(), plan.batches(position.epoch()));
    this.position = position;
  }

  @Override
  public void close() {}

  static Position after(BatchPlan<?> plan, Position position) {
    return position.batch() + 1 < plan.batches(position.epoch())
        ? new Position(position.epoch(), position.batch() + 1)
        : new Position(position.epoch() + 1, 0);
  }
}
