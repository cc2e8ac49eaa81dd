package dev.kiln.runtime.cache;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.KernelModule;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.runtime.cpu.CpuOptions;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

/**
 * A process that launches kernels at random, and now and then damages a file of the cache that it
 * shares with others. Exits with 1 if a result is wrong or a launch fails.
 *
 * <p>Arguments: the cache's folder, its size in bytes, the number of launches, a seed.
 */
final class CacheHammer {
  /** Distinct kernels: more than the cache has room for. */
  private static final int KERNELS = 24;

  private static final int LAUNCHES_PER_DAMAGE = 12;
  private static final int ELEMENTS = 64;

  private final File folder;
  private final Random random;
  private final CpuDevice device = new CpuDevice(new CpuOptions(1, 0, false, 1 << 20));

  private CacheHammer(File folder, long seed) {
    this.folder = folder;
    this.random = new Random(seed);
  }

  public static void main(String[] arguments) throws IOException {
    var folder = new File(arguments[0]);
    var settings = CacheSettings.in(folder, Long.parseLong(arguments[1]));
    CompileCache.share(new CompileCache(settings, System.err::println));
    var hammer = new CacheHammer(folder, Long.parseLong(arguments[3]));
    for (int i = 0; i < Integer.parseInt(arguments[2]); i++) {
      hammer.launch(hammer.random.nextInt(KERNELS));
      if (hammer.random.nextInt(LAUNCHES_PER_DAMAGE) == 0) {
        hammer.damage();
      }
    }
    System.exit(0);
  }

  private static String source(int number) {
    return """
    import triton
    import triton.language as tl

    @triton.jit
    def kernel(x_ptr, out_ptr, BLOCK: tl.constexpr):
        offsets = tl.arange(0, BLOCK)
        x = tl.load(x_ptr + offsets)
        tl.store(out_ptr + offsets, x * %d.0 + %d.0)
    """
        .formatted(number + 2, number);
  }

  private void launch(int number) {
    var values = new float[ELEMENTS];
    for (int i = 0; i < ELEMENTS; i++) {
      values[i] = i + 1;
    }
    try (NdArray x = NdArray.of(device, values);
        NdArray out = NdArray.zeros(device, DType.FP32, ELEMENTS)) {
      KernelModule module = KernelModule.of("kernel" + number + ".py", source(number));
      module.kernel("kernel").on(device).grid(1).launch(x, out, (long) ELEMENTS);
      float[] results = out.toFloats();
      for (int i = 0; i < ELEMENTS; i++) {
        if (results[i] != values[i] * (number + 2) + number) {
          System.err.println("kernel " + number + " gives " + results[i] + " for " + values[i]);
          System.exit(1);
        }
      }
    }
  }

  /** Cuts, changes, empties or removes a file, or leaves one as a killed writer does. */
  private void damage() throws IOException {
    File[] files = folder.listFiles();
    if (files == null || files.length == 0) {
      return;
    }
    Path file = files[random.nextInt(files.length)].toPath();
    try {
      byte[] bytes = Files.readAllBytes(file);
      switch (random.nextInt(5)) {
        case 0 -> Files.write(file, Arrays.copyOf(bytes, random.nextInt(bytes.length + 1)));
        case 1 -> {
          if (bytes.length > 0) {
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            Files.write(file, bytes);
          }
        }
        case 2 -> Files.write(file, new byte[0]);
        case 3 -> Files.deleteIfExists(file);
        default -> {
          Path left = folder.toPath().resolve("0-" + random.nextLong() + ".new");
          Files.write(left, bytes);
          left.toFile().setLastModified(System.currentTimeMillis() - 24L * 3600 * 1000);
        }
      }
    } catch (IOException e) {
      // Another process was faster.
    }
  }
}
