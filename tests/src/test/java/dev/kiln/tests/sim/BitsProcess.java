package dev.kiln.tests.sim;

import dev.kiln.runtime.Buffer;
import dev.kiln.runtime.sim.PtxModule;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimLaunch;
import dev.kiln.runtime.sim.SimModule;
import dev.kiln.runtime.sim.SimOptions;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * What {@link VectorlessTest} runs in a JVM of its own: kernels over random numbers. Prints a line
 * for each, with a number that stands for the bits of its results.
 */
final class BitsProcess {
  private static final int COUNT = 64 * 64;

  private final SimDevice device;

  private BitsProcess(SimDevice device) {
    this.device = device;
  }

  public static void main(String[] arguments) throws IOException {
    try (var device = new SimDevice(SimOptions.standard())) {
      new BitsProcess(device).run();
    }
  }

  private void run() throws IOException {
    SimModule elementwise = load("elementwise");
    print(elementwise, "saxpy", SimLaunch.of(17, 256), COUNT, 1.5f, floats(), floats());
    print(elementwise, "transcendental", SimLaunch.of(2, 256), COUNT / 8, floats(), floats());
    SimModule rows = load("normalisation");
    print(rows, "softmax_online", SimLaunch.of(64, 96), 64, floats(), floats());
    print(
        rows,
        "layer_norm_half",
        SimLaunch.of(64, 64),
        64,
        1e-5f,
        halves(),
        floats(),
        floats(),
        halves());
    print(
        load("products"),
        "product_registers",
        SimLaunch.of(1, 256),
        64,
        64,
        floats(),
        floats(),
        floats());
    print(
        load("tensor_products"),
        "hgemm_pipelined",
        SimLaunch.of(1, 128),
        64,
        64,
        halves(),
        halves(),
        halves());
    print(load("scans"), "scan_chained", SimLaunch.of(4, 256), 1000, floats(), floats(), zeros());
  }

  private SimModule load(String file) throws IOException {
    try (InputStream in = BitsProcess.class.getResourceAsStream("/cuda/" + file + ".ptx")) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return device.load(PtxModule.parse(file + ".ptx", text));
    }
  }

  private Buffer floats() {
    var random = new SplittableRandom(1);
    return of(random.doubles(COUNT, -3, 3).mapToInt(x -> Float.floatToRawIntBits((float) x)));
  }

  private Buffer halves() {
    var random = new SplittableRandom(2);
    return of(
        random
            .doubles(COUNT, -3, 3)
            .mapToInt(x -> (Float.floatToFloat16((float) x) & 0xffff) * 0x10001));
  }

  private Buffer zeros() {
    return of(IntStream.generate(() -> 0).limit(COUNT));
  }

  private Buffer of(IntStream words) {
    int[] array = words.toArray();
    Buffer buffer = device.allocate(4L * array.length);
    buffer.copyFrom(MemorySegment.ofArray(array), 0);
    return buffer;
  }

  private static void print(SimModule module, String entry, SimLaunch launch, Object... arguments) {
    module.kernel(entry).launch(launch, arguments);
    int hash = 1;
    for (Object argument : arguments) {
      if (argument instanceof Buffer buffer) {
        byte[] bytes = new byte[Math.toIntExact(buffer.size())];
        buffer.copyTo(MemorySegment.ofArray(bytes), 0);
        hash = 31 * hash + Arrays.hashCode(bytes);
      }
    }
    System.out.printf("%s %08x%n", entry, hash);
  }
}
