package dev.kiln.ops.model;

import dev.kiln.ops.function.Losses;
import dev.kiln.ops.function.Recurrences.ConvState;
import dev.kiln.ops.nn.Conv2d;
import dev.kiln.ops.nn.ConvOptions;
import dev.kiln.ops.nn.ConvTranspose2d;
import dev.kiln.ops.nn.Layer;
import dev.kiln.ops.nn.Module;
import dev.kiln.ops.nn.sequence.ConvLstmCell;
import dev.kiln.ops.nn.sequence.Numbered;
import dev.kiln.ops.tensor.Context;
import dev.kiln.ops.tensor.Tensor;
import dev.kiln.runtime.KilnException;
import java.util.ArrayList;
import java.util.List;

/**
 * Tells the next images of a sequence from those before (Shi et al., "Convolutional LSTM Network",
 * 2015): an encoder whose stages halve the images, convolution before cell, and a decoder that
 * begins with the encoder's states, deepest first, and doubles them again.
 *
 * <p>With the usual options and images of 64 x 64: convolution 16, cell 64, at half the size cell
 * 96, at a quarter cell 96; back 96 at a quarter, 96 at a half, 64 at full size, and the image.
 */
public final class ConvLstmForecaster extends Module {
  private static final double SLOPE = 0.2;
  private static final int DOUBLING = 4;

  /**
   * Sizes.
   *
   * @param channels of the images
   * @param first channels of the first convolution
   * @param cells channels of each stage's cell; each stage but the first halves height and width
   * @param kernel of the cells, odd
   */
  public record Options(long channels, long first, List<Long> cells, int kernel) {
    /** Of images with one channel. */
    public static final Options USUAL = new Options(1, 16, List.of(64L, 96L, 96L), 3);

    public Options {
      cells = List.copyOf(cells);
      if (cells.isEmpty()) {
        throw new KilnException("ConvLstmForecaster: there must be at least one stage");
      }
    }
  }

  private final Options options;
  private final List<Conv2d> downs = new ArrayList<>();
  private final List<ConvLstmCell> encoderCells = new ArrayList<>();
  private final List<ConvLstmCell> decoderCells = new ArrayList<>();
  private final List<ConvTranspose2d> ups = new ArrayList<>();
  private final Conv2d head;

  public ConvLstmForecaster(Context context, Options options) {
    super(context);
    this.options = options;
    List<Long> cells = options.cells();
    int stages = cells.size();
    var down = child("down", new Numbered<Conv2d>(context));
    var encoder = child("encoder", new Numbered<ConvLstmCell>(context));
    ConvOptions three = ConvOptions.kernel(3).withPadding(1);
    for (int i = 0; i < stages; i++) {
      long from = i == 0 ? options.channels() : cells.get(i - 1);
      long to = i == 0 ? options.first() : cells.get(i - 1);
      downs.add(down.add(new Conv2d(context, from, to, i == 0 ? three : three.withStride(2))));
      encoderCells.add(encoder.add(new ConvLstmCell(context, to, cells.get(i), options.kernel())));
    }
    var decoder = child("decoder", new Numbered<ConvLstmCell>(context));
    var up = child("up", new Numbered<ConvTranspose2d>(context));
    for (int i = stages - 1; i >= 0; i--) {
      long from = i == stages - 1 ? 0 : cells.get(i + 1);
      decoderCells.add(
          decoder.add(new ConvLstmCell(context, from, cells.get(i), options.kernel())));
      if (i > 0) {
        ConvOptions twice = ConvOptions.kernel(DOUBLING).withStride(2).withPadding(1);
        ups.add(up.add(new ConvTranspose2d(context, cells.get(i), cells.get(i), twice)));
      }
    }
    head = child("head", new Conv2d(context, cells.getFirst(), options.channels(), three));
  }

  /**
   * The images that follow.
   *
   * @param x {@code batch x steps x channels x height x width}; height and width are multiples of 2
   *     for each stage but the first
   * @param count how many follow
   * @return {@code batch x count x channels x height x width}
   * @throws KilnException if the shape does not fit
   */
  public Tensor forecast(Tensor x, long count) {
    check(x, count);
    Tensor y =
        frame(
            () -> {
              Tensor images = x.transpose(0, 1).contiguous();
              var states = new ArrayList<ConvState>();
              for (int i = 0; i < downs.size(); i++) {
                Tensor smaller = ofEach(downs.get(i), images).leakyRelu(SLOPE);
                ConvLstmCell.Result result = encoderCells.get(i).apply(smaller, 0, null);
                images = result.y();
                states.addFirst(result.state());
              }
              return decode(states, count).transpose(0, 1).contiguous();
            });
    applied(List.of(x), List.of(y));
    return y;
  }

  private Tensor decode(List<ConvState> states, long count) {
    Tensor images = null;
    for (int i = 0; i < decoderCells.size(); i++) {
      images = decoderCells.get(i).apply(images, count, states.get(i)).y();
      if (i < ups.size()) {
        images = ofEach(ups.get(i), images).leakyRelu(SLOPE);
      }
    }
    return ofEach(head, images);
  }

  /** A layer of images on all steps at once. */
  private static Tensor ofEach(Layer layer, Tensor x) {
    return layer.apply(x.flatten(0, 1)).unflatten(0, x.dim(0), x.dim(1));
  }

  /**
   * The mean squared error of a forecast.
   *
   * @param target the images that follow, {@code batch x steps x channels x height x width}
   */
  public Tensor loss(Tensor x, Tensor target) {
    return frame(() -> Losses.mse(forecast(x, target.dim(1)), target));
  }

  private void check(Tensor x, long count) {
    long multiple = 1L << (downs.size() - 1);
    boolean fits = x.rank() == 5 && x.dim(2) == options.channels() && x.dim(1) > 0;
    if (!fits || x.dim(3) % multiple != 0 || x.dim(4) % multiple != 0) {
      throw new KilnException(
          "ConvLstmForecaster: x must be batch x steps x %d x height x width, multiples of %d: %s"
              .formatted(options.channels(), multiple, x));
    }
    if (count < 1) {
      throw new KilnException(
          "ConvLstmForecaster: at least one image must follow, but count is " + count);
    }
  }
}
