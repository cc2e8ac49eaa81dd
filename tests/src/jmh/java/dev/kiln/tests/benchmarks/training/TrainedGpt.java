package dev.kiln.tests.benchmarks.training;

import dev.kiln.ops.text.TokenBatch;

/** A GPT of one of the libraries with its optimizer. */
interface TrainedGpt extends AutoCloseable {
  /** Forward, backward, clipping and update. Returns the loss before the update. */
  double step(TokenBatch batch, double rate);

  /** The mean loss, without gradients. */
  double loss(TokenBatch batch);

  @Override
  void close();
}
