package example;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.KernelSource;
import dev.kiln.runtime.NdArray;

/**
 * Compiles and runs a kernel of its own through its generated launcher, and prints the bits of the
 * results.
 */
@KernelSource("scale.py")
public final class Scale {
  private Scale() {}

  public static void main(String[] args) {
    Device device = Devices.cpu();
    float[] values = new float[1000];
    for (int i = 0; i < values.length; i++) {
      values[i] = i / 250f - 2;
    }
    try (NdArray x = NdArray.of(device, values);
        NdArray out = NdArray.zeros(device, DType.FP32, values.length);
        NdArray sum = NdArray.zeros(device, DType.FP32, 1)) {
      new ScaleKernels(device).scaleAndSum(Grid.of(1), x, out, sum, values.length, 0.5, 1024);
      int hash = 0;
      for (float y : out.toFloats()) {
        hash = 31 * hash + Float.floatToRawIntBits(y);
      }
      System.out.println(
          "first %s, sum %s, hash %08x".formatted(out.toFloats()[0], sum.toFloats()[0], hash));
    }
  }
}
