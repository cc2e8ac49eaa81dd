package dev.kiln.tests.cuda.driver;

import static dev.kiln.runtime.cuda.driver.CudaHeader.*;

import dev.kiln.runtime.sim.exec.LaneFault;

/** The status that a kernel's fault gives. */
final class FaultStatus {
  private FaultStatus() {}

  static int of(LaneFault.Kind kind) {
    return switch (kind) {
      case ILLEGAL_ADDRESS, WRITE_TO_READ_ONLY -> CUDA_ERROR_ILLEGAL_ADDRESS();
      case MISALIGNED_ADDRESS -> CUDA_ERROR_MISALIGNED_ADDRESS();
      case ILLEGAL_INSTRUCTION -> CUDA_ERROR_ILLEGAL_INSTRUCTION();
      case ASSERT -> CUDA_ERROR_ASSERT();
      case STACK_OVERFLOW -> CUDA_ERROR_HARDWARE_STACK_ERROR();
      case BARRIER, DEADLOCK, LIMIT -> CUDA_ERROR_LAUNCH_TIMEOUT();
      case TRAP, BREAKPOINT, OUT_OF_MEMORY, INTERNAL -> CUDA_ERROR_LAUNCH_FAILED();
    };
  }
}
