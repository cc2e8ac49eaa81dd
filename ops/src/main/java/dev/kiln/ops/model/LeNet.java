package dev.kiln.ops.model;

import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.ops.nn.AveragePool;
import dev.kiln.ops.nn.Conv2d;
import dev.kiln.ops.nn.ConvOptions;
import dev.kiln.ops.nn.Flatten;
import dev.kiln.ops.nn.Initialization;
import dev.kiln.ops.nn.Layer;
import dev.kiln.ops.nn.Linear;
import dev.kiln.ops.nn.Sequential;
import dev.kiln.ops.pruning.Pruning;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Scope;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * LeNet-5 (LeCun et al., 1998) with 61,706 parameters for ten classes. In: {@code N x 1 x 28 x 28};
 * out: logits, {@code N x classes}. Children {@code features}, {@code classifier}.
 */
public final class LeNet extends Layer {
  /** Places of a channel of the last pool: 5 x 5. */
  private static final int PLACES = 25;

  /** Layers with channels that can be left out, in their order, and the last one. */
  private static final List<String> LAYERS =
      List.of("features.0", "features.2", "classifier.1", "classifier.2", "classifier.3");

  private final Options options;
  private final Sequential features;
  private final Sequential classifier;

  /**
   * @param activation of all layers but the last
   * @param widths channels of the two convolutions, units of the two hidden layers
   */
  public record Options(int classes, Activation activation, List<Integer> widths) {
    public Options {
      widths = List.copyOf(widths);
      if (widths.size() != 4) {
        throw new KilnException("LeNet: has four widths, not " + widths);
      }
    }

    /** As it was: sigmoids; 6, 16, 120, 84. */
    public static Options of(int classes) {
      return new Options(classes, Activation.SIGMOID, List.of(6, 16, 120, 84));
    }

    public Options withActivation(Activation newActivation) {
      return new Options(classes, newActivation, widths);
    }

    Options withWidths(List<Integer> newWidths) {
      return new Options(classes, activation, newWidths);
    }
  }

  /** With sigmoids, as it was; first values by Xavier, without which these hardly learn. */
  public LeNet(Context context, int classes) {
    this(context, Options.of(classes));
  }

  public LeNet(Context context, int classes, Activation activation) {
    this(context, Options.of(classes).withActivation(activation));
  }

  public LeNet(Context context, Options options) {
    super(context);
    this.options = options;
    List<Integer> widths = options.widths();
    Activation activation = options.activation();
    Initialization xavier = Initialization.xavierUniform(1);
    ConvOptions five = ConvOptions.kernel(5).withActivation(activation).withInitialization(xavier);
    Linear.Options hidden =
        Linear.Options.DEFAULT.withActivation(activation).withInitialization(xavier);
    Linear.Options last = hidden.withActivation(Activation.NONE);
    features =
        child(
            "features",
            new Sequential(
                context,
                new Conv2d(context, 1, widths.get(0), five.withPadding(2)),
                new AveragePool(context, 2, 2),
                new Conv2d(context, widths.get(0), widths.get(1), five),
                new AveragePool(context, 2, 2)));
    classifier =
        child(
            "classifier",
            new Sequential(
                context,
                new Flatten(context),
                new Linear(context, (long) widths.get(1) * PLACES, widths.get(2), hidden),
                new Linear(context, widths.get(2), widths.get(3), hidden),
                new Linear(context, widths.get(3), options.classes(), last)));
  }

  /**
   * A smaller network of the channels and units with the largest weights (Li et al., 2017), which
   * computes with fewer operations; it is to be fine-tuned. This one stays as it is.
   *
   * @param share of the channels and units of each layer that goes, from 0 to below 1
   * @throws KilnException if nothing of a layer would be left
   */
  public LeNet narrowed(double share) {
    Map<String, Tensor> state = state();
    try (var pruning = new Pruning(context().device());
        Scope _ = context().scope()) {
      var smaller = new LinkedHashMap<String, Tensor>();
      var widths = new ArrayList<Integer>();
      int[] inputs = {0};
      for (String layer : LAYERS) {
        NdArray weight = state.get(layer + ".weight").array();
        boolean isLast = layer.equals(LAYERS.getLast());
        int[] outputs = Pruning.keptChannels(weight, 0, isLast ? 0 : share);
        if (outputs.length == 0) {
          throw new KilnException("narrowed: nothing of '" + layer + "' would be left");
        }
        boolean isFlat = layer.equals("classifier.1");
        NdArray rows = pruning.select(weight, 0, outputs);
        smaller.put(
            layer + ".weight",
            context().adopt(pruning.select(rows, 1, isFlat ? places(inputs) : inputs)));
        rows.close();
        NdArray bias = state.get(layer + ".bias").array();
        smaller.put(layer + ".bias", context().adopt(pruning.select(bias, 0, outputs)));
        inputs = outputs;
        widths.add(outputs.length);
      }
      var narrow = new LeNet(context(), options.withWidths(widths.subList(0, 4)));
      narrow.load(smaller);
      return narrow;
    }
  }

  /** The numbers of all places of channels. */
  private static int[] places(int[] channels) {
    return Arrays.stream(channels)
        .flatMap(c -> IntStream.range(c * PLACES, (c + 1) * PLACES))
        .toArray();
  }

  @Override
  protected Tensor forward(Tensor x) {
    return classifier.apply(features.apply(x));
  }
}
