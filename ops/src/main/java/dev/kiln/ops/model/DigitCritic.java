package dev.kiln.ops.model;

import dev.kiln.ops.nn.ActivationLayer;
import dev.kiln.ops.nn.AveragePool;
import dev.kiln.ops.nn.Conv2d;
import dev.kiln.ops.nn.ConvOptions;
import dev.kiln.ops.nn.FadeIn;
import dev.kiln.ops.nn.Flatten;
import dev.kiln.ops.nn.Layer;
import dev.kiln.ops.nn.Linear;
import dev.kiln.ops.nn.MinibatchStandardDeviation;
import dev.kiln.ops.nn.Sequential;
import dev.kiln.ops.nn.WeightForm;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;

/**
 * Tells real images from made ones: the mirror of a {@link DigitGenerator}, with convolutions that
 * halve the places down to 7 x 7 and leaky ReLUs (Radford et al., 2016). In: {@code N x 1 x size x
 * size}; out: {@code N x 1}, a logit, or the number of a Wasserstein critic. It can grow in
 * training (Karras et al., 2018). Children {@code image}, {@code body}.
 */
public final class DigitCritic extends Layer {
  private static final double LEAK = 0.2;

  private final Options options;
  private final Layer image;

  /** From the least places of the newest stage on. */
  private final Sequential body;

  /** What is at hand to begin with images of the whole size. */
  private final Layer fromImage;

  private final Layer newest;

  /**
   * @param channels of the 7 x 7 places; each stage before has half of the next, down to 4
   * @param stages 0 for images of 7 x 7, 1 for 14 x 14, 2 for 28 x 28 and so on
   * @param hasDeviation whether it sees how much images of a group of 4 differ, which tells it of a
   *     generator that always makes the same
   * @param form of all weights, such as {@link WeightForm#SPECTRAL_NORM}
   */
  public record Options(int channels, int stages, boolean hasDeviation, WeightForm form) {
    public Options {
      if (channels < 1 || stages < 0) {
        throw new KilnException(
            "DigitCritic: channels %d must be positive, stages %d not negative"
                .formatted(channels, stages));
      }
    }

    /** With plain weights. */
    public static Options of(int channels, int stages) {
      return new Options(channels, stages, false, WeightForm.PLAIN);
    }

    /** As networks that grow have them: weights that learn at one rate, and the deviation. */
    public static Options growing(int channels, int stages) {
      return new Options(channels, stages, true, WeightForm.EQUALIZED_RATE);
    }

    public Options withForm(WeightForm newForm) {
      return new Options(channels, stages, hasDeviation, newForm);
    }

    private Options grown() {
      return new Options(channels, stages + 1, hasDeviation, form);
    }
  }

  public DigitCritic(Context context, Options options) {
    super(context);
    this.options = options;
    newest = null;
    fromImage = fromImage(options.stages());
    image = child("image", fromImage);
    body = child("body", new Sequential(context));
    for (int stage = options.stages(); stage >= 1; stage--) {
      body.add(stage(stage));
    }
    body.add("top", top());
  }

  private DigitCritic(DigitCritic old) {
    super(old.context());
    options = old.options.grown();
    newest = stage(options.stages());
    fromImage = fromImage(options.stages());
    Layer shrink = new AveragePool(context(), 2, 2);
    image =
        child(
            "image",
            new FadeIn(
                context(),
                new Sequential(context(), shrink, old.fromImage),
                new Sequential(context(), fromImage, newest)));
    body = child("body", old.newest == null ? old.body : joined(old));
    train(old.isTraining());
  }

  private Sequential joined(DigitCritic old) {
    return new Sequential(context(), old.newest).add("rest", old.body);
  }

  /**
   * A network with one stage more, which sees of larger images what this one saw of them, shrunk,
   * until {@link #fade} brings the stage in. It takes over the layers of this one, which must
   * neither be used nor closed any more.
   *
   * @throws KilnException if the stage before is not wholly there yet
   */
  public DigitCritic grow() {
    if (image instanceof FadeIn fade && fade.alpha() < 1) {
      throw new KilnException("DigitCritic: the last stage is still being faded in");
    }
    return new DigitCritic(this);
  }

  /**
   * Brings the newest stage in.
   *
   * @param alpha its part, 0 to 1
   * @throws KilnException if this has not grown
   */
  public void fade(double alpha) {
    if (!(image instanceof FadeIn fade)) {
      throw new KilnException("DigitCritic: there is no stage to fade in: it has not grown");
    }
    fade.alpha(alpha);
  }

  private Layer fromImage(int stages) {
    return new Sequential(
        context(),
        new Conv2d(
            context(), 1, DigitGenerator.channels(options.channels(), stages), convolution(1)),
        ActivationLayer.leakyRelu(context(), LEAK));
  }

  private Layer stage(int stage) {
    return new Sequential(
        context(),
        new Conv2d(
            context(),
            DigitGenerator.channels(options.channels(), stage),
            DigitGenerator.channels(options.channels(), stage - 1),
            convolution(4).withStride(2).withPadding(1)),
        ActivationLayer.leakyRelu(context(), LEAK));
  }

  private Layer top() {
    var top = new Sequential(context());
    if (options.hasDeviation()) {
      top.add(new MinibatchStandardDeviation(context()));
    }
    long places = (long) DigitGenerator.FIRST_SIZE * DigitGenerator.FIRST_SIZE;
    long channels = options.channels() + (options.hasDeviation() ? 1 : 0);
    Linear.Options form = Linear.Options.DEFAULT.withForm(options.form());
    return top.add(new Flatten(context())).add(new Linear(context(), channels * places, 1, form));
  }

  private ConvOptions convolution(int kernel) {
    return ConvOptions.kernel(kernel).withForm(options.form());
  }

  @Override
  protected Tensor forward(Tensor x) {
    return body.apply(image.apply(x));
  }
}
