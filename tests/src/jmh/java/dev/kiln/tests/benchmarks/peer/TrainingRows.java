package dev.kiln.tests.benchmarks.peer;

import dev.kiln.ops.tensor.Context;
import dev.kiln.runtime.cpu.CpuDevice;
import dev.kiln.tests.benchmarks.training.GptShape;
import dev.kiln.tests.benchmarks.training.KilnSteps;
import dev.kiln.tests.benchmarks.training.TorchPrecision;
import dev.kiln.tests.benchmarks.training.TorchSteps;
import dev.kiln.tests.benchmarks.training.TrainingStep;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;

/**
 * Whole training steps in fp32: forward, backward, optimizer. The losses of the first steps must
 * agree. libtorch's threads sleep where they would wait for each other by spinning, for which other
 * programs on the machine would punish it.
 */
final class TrainingRows {
  private static final long SEED = 1;
  private static final double TOLERANCE = 1e-4;
  private static final int THREADS = 2;

  /** Steps: some ten seconds, in which the JIT is done. A step takes 8 ms then. */
  private static final int LENET_WARM_UP = 200;

  private static final String WAITING = "OMP_WAIT_POLICY";

  private TrainingRows() {}

  static List<PeerRow> all() {
    GptShape gpt = GptShape.MEASURED;
    return List.of(
        gpt("torch-train-gpt", "4 heads", gpt),
        gpt("torch-train-gpt-8-heads", "8 heads", gpt.withHeads(8)),
        PeerRow.of(
                "torch-train-lenet",
                "training step of LeNet, batch of %d".formatted(TorchSteps.images()),
                1.2,
                device ->
                    contest(
                            device,
                            KilnSteps::leNet,
                            // Products of batches as small as these do not gain by OpenBLAS's
                            // threads.
                            _ -> TorchSteps.leNet(TorchPrecision.FP32, 1))
                        .warmedUpBy(LENET_WARM_UP))
            .with(WAITING, "passive"));
  }

  private static PeerRow gpt(String name, String heads, GptShape shape) {
    return PeerRow.of(
            name,
            "training step of a GPT, 4 layers, width 256, %s, 8 x 256 tokens of 4096"
                .formatted(heads),
            1.0,
            device ->
                contest(
                    device,
                    context -> KilnSteps.gpt(context, shape),
                    threads -> TorchSteps.gpt(shape, TorchPrecision.FP32, threads)))
        .with(WAITING, "passive");
  }

  private static Contest contest(
      CpuDevice device, Function<Context, TrainingStep> kiln, IntFunction<TrainingStep> torch) {
    var ours = new Losses(kiln.apply(new Context(device, SEED)));
    var theirs = new Losses(torch.apply(THREADS));
    return Contest.of(ours, theirs, new Agreement("loss", ours::last, theirs::last, TOLERANCE));
  }

  /** Steps that keep their last loss. */
  private static final class Losses implements Runnable {
    private final TrainingStep step;
    private double last;

    Losses(TrainingStep step) {
      this.step = step;
    }

    @Override
    public void run() {
      last = step.step();
    }

    float[] last() {
      return new float[] {(float) last};
    }
  }
}
