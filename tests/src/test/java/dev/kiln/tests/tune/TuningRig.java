package dev.kiln.tests.tune;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.Kernel;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cache.CacheSettings;
import dev.kiln.runtime.cache.CompileCache;
import dev.kiln.runtime.tune.TrialTimer;
import dev.kiln.runtime.tune.TuningPolicy;
import dev.kiln.runtime.tune.TuningRecords;

/** Short words for tests of tuning. */
final class TuningRig {
  private static final String IMPORTS = "import triton\nimport triton.language as tl\n";

  private TuningRig() {}

  static Kernel kernel(String source, String name) {
    return KernelModule.of("tuned.py", IMPORTS + source).kernel(name);
  }

  static Device device(String name) {
    return Devices.byName(name);
  }

  /** Records that nobody keeps on disk. */
  static TuningRecords records() {
    return new TuningRecords(new CompileCache(CacheSettings.off("off"), warning -> {}));
  }

  static TuningPolicy measure(TrialTimer timer) {
    return new TuningPolicy.Measure(records(), timer);
  }

  /** 1, 2, 3 and so on. */
  static NdArray counting(Device device, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = i + 1;
    }
    return NdArray.of(device, values, count);
  }

  static NdArray ones(Device device, int count) {
    return NdArray.full(device, DType.FP32, 1, count);
  }
}
