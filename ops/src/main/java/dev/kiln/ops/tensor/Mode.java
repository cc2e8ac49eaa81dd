package dev.kiln.ops.tensor;

/** A setting of a context that holds until this is closed. */
public interface Mode extends AutoCloseable {
  @Override
  void close();
}
