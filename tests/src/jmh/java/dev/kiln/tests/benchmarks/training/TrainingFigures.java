package dev.kiln.tests.benchmarks.training;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.tensor.Context;
import dev.kiln.references.torch.Torch;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.runtime.cpu.CpuOptions;
import java.io.IOException;

/**
 * Training steps of one library alone, on two threads: examples a second, time until warm, memory.
 * A program with the arguments of {@link #main}.
 */
public final class TrainingFigures {
  private static final int THREADS = 2;
  private static final long DEVICE_BYTES = 4L << 30;
  private static final double MB = 1e6;

  private TrainingFigures() {}

  /**
   * Prints to standard output.
   *
   * @param arguments {@code torch} or {@code kiln}; {@code gpt}, {@code gpt-8-heads}, {@code
   *     gpt-autocast}, {@code gpt-bf16} (libtorch alone) or {@code lenet}; how many steps are not
   *     measured, how many are; threads of OpenBLAS in libtorch's products
   */
  public static void main(String[] arguments) throws IOException {
    String model = arguments[1];
    int warm = Integer.parseInt(arguments[2]);
    int steps = Integer.parseInt(arguments[3]);
    String figures =
        switch (arguments[0]) {
          case "torch" -> torch(model, warm, steps, Integer.parseInt(arguments[4]));
          case "kiln" -> kiln(model, warm, steps);
          default -> throw new IllegalArgumentException(arguments[0]);
        };
    System.out.println(arguments[0] + " " + model + ": " + figures);
  }

  private static GptShape shape(String model) {
    GptShape shape = GptShape.MEASURED;
    return model.equals("gpt-8-heads") ? shape.withHeads(8) : shape;
  }

  private static int perStep(String model) {
    return model.equals("lenet") ? TorchSteps.images() : GptShape.MEASURED.tokens();
  }

  private static String torch(String model, int warm, int steps, int blasThreads)
      throws IOException {
    Torch.threads(THREADS);
    var memory = StepMemory.start();
    TrainingStep step =
        switch (model) {
          case "lenet" -> TorchSteps.leNet(TorchPrecision.FP32, blasThreads);
          case "gpt-autocast" ->
              TorchSteps.gpt(shape(model), TorchPrecision.AUTOCAST_BF16, blasThreads);
          case "gpt-bf16" -> TorchSteps.gpt(shape(model), TorchPrecision.BF16, blasThreads);
          default -> TorchSteps.gpt(shape(model), TorchPrecision.FP32, blasThreads);
        };
    return TrainingSpeed.of(step, warm, steps).rates(perStep(model)) + ", " + memory;
  }

  private static String kiln(String model, int warm, int steps) {
    CpuOptions options = CpuOptions.ofMachine().withThreads(THREADS).withMemoryBytes(DEVICE_BYTES);
    long start = System.nanoTime();
    try (var device = new CpuDevice(options);
        var context = new Context(device, 1)) {
      TrainingStep step =
          switch (model) {
            case "lenet" -> KilnSteps.leNet(context);
            case "gpt-autocast" -> KilnSteps.gpt(context, shape(model), DType.BF16);
            default -> KilnSteps.gpt(context, shape(model));
          };
      double made = (System.nanoTime() - start) / 1e9;
      TrainingSpeed speed = TrainingSpeed.of(step, warm, steps);
      return "%s, made in %.2f s, memory %.0f MB"
          .formatted(speed.rates(perStep(model)), made, device.memoryUse().peak() / MB);
    }
  }
}
