package dev.kiln.kernels.pooling;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.convolution.Volume;
import dev.kiln.kernels.launch.Check;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;

/** What pooling and upsampling ask of their arrays. */
final class Arguments {
  private final String name;

  Arguments(String name) {
    this.name = name;
  }

  /** Images with one to three axes of space. */
  void images(String argument, NdArray array) {
    Check.floatsOrDoubles(name, argument, array);
    if (array.rank() < 3 || array.rank() > Volume.AXES + 2) {
      throw fault(argument, array, "must have 3 to 5 axes");
    }
    span(argument, array);
  }

  /** All offsets within an image, and the number of rows of all, are 32-bit integers. */
  private void span(String argument, NdArray array) {
    long last = 0;
    long positions = 1;
    for (int axis = 0; axis < array.rank(); axis++) {
      last += axis == 0 ? 0 : Math.max(0, array.dim(axis) - 1) * Math.abs(array.stride(axis));
      positions *= axis == 1 ? 1 : array.dim(axis);
    }
    if (last > Integer.MAX_VALUE) {
      throw fault(
          argument,
          array,
          "must span at most 2147483648 elements for each index of its first axis");
    }
    if (positions > Integer.MAX_VALUE) {
      throw fault(argument, array, "must have at most 2147483647 pixels");
    }
  }

  /** Images of the dtype, the number and the channels of others. */
  void resampled(String argument, NdArray array, String other, NdArray like) {
    images(argument, array);
    Check.sameDType(name, argument, array, other, like);
    boolean fits = array.rank() == like.rank();
    fits = fits && array.dim(0) == like.dim(0) && array.dim(1) == like.dim(1);
    if (!fits) {
      throw fault(
          argument, array, "must have the axes, images and channels of '" + other + "', " + like);
    }
  }

  /** The larger and the smaller images of pooling, with their names. */
  void pooled(String wide, NdArray x, String narrow, NdArray y, PoolingOptions options) {
    images(wide, x);
    resampled(narrow, y, wide, x);
    if (options.isAdaptive()) {
      adaptive(wide, x, narrow, y);
    } else {
      windows(options, x.rank() - 2);
      sizes(wide, x, narrow, y, options);
    }
    Check.apart(name, narrow, y, wide, x);
    if (!(options.divisor() >= 0) || Double.isInfinite(options.divisor())) {
      throw Check.fault(
          name,
          "options",
          "must have a divisor above 0, or 0 for none, but has " + options.divisor());
    }
  }

  private void adaptive(String wide, NdArray x, String narrow, NdArray y) {
    for (int axis = 2; axis < x.rank(); axis++) {
      if (x.dim(axis) == 0 && y.dim(axis) > 0) {
        throw fault(wide, x, "must not be empty along axis " + axis);
      }
      if (x.dim(axis) * (y.dim(axis) + 1) > Integer.MAX_VALUE
          || y.dim(axis) * (x.dim(axis) + 1) > Integer.MAX_VALUE) {
        throw fault(
            narrow,
            y,
            "must be so small that its length times that of '" + wide + "' is below 2^31");
      }
    }
  }

  private void windows(PoolingOptions options, int rank) {
    if (options.windows().size() != rank) {
      throw Check.fault(
          name,
          "options",
          "must have " + rank + " windows or none, but has " + options.windows().size());
    }
    for (int i = 0; i < rank; i++) {
      PoolingWindow window = options.windows().get(i);
      if (window.size() < 1 || window.stride() < 1 || window.dilation() < 1) {
        throw Check.fault(
            name,
            "options",
            "must have sizes, strides and dilations of 1 or more, but has " + window);
      }
      if (window.padding() < 0 || window.padding() > window.span() / 2) {
        throw Check.fault(
            name,
            "options",
            "must have a padding of 0 to " + window.span() / 2 + ", but has " + window);
      }
    }
  }

  private void sizes(String wide, NdArray x, String narrow, NdArray y, PoolingOptions options) {
    boolean fits = true;
    for (int axis = 2; axis < x.rank(); axis++) {
      long size = size(x, axis, options);
      if (size < 1) {
        throw fault(wide, x, "must be large enough for a window along axis " + axis);
      }
      fits &= y.dim(axis) == size;
    }
    if (!fits) {
      var rule = new StringBuilder("must be of " + x.dim(0) + " x " + x.dim(1));
      for (int axis = 2; axis < x.rank(); axis++) {
        rule.append(" x ").append(size(x, axis, options));
      }
      throw fault(narrow, y, rule.toString());
    }
  }

  private static long size(NdArray x, int axis, PoolingOptions options) {
    return options.windows().get(axis - 2).outputSize(x.dim(axis), options.ceilMode());
  }

  /** Averages know no dilation. */
  void undilated(PoolingOptions options) {
    for (int i = 0; i < options.windows().size(); i++) {
      if (options.windows().get(i).dilation() != 1) {
        throw Check.fault(
            name, "options", "must have dilations of 1, but has " + options.windows().get(i));
      }
    }
  }

  /** Places of maxima, beside the images that hold these; null for none. */
  void places(NdArray places, String other, NdArray y) {
    if (places == null) {
      return;
    }
    if (places.dtype() != DType.I32) {
      throw fault("places", places, "must be i32");
    }
    Check.sameShape(name, "places", places, other, y);
    for (int axis = 0; axis < y.rank(); axis++) {
      if (y.dim(axis) > 1 && places.stride(axis) != y.stride(axis)) {
        throw Check.fault(name, "places", "must have the strides of '" + other + "'");
      }
    }
  }

  KilnException fault(String argument, NdArray array, String rule) {
    return Check.fault(name, argument, rule + ", but is " + array);
  }
}
