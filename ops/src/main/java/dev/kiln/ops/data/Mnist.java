package dev.kiln.ops.data;

import dev.kiln.runtime.KilnException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Handwritten digits, 28 x 28: the 10,000 that come with Kiln, or the full MNIST database from a
 * folder. See {@code NOTICE} for where they come from.
 *
 * @param training for training
 * @param test for testing only
 */
public record Mnist(LabeledImages training, LabeledImages test) {
  /**
   * Mean and standard deviation of MNIST's training pixels, from 0 to 1; images are normalised with
   * them.
   */
  public static final float MEAN = 0.1307f;

  public static final float DEVIATION = 0.3081f;

  private static final String RESOURCES = "mnist/";
  private static final int CLASSES = 10;

  /** Opens one of the four files, by its usual name. */
  private interface Source {
    IdxFile read(String name, int rank);
  }

  /** The digits that come with Kiln: 8,500 for training, 1,500 for testing. */
  public static Mnist bundled() {
    return from(Mnist::resource);
  }

  /**
   * The files {@code train-images-idx3-ubyte}, {@code train-labels-idx1-ubyte}, {@code
   * t10k-images-idx3-ubyte} and {@code t10k-labels-idx1-ubyte} of a folder, with or without {@code
   * .gz}.
   *
   * @throws KilnException if one is missing or damaged, or images and labels do not match
   */
  public static Mnist in(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new KilnException(folder + ": is not a folder");
    }
    return from((name, rank) -> IdxFile.read(find(folder, name), rank));
  }

  private static Mnist from(Source source) {
    LabeledImages training = part(source, "train");
    LabeledImages test = part(source, "t10k");
    if (training.imageSize() != test.imageSize()) {
      throw new KilnException("training and test images differ in size");
    }
    return new Mnist(training, test);
  }

  private static LabeledImages part(Source source, String prefix) {
    String imagesName = prefix + "-images-idx3-ubyte";
    String labelsName = prefix + "-labels-idx1-ubyte";
    IdxFile images = source.read(imagesName, 3);
    IdxFile labels = source.read(labelsName, 1);
    int[] shape = images.shape();
    if (shape[0] != labels.shape()[0]) {
      throw new KilnException(
          "%s has %,d images, but %s has %,d labels"
              .formatted(imagesName, shape[0], labelsName, labels.shape()[0]));
    }
    if (shape[0] == 0) {
      throw new KilnException(imagesName + " has no images");
    }
    return new LabeledImages(shape[1], shape[2], CLASSES, images.elements(), labels.elements());
  }

  private static Path find(Path folder, String name) {
    for (String candidate : new String[] {name, name + ".gz"}) {
      if (Files.exists(folder.resolve(candidate))) {
        return folder.resolve(candidate);
      }
    }
    throw new KilnException("%s: holds neither %s nor %s.gz".formatted(folder, name, name));
  }

  private static IdxFile resource(String name, int rank) {
    try (InputStream in = Mnist.class.getResourceAsStream(RESOURCES + name + ".gz")) {
      if (in == null) {
        throw new KilnException("the bundled digits are missing: " + name + ".gz");
      }
      return IdxFile.read(in, name, rank);
    } catch (IOException e) {
      throw new KilnException(name + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
