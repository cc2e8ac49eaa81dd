package dev.kiln.tests.benchmarks;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.KernelFiles;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.Launch;
import dev.kiln.runtime.NdArray;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;

/**
 * A process that launches one kernel. Prints nanoseconds from the first touch of Kiln: until the
 * kernel is ready to run, and until its first launch has ended; then the same of the processor's
 * time that this thread took, 0 where the system does not tell.
 */
final class StartedKernel {
  private static final int ELEMENTS = 1000;

  /** Linux: nanoseconds on a processor, nanoseconds of waiting for one, time slices. */
  private static final String PROCESSOR_TIME = "/proc/thread-self/schedstat";

  private final RandomAccessFile file;
  private final byte[] text = new byte[100];

  private StartedKernel() throws IOException {
    this.file = open();
  }

  private static RandomAccessFile open() {
    try {
      return new RandomAccessFile(PROCESSOR_TIME, "r");
    } catch (IOException e) {
      return null;
    }
  }

  private long processorNanos() throws IOException {
    if (file == null) {
      return 0;
    }
    file.seek(0);
    String line = new String(text, 0, file.read(text), StandardCharsets.US_ASCII);
    return Long.parseLong(line, 0, line.indexOf(' '), 10);
  }

  public static void main(String[] arguments) throws IOException {
    var clock = new StartedKernel();
    clock.processorNanos(); // loads what that takes
    long start = System.nanoTime();
    long startOfWork = clock.processorNanos();
    KernelModule module = KernelFiles.module("activation.py");
    Device device = Devices.cpu();
    NdArray x = NdArray.empty(device, DType.FP32, ELEMENTS);
    NdArray y = NdArray.empty(device, DType.FP32, ELEMENTS);
    Launch launch = module.kernel("activation_forward_kernel").on(device);
    launch.set(0, x).set(1, y).set(2, ELEMENTS).set(3, 0.0).set(4, 0.0);
    launch.arg("ACTIVATION", "gelu").arg("COMPUTE", DType.FP32).set(7, 1024L);
    launch.load();
    long ready = System.nanoTime() - start;
    long readyWork = clock.processorNanos() - startOfWork;
    launch.launch(1, 1, 1);
    long end = System.nanoTime() - start;
    long endWork = clock.processorNanos() - startOfWork;
    System.out.println(ready + " " + end + " " + readyWork + " " + endWork);
  }
}
