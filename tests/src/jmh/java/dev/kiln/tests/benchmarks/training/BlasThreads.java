package dev.kiln.tests.benchmarks.training;

import org.bytedeco.openblas.global.openblas;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorBase;
import org.bytedeco.pytorch.VoidTensorHook;

/**
 * How many threads OpenBLAS may use: libtorch's attention calls it from each of its own threads,
 * where it is slow unless it keeps to one; outside of attention libtorch leaves the threads to it.
 */
final class BlasThreads {
  private final int outside;
  private final VoidTensorHook enter = new Hook(1);
  private final VoidTensorHook leave;

  /**
   * @param outside of attention
   */
  BlasThreads(int outside) {
    this.outside = outside;
    leave = new Hook(outside);
    openblas.blas_set_num_threads(outside);
  }

  /** Called when a gradient has been computed. */
  private static final class Hook extends VoidTensorHook {
    private final int threads;

    Hook(int threads) {
      this.threads = threads;
    }

    @Override
    public void call(TensorBase gradient) {
      gradient.close(); // Java's reference, which would keep it
      openblas.blas_set_num_threads(threads);
    }
  }

  /** Attention begins, whose backward pass ends with the gradient of {@code inputs}. */
  void enter(Tensor inputs) {
    if (outside == 1) {
      return;
    }
    openblas.blas_set_num_threads(1);
    if (inputs.requires_grad()) {
      inputs.register_hook(leave);
    }
  }

  /** Attention ends, whose backward pass begins with the gradient of {@code output}. */
  void leave(Tensor output) {
    if (outside == 1) {
      return;
    }
    openblas.blas_set_num_threads(outside);
    if (output.requires_grad()) {
      output.register_hook(enter);
    }
  }
}
