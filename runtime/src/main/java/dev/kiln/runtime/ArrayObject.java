package dev.kiln.runtime;

import dev.kiln.compiler.python.PyCallable;
import dev.kiln.compiler.python.PyObject;
import dev.kiln.compiler.python.PySymbol;
import dev.kiln.compiler.python.PyTuple;
import dev.kiln.compiler.python.PythonError;
import dev.kiln.compiler.python.PythonOperators;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * An array as host functions of a kernel file see it: some of what a tensor of torch offers.
 *
 * @param isLive whether methods that change the array do; otherwise they do nothing
 */
record ArrayObject(NdArray array, boolean isLive) implements PyObject {
  @Override
  public String typeName() {
    return "Tensor";
  }

  @Override
  public Optional<Object> attribute(String name) {
    return Optional.ofNullable(
        switch (name) {
          case "dtype" -> new PySymbol("torch." + torchName());
          case "shape" -> tuple(array.shape());
          case "ndim" -> (long) array.rank();
          case "size" -> (PyCallable) (args, kwargs) -> of(args, array.shape());
          case "stride" -> (PyCallable) (args, kwargs) -> of(args, strides());
          case "dim" -> (PyCallable) (args, kwargs) -> (long) array.rank();
          case "numel" -> (PyCallable) (args, kwargs) -> array.size();
          case "element_size" -> (PyCallable) (args, kwargs) -> (long) array.dtype().bytes();
          case "data_ptr" -> (PyCallable) (args, kwargs) -> array.address();
          case "is_contiguous" -> (PyCallable) (args, kwargs) -> array.isContiguous();
          case "zero_" -> (PyCallable) (args, kwargs) -> fill(0);
          case "fill_" -> (PyCallable) (args, kwargs) -> fill(number(args));
          default -> null;
        });
  }

  private String torchName() {
    return switch (array.dtype()) {
      case I1 -> "bool";
      case FP8E4NV -> "float8_e4m3fn";
      case FP8E5 -> "float8_e5m2";
      default -> array.dtype().languageName();
    };
  }

  private long[] strides() {
    long[] strides = new long[array.rank()];
    Arrays.setAll(strides, array::stride);
    return strides;
  }

  private static PyTuple tuple(long[] numbers) {
    return new PyTuple(LongStream.of(numbers).<Object>boxed().toList());
  }

  private static Object of(List<Object> args, long[] numbers) {
    return args.isEmpty() ? tuple(numbers) : PythonOperators.index(tuple(numbers), args.getFirst());
  }

  private static double number(List<Object> args) {
    if (args.size() == 1 && args.getFirst() instanceof Number number) {
      return number.doubleValue();
    }
    throw PythonError.type("fill_() takes a number");
  }

  Object fill(double value) {
    if (isLive) {
      if (!array.isContiguous()) {
        throw PythonError.unsupported("not supported yet: to fill an array that is not contiguous");
      }
      double[] values = new double[Math.toIntExact(array.size())];
      Arrays.fill(values, value);
      array.set(values);
    }
    return this;
  }

  @Override
  public String toString() {
    return array.toString();
  }
}
