package dev.kiln.tests.benchmarks.training;

import dev.kiln.references.torch.Torch;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Adam;
import org.bytedeco.pytorch.AdamOptions;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.Optimizer;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/**
 * LeNet in eager libtorch, for images of 1 x 28 x 28: convolution to 6 planes (5 x 5, padding 2),
 * sigmoid, average pooling by 2, convolution to 16 (5 x 5), sigmoid, average pooling by 2, then
 * 120, 84 (sigmoid after each) and 10; mean cross-entropy. Parameters are named as in a sequence of
 * layers: conv1, conv2, fc1, fc2, fc3.
 */
public final class TorchLeNet implements AutoCloseable {
  /** Numbers of an image. */
  public static final int PIXELS = 28 * 28;

  private static final long[] ONE = {1, 1};
  private static final long[] TWO = {2, 2};
  private static final long[] NONE = {0, 0};
  private static final float BIAS_SCALE = 0.05f;
  private static final double MOMENTUM = 0.9;

  private final TorchParameters parameters;
  private final TorchPrecision precision;
  private final Optimizer optimizer;

  private TorchLeNet(TorchParameters parameters, TorchPrecision precision, Optimizer optimizer) {
    this.parameters = parameters;
    this.precision = precision;
    this.optimizer = optimizer;
  }

  /** Trained by SGD with a momentum of 0.9. */
  public static TorchLeNet momentum(
      Map<String, float[]> weights, TorchPrecision precision, double rate) {
    var parameters = new TorchParameters(parameters(), weights, precision);
    var options = new SGDOptions(rate);
    options.momentum().put(MOMENTUM);
    return new TorchLeNet(parameters, precision, new SGD(parameters.vector(), options));
  }

  /** Trained by Adam. */
  public static TorchLeNet adam(
      Map<String, float[]> weights, TorchPrecision precision, double rate) {
    var parameters = new TorchParameters(parameters(), weights, precision);
    return new TorchLeNet(
        parameters, precision, new Adam(parameters.vector(), new AdamOptions(rate)));
  }

  /** Shapes by name. */
  public static Map<String, long[]> parameters() {
    var shapes = new LinkedHashMap<String, long[]>();
    layer(shapes, "conv1", 6, 1, 5, 5);
    layer(shapes, "conv2", 16, 6, 5, 5);
    layer(shapes, "fc1", 120, 400);
    layer(shapes, "fc2", 84, 120);
    layer(shapes, "fc3", 10, 84);
    return shapes;
  }

  private static void layer(Map<String, long[]> shapes, String name, long... weight) {
    shapes.put(name + ".weight", weight);
    shapes.put(name + ".bias", new long[] {weight[0]});
  }

  /** Initial values of every parameter. */
  public static Map<String, float[]> weights() {
    var weights = new LinkedHashMap<String, float[]>();
    parameters()
        .forEach((name, shape) -> weights.put(name, formula(name).values(Formula.count(shape))));
    return weights;
  }

  /**
   * What makes a parameter's initial values: weights are scaled by sqrt(6/(in + out)) (Xavier),
   * biases by 0.05; the seed is the hash code of the name.
   */
  static Formula formula(String name) {
    long[] shape = parameters().get(name);
    return new Formula(name.hashCode(), shape.length == 1 ? BIAS_SCALE : xavier(shape), 0);
  }

  private static float xavier(long[] shape) {
    long fanIn = Formula.count(shape) / shape[0];
    long fanOut = Formula.count(shape) / shape[1];
    return (float) Math.sqrt(6.0 / (fanIn + fanOut));
  }

  /** Images [batch, 1, 28, 28]. */
  public Tensor images(float[] pixels) {
    return Torch.of(pixels, pixels.length / PIXELS, 1, 28, 28).to(precision.parameters());
  }

  /** Classes of the images. */
  public Tensor labels(int[] labels) {
    return Torch.of(Arrays.stream(labels).asLongStream().toArray(), labels.length);
  }

  /** Forward, backward and update; returns the loss. */
  public double step(Tensor images, Tensor labels) {
    double loss = backward(images, labels);
    try (var _ = new PointerScope()) {
      optimizer.step();
    }
    return loss;
  }

  /** Forward and backward; returns the loss. The gradients stay until the next call. */
  public double backward(Tensor images, Tensor labels) {
    optimizer.zero_grad();
    Tensor loss;
    try (var _ = new PointerScope()) {
      loss = precision.forward(() -> torch.cross_entropy_loss(logits(images), labels));
      loss.retainReference();
    }
    loss.backward();
    double value = loss.item_double();
    loss.close();
    return value;
  }

  private Tensor logits(Tensor images) {
    Tensor x = pooled(convolution(images, "conv1", 2));
    x = pooled(convolution(x, "conv2", 0)).flatten(1, -1);
    x = torch.sigmoid(linear(x, "fc1"));
    return linear(torch.sigmoid(linear(x, "fc2")), "fc3");
  }

  private Tensor convolution(Tensor x, String name, long padding) {
    Tensor weight = parameters.get(name + ".weight");
    return torch.conv2d(x, weight, bias(name), ONE, new long[] {padding, padding}, ONE, 1);
  }

  private static Tensor pooled(Tensor x) {
    return torch.avg_pool2d(torch.sigmoid(x), TWO, TWO, NONE, false, true, new LongOptional());
  }

  private Tensor linear(Tensor x, String name) {
    return torch.linear(x, parameters.get(name + ".weight"), bias(name));
  }

  private TensorOptional bias(String name) {
    return new TensorOptional(parameters.get(name + ".bias"));
  }

  /** Of the last backward pass, by name. */
  public Map<String, double[]> gradients() {
    return parameters.gradients();
  }

  /** Values of all parameters. */
  public Map<String, double[]> values() {
    return parameters.values();
  }

  @Override
  public void close() {
    optimizer.close();
    parameters.all().forEach(Tensor::close);
  }
}
