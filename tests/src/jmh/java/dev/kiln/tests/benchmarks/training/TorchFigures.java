package dev.kiln.tests.benchmarks.training;

import dev.kiln.tests.benchmarks.peer.Torch;
import java.io.IOException;
import org.bytedeco.openblas.global.openblas;

/**
 * What libtorch does alone, on two threads; a program. Arguments: the threads of OpenBLAS, then
 * what is to be measured: {@code gpt}, {@code gpt-8-heads}, {@code lenet}.
 */
public final class TorchFigures {
  private static final int THREADS = 2;
  private static final int GPT_WARM = 2;
  private static final int LENET_WARM = 20;
  private static final int LENET_STEPS = 200;

  private static int gptSteps;
  private static int blasThreads;

  private TorchFigures() {}

  /** Prints rates and memory to standard output. */
  public static void main(String[] arguments) throws IOException {
    Torch.threads(THREADS);
    blasThreads = Integer.parseInt(arguments[0]);
    openblas.blas_set_num_threads(blasThreads);
    gptSteps = Integer.parseInt(arguments[1]);
    for (int i = 2; i < arguments.length; i++) {
      System.out.println(arguments[i] + ": " + measure(arguments[i]));
    }
  }

  private static String measure(String what) throws IOException {
    GptShape gpt = GptShape.MEASURED;
    return switch (what) {
      case "gpt" -> gpt(gpt, TorchPrecision.FP32);
      case "gpt-autocast" -> gpt(gpt, TorchPrecision.AUTOCAST_BF16);
      case "gpt-bf16" -> gpt(gpt, TorchPrecision.BF16);
      case "gpt-8-heads" ->
          gpt(
              new GptShape(
                  gpt.layers(), gpt.width(), 8, gpt.context(), gpt.batch(), gpt.vocabulary()),
              TorchPrecision.FP32);
      case "lenet" -> {
        var memory = StepMemory.start();
        TrainingStep step = TorchSteps.leNet(TorchPrecision.FP32);
        TrainingSpeed speed = TrainingSpeed.of(step, LENET_WARM, LENET_STEPS);
        yield speed.rates(TorchSteps.images()) + ", " + memory;
      }
      default -> throw new IllegalArgumentException(what);
    };
  }

  private static String gpt(GptShape shape, TorchPrecision precision) throws IOException {
    var memory = StepMemory.start();
    TrainingStep step = TorchSteps.gpt(shape, precision, blasThreads);
    TrainingSpeed speed = TrainingSpeed.of(step, GPT_WARM, gptSteps);
    return speed.rates(shape.tokens()) + ", " + memory;
  }
}
