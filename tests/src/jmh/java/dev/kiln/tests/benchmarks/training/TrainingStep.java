package dev.kiln.tests.benchmarks.training;

/** A model with its optimizer and one batch, which can be trained on that batch over and over. */
@FunctionalInterface
public interface TrainingStep {
  /** Forward, backward and update. Returns the loss before the update. */
  double step();
}
