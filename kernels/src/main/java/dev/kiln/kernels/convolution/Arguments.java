package dev.kiln.kernels.convolution;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.Check;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;

/**
 * What a convolution asks of its arrays. There are always three: the wide one that a convolution
 * reads, the weights, and the narrow one that it writes. A transposed convolution reads the narrow
 * and writes the wide one; in gradients another one is the result.
 */
final class Arguments {
  private final String name;
  private final boolean isTransposed;

  Arguments(String name, boolean isTransposed) {
    this.name = name;
    this.isTransposed = isTransposed;
  }

  /** An array with the argument's name. */
  record Named(String argument, NdArray array) {}

  /** Checks all three and their relations; the result is one of them. */
  void check(Named wide, Named weights, Named narrow, Named result, ConvolutionOptions options) {
    options(options);
    volume(wide, options);
    volume(weights, options);
    volume(narrow, options);
    Named first = result == wide ? narrow : wide;
    Named second = result == weights ? narrow : weights;
    Check.sameDType(name, second.argument, second.array, first.argument, first.array);
    resultDType(result.argument, result.array, first.array);
    channels(wide, weights, narrow, options);
    if (isTransposed) {
      shape(wide, narrow, weights.array.dim(1) * options.groups(), weights.array, options);
    } else {
      shape(narrow, wide, weights.array.dim(0), weights.array, options);
    }
    apart(result, first);
    apart(result, second);
  }

  private void options(ConvolutionOptions options) {
    int rank = options.axes().size();
    if (rank < 1 || rank > Volume.AXES) {
      throw fault("options", "must have one to three axes, but has " + rank);
    }
    if (options.groups() < 1) {
      throw fault("options", "must have 1 group or more, but has " + options.groups());
    }
    for (int i = 0; i < rank; i++) {
      ConvolutionAxis axis = options.axes().get(i);
      if (axis.stride() < 1 || axis.dilation() < 1 || axis.padding() < 0) {
        throw fault(
            "options",
            "must have strides and dilations of 1 or more and no padding below 0, but has " + axis);
      }
      int most = isTransposed ? Math.max(axis.stride(), axis.dilation()) - 1 : 0;
      if (axis.outputPadding() < 0 || axis.outputPadding() > most) {
        throw fault("options", "must have an output padding of 0 to " + most + ", but has " + axis);
      }
    }
  }

  private void volume(Named named, ConvolutionOptions options) {
    int rank = options.axes().size() + 2;
    if (named.array.rank() != rank) {
      throw fault(named, "must have " + rank + " axes");
    }
    volume(named);
  }

  /** Images or weights of any number of axes. */
  void volume(Named named) {
    NdArray array = named.array;
    Check.floatsOrDoubles(name, named.argument, array);
    if (array.rank() < 3 || array.rank() > Volume.AXES + 2) {
      throw fault(named, "must have 3 to 5 axes");
    }
    long last = 0;
    long positions = array.dim(0);
    for (int axis = 1; axis < array.rank(); axis++) {
      last += Math.max(0, array.dim(axis) - 1) * Math.abs(array.stride(axis));
      positions *= axis == 1 ? 1 : array.dim(axis);
    }
    if (last > Integer.MAX_VALUE) {
      throw fault(named, "must span at most 2147483648 elements for each index of its first axis");
    }
    if (positions > Integer.MAX_VALUE) {
      throw fault(named, "must have at most 2147483647 pixels");
    }
  }

  /** Results may be narrower than operands; fp64 goes with fp64 alone. */
  void resultDType(String argument, NdArray result, NdArray operand) {
    Check.floatsOrDoubles(name, argument, result);
    if ((result.dtype() == DType.FP64) != (operand.dtype() == DType.FP64)) {
      throw fault(new Named(argument, result), "must be fp64 if and only if the operands are");
    }
  }

  private void channels(Named wide, Named weights, Named narrow, ConvolutionOptions options) {
    long groups = options.groups();
    if (weights.array.dim(0) % groups != 0) {
      throw fault(weights, "must have a multiple of " + groups + " in its first axis");
    }
    long first = isTransposed ? narrow.array.dim(1) : weights.array.dim(0);
    if (weights.array.dim(0) != first) {
      throw fault(weights, "must have " + first + " in its first axis");
    }
    if (!isTransposed && weights.array.dim(1) * groups != wide.array.dim(1)) {
      throw fault(
          weights, "must have " + wide.array.dim(1) + " / " + groups + " in its second axis");
    }
  }

  private void shape(
      Named out, Named in, long channels, NdArray weights, ConvolutionOptions options) {
    boolean fits = out.array.dim(0) == in.array.dim(0) && out.array.dim(1) == channels;
    for (int axis = 0; axis < options.axes().size(); axis++) {
      long size = size(in.array, weights, options, axis);
      long taps = weights.dim(axis + 2);
      if (taps < 1 || size < 1) {
        throw fault(in, "must be large enough for " + taps + " taps along axis " + (axis + 2));
      }
      fits &= out.array.dim(axis + 2) == size;
    }
    if (!fits) {
      var rule = new StringBuilder("must be of " + in.array.dim(0) + " x " + channels);
      for (int axis = 0; axis < options.axes().size(); axis++) {
        rule.append(" x ").append(size(in.array, weights, options, axis));
      }
      throw fault(out, rule.toString());
    }
  }

  private long size(NdArray in, NdArray weights, ConvolutionOptions options, int number) {
    ConvolutionAxis axis = options.axes().get(number);
    long length = in.dim(number + 2);
    long taps = weights.dim(number + 2);
    return isTransposed ? axis.transposedOutputSize(length, taps) : axis.outputSize(length, taps);
  }

  private void apart(Named result, Named operand) {
    Check.apart(name, result.argument, result.array, operand.argument, operand.array);
  }

  /** The epilogue of a result. */
  void epilogue(ConvolutionEpilogue epilogue, Named result) {
    if (epilogue.bias() != null) {
      Check.vector(name, "bias", epilogue.bias(), result.array.dim(1));
      resultDType("bias", epilogue.bias(), result.array);
    }
    like("residual", epilogue.residual(), result);
    like("pre", epilogue.pre(), result);
  }

  private void like(String argument, NdArray array, Named result) {
    if (array == null) {
      return;
    }
    resultDType(argument, array, result.array);
    Check.sameShape(name, argument, array, result.argument, result.array);
    for (int axis = 0; axis < array.rank(); axis++) {
      if (array.stride(axis) != result.array.stride(axis)) {
        throw fault(argument, "must have the strides of '" + result.argument + "'");
      }
    }
  }

  /** The gradient of a bias. */
  void bias(NdArray dy, NdArray db) {
    volume(new Named("dy", dy));
    Check.vector(name, "db", db, dy.dim(1));
    resultDType("db", db, dy);
  }

  private KilnException fault(String argument, String rule) {
    return Check.fault(name, argument, rule);
  }

  private KilnException fault(Named named, String rule) {
    return Check.fault(name, named.argument, rule + ", but is " + named.array);
  }
}
