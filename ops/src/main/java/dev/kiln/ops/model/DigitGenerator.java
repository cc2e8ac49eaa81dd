package dev.kiln.ops.model;

import dev.kiln.kernels.elementwise.Activation;
import dev.kiln.kernels.pooling.UpsamplingMode;
import dev.kiln.ops.nn.ActivationLayer;
import dev.kiln.ops.nn.BatchNorm;
import dev.kiln.ops.nn.Conv2d;
import dev.kiln.ops.nn.ConvOptions;
import dev.kiln.ops.nn.ConvTranspose2d;
import dev.kiln.ops.nn.FadeIn;
import dev.kiln.ops.nn.Layer;
import dev.kiln.ops.nn.Linear;
import dev.kiln.ops.nn.PixelNorm;
import dev.kiln.ops.nn.Sequential;
import dev.kiln.ops.nn.Unflatten;
import dev.kiln.ops.nn.Upsample;
import dev.kiln.ops.nn.WeightForm;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;

/**
 * Makes grey images of random numbers by transposed convolutions (Radford et al., 2016), from 7 x 7
 * places on, each stage doubling them. In: {@code N x latent}; out: {@code N x 1 x size x size},
 * from -1 to 1. It can grow in training (Karras et al., 2018). Children {@code body}, {@code
 * image}.
 */
public final class DigitGenerator extends Layer {
  /** Places along each side before the first stage. */
  static final int FIRST_SIZE = 7;

  private static final int LEAST_CHANNELS = 4;

  private final Options options;
  private final Sequential body;
  private final Layer image;

  /** The stage that is faded in with {@link #image}, and what makes an image of it; else null. */
  private final Layer newest;

  private final Layer toImage;

  /** What follows each convolution. */
  public enum Normalized {
    /** Nothing. */
    NOT,
    /** Over the batch. */
    BY_BATCH,
    /** At each pixel. */
    BY_PIXEL
  }

  /**
   * @param latent random numbers of an image
   * @param channels of the 7 x 7 places; each stage halves them, down to 4
   * @param stages 0 for images of 7 x 7, 1 for 14 x 14, 2 for 28 x 28 and so on
   * @param form of all weights: plain or {@link WeightForm#EQUALIZED_RATE}
   */
  public record Options(
      int latent, int channels, int stages, Normalized normalized, WeightForm form) {
    public Options {
      if (latent < 1 || channels < 1 || stages < 0) {
        throw new KilnException(
            "DigitGenerator: latent %d and channels %d must be positive, stages %d not negative"
                .formatted(latent, channels, stages));
      }
    }

    /** With batch norm and plain weights. */
    public static Options of(int latent, int channels, int stages) {
      return new Options(latent, channels, stages, Normalized.BY_BATCH, WeightForm.PLAIN);
    }

    /** With pixel norm and weights that learn at one rate, as networks that grow have them. */
    public static Options growing(int latent, int channels, int stages) {
      return new Options(latent, channels, stages, Normalized.BY_PIXEL, WeightForm.EQUALIZED_RATE);
    }

    private Options grown() {
      return new Options(latent, channels, stages + 1, normalized, form);
    }
  }

  /** Channels after so many stages. */
  static int channels(int first, int stages) {
    return Math.max(Math.min(first, LEAST_CHANNELS), first >> stages);
  }

  public DigitGenerator(Context context, Options options) {
    super(context);
    this.options = options;
    int places = FIRST_SIZE * FIRST_SIZE;
    Linear.Options form = Linear.Options.DEFAULT.withForm(options.form());
    body =
        child(
            "body",
            new Sequential(
                context,
                new Linear(context, options.latent(), (long) options.channels() * places, form),
                new Unflatten(context, 1, options.channels(), FIRST_SIZE, FIRST_SIZE)));
    addNorm(body, options.channels());
    for (int stage = 1; stage <= options.stages(); stage++) {
      body.add(stage(stage));
    }
    newest = null;
    toImage = toImage(options.stages());
    image = child("image", toImage);
  }

  private DigitGenerator(DigitGenerator old) {
    super(old.context());
    options = old.options.grown();
    body = child("body", old.body);
    if (old.newest != null) {
      body.add(old.newest);
    }
    newest = stage(options.stages());
    toImage = toImage(options.stages());
    Layer enlarge = new Upsample(context(), 2, 2, UpsamplingMode.NEAREST);
    image =
        child(
            "image",
            new FadeIn(
                context(),
                new Sequential(context(), old.toImage, enlarge),
                new Sequential(context(), newest, toImage)));
    train(old.isTraining());
  }

  /**
   * A network with one stage more, whose images are those of this one, enlarged, until {@link
   * #fade} brings the stage in. It takes over the layers of this one, which must neither be used
   * nor closed any more.
   *
   * @throws KilnException if the stage before is not wholly there yet
   */
  public DigitGenerator grow() {
    if (image instanceof FadeIn fade && fade.alpha() < 1) {
      throw new KilnException("DigitGenerator: the last stage is still being faded in");
    }
    return new DigitGenerator(this);
  }

  /**
   * Brings the newest stage in.
   *
   * @param alpha its part, 0 to 1
   * @throws KilnException if this has not grown
   */
  public void fade(double alpha) {
    if (!(image instanceof FadeIn fade)) {
      throw new KilnException("DigitGenerator: there is no stage to fade in: it has not grown");
    }
    fade.alpha(alpha);
  }

  /** Height and width of the images. */
  public int size() {
    return FIRST_SIZE << options.stages();
  }

  private Layer stage(int stage) {
    int outputs = channels(options.channels(), stage);
    ConvOptions doubling = convolution(4).withStride(2).withPadding(1);
    var layers =
        new Sequential(
            context(),
            new ConvTranspose2d(
                context(), channels(options.channels(), stage - 1), outputs, doubling));
    addNorm(layers, outputs);
    return layers;
  }

  private void addNorm(Sequential layers, int channels) {
    switch (options.normalized()) {
      case NOT -> layers.add(ActivationLayer.relu(context()));
      case BY_BATCH -> layers.add(new BatchNorm(context(), channels, Activation.RELU));
      case BY_PIXEL -> layers.add(ActivationLayer.relu(context())).add(new PixelNorm(context()));
    }
  }

  private Layer toImage(int stages) {
    return new Conv2d(
        context(),
        channels(options.channels(), stages),
        1,
        convolution(3).withPadding(1).withActivation(Activation.TANH));
  }

  private ConvOptions convolution(int kernel) {
    return ConvOptions.kernel(kernel).withForm(options.form());
  }

  @Override
  protected Tensor forward(Tensor x) {
    return image.apply(body.apply(x));
  }
}
