package dev.kiln.tests.benchmarks;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.Launch;
import dev.kiln.runtime.NdArray;

/**
 * A process that launches one kernel. Prints nanoseconds from the first touch of Kiln: until the
 * kernel is ready to run, and until its first launch has ended.
 */
final class StartedKernel {
  private static final int ELEMENTS = 1000;

  private StartedKernel() {}

  public static void main(String[] arguments) {
    long start = System.nanoTime();
    KernelModule module =
        KernelModule.resource(
            StartedKernel.class.getClassLoader(), "dev/kiln/kernels/activation.py");
    Device device = Devices.cpu();
    NdArray x = NdArray.empty(device, DType.FP32, ELEMENTS);
    NdArray y = NdArray.empty(device, DType.FP32, ELEMENTS);
    Launch launch = module.kernel("activation_forward_kernel").on(device);
    launch.set(0, x).set(1, y).set(2, ELEMENTS).set(3, 0.0).set(4, 0.0);
    launch.arg("ACTIVATION", "gelu").arg("COMPUTE", DType.FP32).set(7, 1024L);
    launch.load();
    long ready = System.nanoTime();
    launch.launch(1, 1, 1);
    long end = System.nanoTime();
    System.out.println((ready - start) + " " + (end - start));
  }
}
