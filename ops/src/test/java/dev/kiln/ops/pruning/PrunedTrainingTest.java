package dev.kiln.ops.pruning;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.optimizer.Adam;
import dev.kiln.kernels.optimizer.Optimizer;
import dev.kiln.kernels.optimizer.Parameter;
import dev.kiln.kernels.optimizer.Sgd;
import dev.kiln.kernels.product.Epilogue;
import dev.kiln.kernels.product.Matmul;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Devices;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Pruning of a regression whose true weights are sparse, with the optimizers of the product. */
class PrunedTrainingTest {
  private static final int SAMPLES = 80;
  private static final int FEATURES = 40;

  /** Of the true weights, so many are not 0. */
  private static final int RELEVANT = 4;

  private final Device device = Devices.cpu();

  /** Weights that are trained, pruned, and held at zero. */
  private final class Sparse implements ProgressivePruning.Model, AutoCloseable {
    private final NdArray x;
    private final NdArray y;
    private final double[] goals;
    private final NdArray weights = NdArray.zeros(device, DType.FP32, FEATURES, 1);
    private final NdArray gradient = NdArray.zeros(device, DType.FP32, FEATURES, 1);
    private final NdArray error = NdArray.zeros(device, DType.FP32, SAMPLES, 1);
    private final Matmul matmul = new Matmul(device);
    private final Pruning pruning = new Pruning(device);
    private final Optimizer optimizer;
    private final double rate;
    private NdArray mask = NdArray.full(device, DType.I8, 1, FEATURES, 1);
    private double[] kept;
    private long step;

    Sparse(double rate, Function<List<Parameter>, Optimizer> optimizer) {
      var random = new SplittableRandom(3);
      double[] rows = new double[SAMPLES * FEATURES];
      Arrays.setAll(rows, i -> random.nextGaussian());
      goals = new double[SAMPLES];
      for (int i = 0; i < SAMPLES; i++) {
        for (int j = 0; j < RELEVANT; j++) {
          goals[i] += (j + 1) * rows[i * FEATURES + 10 * j];
        }
        goals[i] += 0.1 * random.nextGaussian();
      }
      x = NdArray.of(device, DType.FP32, rows, SAMPLES, FEATURES);
      y = NdArray.of(device, DType.FP32, goals, SAMPLES, 1);
      this.rate = rate;
      this.optimizer = optimizer.apply(List.of(Parameter.of(weights, gradient)));
    }

    private void predictErrors() {
      matmul.run(x, weights, Epilogue.NONE.withAlpha(-1).withResidual(y), error);
    }

    void train(int steps) {
      for (int t = 0; t < steps; t++) {
        predictErrors();
        // The residual is y - x w, so the gradient has the other sign.
        matmul.run(x.permute(1, 0), error, Epilogue.NONE.withAlpha(-1.0 / SAMPLES), gradient);
        optimizer.step(rate, ++step);
        pruning.apply(mask, weights);
      }
    }

    /** R2. */
    @Override
    public double accuracy() {
      predictErrors();
      double errors = Arrays.stream(error.toDoubles()).map(e -> e * e).sum();
      return 1 - errors / Arrays.stream(goals).map(g -> g * g).sum();
    }

    @Override
    public void prune(double sparsity) {
      mask = Pruning.byMagnitude(List.of(weights), sparsity).getFirst();
      pruning.apply(mask, weights);
    }

    @Override
    public void fineTune() {
      train(60);
    }

    @Override
    public void keep() {
      kept = weights.toDoubles();
    }

    @Override
    public void restore() {
      weights.set(kept);
    }

    @Override
    public void close() {
      optimizer.close();
      matmul.close();
      pruning.close();
    }
  }

  private Optimizer momentum(List<Parameter> parameters) {
    return new Sgd(device, parameters, new Sgd.Options(0.9, 0, false, 0.01));
  }

  private Optimizer adamW(List<Parameter> parameters) {
    return new Adam(device, parameters, Adam.Options.ADAMW);
  }

  @Test
  void ninetyPercentGoAndTheRelevantWeightsStay() {
    try (var model = new Sparse(0.02, this::momentum)) {
      model.train(200);
      assertThat(Pruning.sparsity(List.of(model.weights))).isZero();
      List<ProgressivePruning.Turn> turns = new ProgressivePruning(0.9, 0.5, 0.02).run(model);
      assertThat(turns).hasSize(4).allMatch(ProgressivePruning.Turn::kept);
      assertThat(Pruning.sparsity(List.of(model.weights))).isEqualTo(0.9);
      double[] weights = model.weights.toDoubles();
      for (int i = 0; i < FEATURES; i++) {
        boolean isRelevant = i % 10 == 0;
        assertThat(weights[i] != 0).as("weight %d", i).isEqualTo(isRelevant);
      }
    }
  }

  @Test
  void tooMuchPruningIsTakenBack() {
    try (var model = new Sparse(0.02, this::momentum)) {
      model.train(200);
      var turns = new ProgressivePruning(0.95, 0.5, 0.02).run(model);
      assertThat(turns.getLast().kept()).isFalse();
      double last = turns.get(turns.size() - 2).sparsity();
      assertThat(Pruning.sparsity(List.of(model.weights))).isEqualTo(last);
    }
  }

  @Test
  void zerosSurviveMomentumAndDecayOfEachOptimizer() {
    for (Function<List<Parameter>, Optimizer> make :
        List.<Function<List<Parameter>, Optimizer>>of(this::momentum, this::adamW)) {
      try (var model = new Sparse(0.02, make)) {
        model.train(30);
        model.prune(0.5);
        boolean[] isZero = zeros(model.weights);
        model.train(20);
        assertThat(zeros(model.weights)).isEqualTo(isZero);
        // Without the mask they would move, for momentum remembers them.
        model.mask = NdArray.full(device, DType.I8, 1, FEATURES, 1);
        model.train(1);
        assertThat(zeros(model.weights)).containsOnly(false);
      }
    }
  }

  private static boolean[] zeros(NdArray weights) {
    double[] numbers = weights.toDoubles();
    boolean[] are = new boolean[numbers.length];
    for (int i = 0; i < are.length; i++) {
      are[i] = numbers[i] == 0;
    }
    return are;
  }
}
