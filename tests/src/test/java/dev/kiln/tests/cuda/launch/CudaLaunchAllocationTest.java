package dev.kiln.tests.cuda.launch;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.elementwise.Dropout;
import dev.kiln.kernels.product.Matmul;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.Launch;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.TensorDescriptor;
import dev.kiln.runtime.cuda.CudaDevice;
import java.lang.management.ManagementFactory;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Launches on a GPU allocate nothing on the Java heap once they run as machine code. Runs in a JVM
 * of its own, with a driver that does nothing.
 */
@Isolated("measures the memory of the process")
@Tag("allocation")
class CudaLaunchAllocationTest {
  private static final int MOST_ROUNDS = 2000;
  private static final int LAUNCHES = 100;
  private static final String TEXT =
      """
      import triton
      import triton.language as tl

      @triton.jit
      def tiny(x_ptr, out_ptr, n, BLOCK: tl.constexpr):
          offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
          x = tl.load(x_ptr + offsets, mask=offsets < n)
          tl.store(out_ptr + offsets, x + 1.0, mask=offsets < n)

      @triton.jit
      def double(x_desc, y_desc, BLOCK: tl.constexpr):
          x = x_desc.load([0, 0])
          y_desc.store([0, 0], x + x)
      """;

  private final CudaDevice device = NullDriver.open();

  @AfterEach
  void close() {
    device.close();
  }

  @Test
  void aLaunchAllocatesNothing() {
    NdArray x = NdArray.zeros(device, DType.FP32, 16);
    NdArray out = NdArray.zeros(device, DType.FP32, 16);
    Launch launch = KernelModule.of("tiny.py", TEXT).kernel("tiny").on(device);
    launch.arg("BLOCK", 16);
    settlesAtNothing("tiny", i -> launch.set(0, x).set(1, out).set(2, 15 - i % 2).launch(1, 1, 1));
  }

  @Test
  void aLaunchWithTensorMapsThatWereMadeBeforeAllocatesNothing() {
    NdArray x = NdArray.zeros(device, DType.FP32, 64, 64);
    NdArray y = NdArray.zeros(device, DType.FP32, 64, 64);
    Launch launch = KernelModule.of("tiny.py", TEXT).kernel("double").on(device);
    launch.arg("x_desc", new TensorDescriptor(x, List.of(32, 32), false));
    launch.arg("y_desc", new TensorDescriptor(y, List.of(32, 32), false));
    launch.arg("BLOCK", 32);
    settlesAtNothing("double", i -> launch.launch(1, 1, 1));
  }

  @Test
  void launchersAllocateNothing() {
    NdArray x = NdArray.zeros(device, DType.FP32, 32, 32);
    NdArray y = NdArray.zeros(device, DType.FP32, 32, 32);
    NdArray bias = NdArray.zeros(device, DType.FP32, 32);
    NdArray z = NdArray.zeros(device, DType.FP32, 32, 32);
    var matmul = new Matmul(device);
    settlesAtNothing("Matmul", i -> matmul.run(x, y, bias, Activation.RELU, z));
    var dropout = new Dropout(device);
    settlesAtNothing("Dropout", i -> dropout.run(x, 0.5, 1, i, y));
  }

  private interface Step {
    void run(int i);
  }

  /** Rounds of launches until one allocates nothing: until then interpreted code may allocate. */
  private static void settlesAtNothing(String what, Step step) {
    var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long allocated = -1;
    for (int round = 0; round < MOST_ROUNDS && allocated != 0; round++) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < LAUNCHES; i++) {
        step.run(i);
      }
      allocated = threads.getCurrentThreadAllocatedBytes() - before;
    }
    assertThat(allocated).as("bytes that %d launches of %s allocate", LAUNCHES, what).isZero();
  }
}
