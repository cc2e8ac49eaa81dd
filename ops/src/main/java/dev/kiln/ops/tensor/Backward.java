package dev.kiln.ops.tensor;

/** How an operation turns the gradients of its results into those of its inputs. */
@FunctionalInterface
public interface Backward {
  /** Reads {@code gradients.of(...)} and gives each gradient that is needed. */
  void run(Gradients gradients);
}
