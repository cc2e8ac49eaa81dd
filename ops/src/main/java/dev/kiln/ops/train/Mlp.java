package dev.kiln.ops.train;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.elementwise.Activations;
import dev.kiln.kernels.elementwise.Dropout;
import dev.kiln.kernels.loss.CrossEntropy;
import dev.kiln.kernels.optimizer.Adam;
import dev.kiln.kernels.optimizer.Parameter;
import dev.kiln.kernels.product.Matmul;
import dev.kiln.kernels.reduction.ColumnSums;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * A classifier of two layers with GELU and dropout between them, trained by AdamW on mean
 * cross-entropy.
 *
 * <p>All buffers are made once, for batches of one size; a step allocates no device memory. {@link
 * #load} a batch, then {@link #train} or {@link #evaluate}, then look at {@link #logits}. Not
 * thread-safe.
 */
public final class Mlp implements AutoCloseable {
  private static final Activation ACTIVATION = Activation.GELU_TANH;
  private static final CrossEntropy.Options LOSS = CrossEntropy.Options.DEFAULT;

  /** The output layer starts smaller, so that the first losses are near those of guessing. */
  private static final double OUTPUT_SCALE = 0.5;

  private final MlpShape shape;
  private final double dropoutRate;
  private final long dropoutSeed;

  private final Parameter weights1;
  private final Parameter weights2;
  private final Parameter bias1;
  private final Parameter bias2;

  private final NdArray input;
  private final NdArray targets;
  private final NdArray preActivation;
  private final NdArray hidden;
  private final NdArray hiddenGrads;
  private final NdArray logits;
  private final NdArray logitGrads;
  private final NdArray rowLosses;
  private final NdArray rowWeight;
  private final NdArray meanLoss;

  // One launcher for each place of use: each keeps its arguments from step to step.
  private final Matmul layer1;
  private final Matmul layer2;
  private final Matmul gradOfWeights1;
  private final Matmul gradOfWeights2;
  private final Matmul gradOfHidden;
  private final ColumnSums gradOfBias1;
  private final ColumnSums gradOfBias2;
  private final Activations activations;
  private final Dropout dropout;
  private final CrossEntropy crossEntropy;
  private final Adam optimizer;

  /**
   * @param batch samples of a batch
   * @param weightDecay of the weights; biases do not decay
   * @param dropoutRate part of the hidden units that are left out in training
   * @param random gives the initial weights and the dropout's seed
   */
  public Mlp(
      Device device,
      MlpShape shape,
      int batch,
      double weightDecay,
      double dropoutRate,
      SplittableRandom random) {
    this.shape = shape;
    this.dropoutRate = dropoutRate;
    weights1 = parameter(device, shape.inputs(), shape.hidden());
    weights2 = parameter(device, shape.hidden(), shape.classes());
    bias1 = parameter(device, shape.hidden()).withoutDecay();
    bias2 = parameter(device, shape.classes()).withoutDecay();
    weights1.weights().set(normal(random, shape.inputs(), shape.hidden(), 1));
    weights2.weights().set(normal(random, shape.hidden(), shape.classes(), OUTPUT_SCALE));
    dropoutSeed = random.nextLong();

    input = NdArray.zeros(device, DType.FP32, batch, shape.inputs());
    targets = NdArray.zeros(device, DType.I32, batch);
    preActivation = NdArray.zeros(device, DType.FP32, batch, shape.hidden());
    hidden = NdArray.zeros(device, DType.FP32, batch, shape.hidden());
    hiddenGrads = NdArray.zeros(device, DType.FP32, batch, shape.hidden());
    logits = NdArray.zeros(device, DType.FP32, batch, shape.classes());
    logitGrads = NdArray.zeros(device, DType.FP32, batch, shape.classes());
    rowLosses = NdArray.zeros(device, DType.FP32, batch);
    rowWeight = NdArray.zeros(device, DType.FP32, 1);
    meanLoss = NdArray.zeros(device, DType.FP32, 1);

    layer1 = new Matmul(device);
    layer2 = new Matmul(device);
    gradOfWeights1 = new Matmul(device);
    gradOfWeights2 = new Matmul(device);
    gradOfHidden = new Matmul(device);
    gradOfBias1 = new ColumnSums(device);
    gradOfBias2 = new ColumnSums(device);
    activations = new Activations(device);
    dropout = new Dropout(device);
    crossEntropy = new CrossEntropy(device);
    optimizer =
        new Adam(
            device,
            List.of(weights1, weights2, bias1, bias2),
            Adam.Options.ADAMW.withWeightDecay(weightDecay));
  }

  private static Parameter parameter(Device device, long... shape) {
    return Parameter.of(
        NdArray.zeros(device, DType.FP32, shape), NdArray.zeros(device, DType.FP32, shape));
  }

  /** He's initialisation: normal with variance 2 / inputs. */
  private static float[] normal(SplittableRandom random, int inputs, int outputs, double scale) {
    double deviation = scale * Math.sqrt(2.0 / inputs);
    float[] values = new float[inputs * outputs];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * deviation);
    }
    return values;
  }

  /**
   * Copies a batch to the device.
   *
   * @param samples {@code batch x inputs}
   * @param classes the class of each sample, or {@link CrossEntropy#IGNORED} for rows that do not
   *     count
   */
  public void load(float[] samples, int[] classes) {
    input.set(samples);
    targets.buffer().copyFrom(MemorySegment.ofArray(classes), 0);
  }

  /**
   * A step of training on the batch that was loaded last.
   *
   * @param step number of the step, from 1
   * @return the mean loss before the step
   */
  public float train(double lr, long step) {
    forward();
    long offset = (step - 1) * hidden.size();
    dropout.run(hidden, dropoutRate, dropoutSeed, offset, hidden);
    classify();
    backward(offset);
    optimizer.step(lr, step);
    return meanLoss.toFloats()[0];
  }

  /**
   * Computes {@link #logits} of the batch that was loaded last, without dropout, and gives its mean
   * loss.
   */
  public float evaluate() {
    forward();
    classify();
    return meanLoss.toFloats()[0];
  }

  private void forward() {
    layer1.run(input, weights1.weights(), bias1.weights(), ACTIVATION, hidden, preActivation);
  }

  private void classify() {
    layer2.run(hidden, weights2.weights(), bias2.weights(), Activation.NONE, logits);
    crossEntropy.rowWeight(targets, LOSS, rowWeight);
    crossEntropy.run(logits, targets, LOSS, rowLosses, logitGrads, rowWeight, 1);
    crossEntropy.mean(rowLosses, rowWeight, meanLoss);
  }

  private void backward(long dropoutOffset) {
    gradOfWeights2.run(hidden.permute(1, 0), logitGrads, weights2.grads());
    gradOfBias2.run(logitGrads, bias2.grads());
    gradOfHidden.run(logitGrads, weights2.weights().permute(1, 0), hiddenGrads);
    dropout.run(hiddenGrads, dropoutRate, dropoutSeed, dropoutOffset, hiddenGrads);
    activations.backward(ACTIVATION, preActivation, hiddenGrads, hiddenGrads);
    gradOfWeights1.run(input.permute(1, 0), hiddenGrads, weights1.grads());
    gradOfBias1.run(hiddenGrads, bias1.grads());
  }

  public MlpShape shape() {
    return shape;
  }

  /** {@code batch x classes} numbers of the last batch; the largest of a row is its class. */
  public float[] logits() {
    return logits.toFloats();
  }

  /** The parameters by name, as views: weights are {@code inputs x outputs}. */
  public Map<String, NdArray> parameters() {
    return named(weights1.weights(), bias1.weights(), weights2.weights(), bias2.weights());
  }

  /** The gradients of the last step, by the names of their parameters. */
  public Map<String, NdArray> gradients() {
    return named(weights1.grads(), bias1.grads(), weights2.grads(), bias2.grads());
  }

  private static Map<String, NdArray> named(
      NdArray weights1, NdArray bias1, NdArray weights2, NdArray bias2) {
    var named = new LinkedHashMap<String, NdArray>();
    named.put("layer1.weight", weights1);
    named.put("layer1.bias", bias1);
    named.put("layer2.weight", weights2);
    named.put("layer2.bias", bias2);
    return named;
  }

  /** Gives all device memory back. */
  @Override
  public void close() {
    optimizer.close();
    for (Parameter parameter : optimizer.parameters()) {
      parameter.weights().close();
      parameter.grads().close();
    }
    for (NdArray array :
        new NdArray[] {
          input,
          targets,
          preActivation,
          hidden,
          hiddenGrads,
          logits,
          logitGrads,
          rowLosses,
          rowWeight,
          meanLoss
        }) {
      array.close();
    }
  }
}
