package dev.kiln.ops.report;

import dev.kiln.runtime.KilnException;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * A picture of bytes.
 *
 * @param channels 1 for grey, 3 for red, green and blue
 * @param pixels [height, width, channels]
 */
public record Picture(int height, int width, int channels, byte[] pixels) {
  public Picture {
    if (height < 1 || width < 1 || channels != 1 && channels != 3) {
      throw new KilnException(
          "picture: [%d, %d, %d]; it is [height, width, channels] with 1 or 3 channels"
              .formatted(height, width, channels));
    }
    if (pixels.length != height * width * channels) {
      throw new KilnException(
          "picture: %d bytes for [%d, %d, %d]".formatted(pixels.length, height, width, channels));
    }
  }

  /**
   * From numbers as networks have them.
   *
   * @param values [channels, height, width]
   * @param low what becomes black; what is not a number does too
   * @param high what becomes full brightness
   */
  public static Picture of(
      float[] values, int channels, int height, int width, float low, float high) {
    if (values.length != channels * height * width) {
      throw new KilnException(
          "picture: %d values for [%d, %d, %d], which is [channels, height, width]"
              .formatted(values.length, channels, height, width));
    }
    byte[] pixels = new byte[values.length];
    for (int c = 0; c < channels; c++) {
      for (int i = 0; i < height * width; i++) {
        float part = (values[c * height * width + i] - low) / (high - low);
        pixels[i * channels + c] = (byte) Math.round(255 * Math.clamp(part, 0f, 1f));
      }
    }
    return new Picture(height, width, channels, pixels);
  }

  /** Pictures of one size beside and below each other, with a line of one pixel between. */
  public static Picture grid(List<Picture> pictures, int columns) {
    if (pictures.isEmpty() || columns < 1) {
      throw new KilnException(
          "grid of %d pictures in %d columns; it needs one at least"
              .formatted(pictures.size(), columns));
    }
    Picture first = pictures.getFirst();
    int wide = Math.min(columns, pictures.size());
    int rows = Math.ceilDiv(pictures.size(), wide);
    int width = wide * (first.width + 1) - 1;
    int height = rows * (first.height + 1) - 1;
    byte[] pixels = new byte[height * width * first.channels];
    Arrays.fill(pixels, (byte) 128);
    for (int i = 0; i < pictures.size(); i++) {
      Picture picture = pictures.get(i);
      if (picture.height != first.height
          || picture.width != first.width
          || picture.channels != first.channels) {
        throw new KilnException(
            "grid: picture %d is [%d, %d, %d], the first [%d, %d, %d]"
                .formatted(
                    i,
                    picture.height,
                    picture.width,
                    picture.channels,
                    first.height,
                    first.width,
                    first.channels));
      }
      int top = i / wide * (first.height + 1);
      int left = i % wide * (first.width + 1);
      int line = first.width * first.channels;
      for (int y = 0; y < first.height; y++) {
        int to = ((top + y) * width + left) * first.channels;
        System.arraycopy(picture.pixels, y * line, pixels, to, line);
      }
    }
    return new Picture(height, width, first.channels, pixels);
  }

  /** As a PNG file. */
  public byte[] png() {
    int type = channels == 1 ? BufferedImage.TYPE_BYTE_GRAY : BufferedImage.TYPE_INT_RGB;
    BufferedImage image = new BufferedImage(width, height, type);
    int[] samples = new int[pixels.length];
    for (int i = 0; i < pixels.length; i++) {
      samples[i] = pixels[i] & 0xff;
    }
    image.getRaster().setPixels(0, 0, width, height, samples);
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    // Given an OutputStream alone, ImageIO would go by way of a temporary file.
    try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      ImageIO.write(image, "png", out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
