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
  private static final int GPT_WARM = 3;
  private static final int GPT_STEPS = 20;
  private static final int LENET_WARM = 20;
  private static final int LENET_STEPS = 300;

  private TorchFigures() {}

  /** Prints rates and memory to standard output. */
  public static void main(String[] arguments) throws IOException {
    Torch.threads(THREADS);
    openblas.blas_set_num_threads(Integer.parseInt(arguments[0]));
    for (int i = 1; i < arguments.length; i++) {
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
    TrainingStep step = TorchSteps.gpt(shape, precision);
    TrainingSpeed speed = TrainingSpeed.of(step, GPT_WARM, GPT_STEPS);
    return speed.rates(shape.tokens()) + ", " + memory;
  }
}
