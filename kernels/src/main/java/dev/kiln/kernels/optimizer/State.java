package dev.kiln.kernels.optimizer;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;

/**
 * A kind of number that an optimizer keeps from step to step.
 *
 * @param name for checkpoints
 * @param column of the parameter table
 * @param dtype null for that of the arithmetic
 * @param initial what it holds at first
 * @param elements of the parameter that share a number: 1 for one each
 */
record State(String name, int column, DType dtype, double initial, int elements) {
  static State zeros(String name, int column) {
    return of(name, column, 0);
  }

  static State of(String name, int column, double initial) {
    return new State(name, column, null, initial, 1);
  }

  /** The state of a parameter: of its shape, or a vector if elements share numbers. */
  NdArray allocate(Device device, Parameter parameter) {
    DType of = dtype == null ? parameter.compute() : dtype;
    NdArray weights = parameter.weights();
    long[] shape =
        elements == 1 ? weights.shape() : new long[] {Math.ceilDiv(weights.size(), elements)};
    if (initial == 0) {
      return NdArray.zeros(device, of, shape);
    }
    NdArray array = NdArray.empty(device, of, shape);
    double[] values = new double[Math.toIntExact(array.size())];
    Arrays.fill(values, initial);
    array.set(values);
    return array;
  }
}
