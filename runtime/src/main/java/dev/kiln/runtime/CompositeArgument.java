package dev.kiln.runtime;

import dev.kiln.compiler.ArgumentSpec;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.python.PyNone;
import dev.kiln.compiler.python.PyTuple;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Several values that are passed as one argument.
 *
 * @param spec what a specialisation knows about them
 * @param leaves what the kernel reads at run time, in order
 * @param pythonValue what heuristics and grids see
 */
record CompositeArgument(ArgumentSpec spec, long[] leaves, Object pythonValue) {
  private static final int ALIGNMENT = 16;

  static CompositeArgument of(TensorDescriptor descriptor) {
    NdArray base = descriptor.base();
    int rank = base.rank();
    long[] leaves = new long[1 + 2 * rank];
    leaves[0] = base.address();
    for (int i = 0; i < rank; i++) {
      leaves[1 + i] = base.dim(i);
      leaves[1 + rank + i] = base.stride(i);
    }
    var spec =
        new ArgumentSpec.Descriptor(base.dtype(), descriptor.blockShape(), descriptor.padWithNan());
    return new CompositeArgument(spec, leaves, base.address());
  }

  /**
   * A tuple of arrays, numbers, {@code null}, texts, descriptors and tuples; each is specialised on
   * its own.
   */
  static CompositeArgument of(String kernel, String parameter, Device device, List<?> values) {
    List<ArgumentSpec> specs = new ArrayList<>();
    List<Long> leaves = new ArrayList<>();
    List<Object> seen = new ArrayList<>();
    for (Object value : values) {
      CompositeArgument element = element(kernel, parameter, device, value);
      specs.add(element.spec);
      for (long leaf : element.leaves) {
        leaves.add(leaf);
      }
      seen.add(element.pythonValue);
    }
    return new CompositeArgument(
        new ArgumentSpec.Tuple(specs, Optional.empty()),
        leaves.stream().mapToLong(Long::longValue).toArray(),
        new PyTuple(seen));
  }

  private static CompositeArgument element(
      String kernel, String parameter, Device device, Object value) {
    return switch (value) {
      case null -> constant(PyNone.NONE);
      case NdArray array -> pointer(kernel, parameter, device, array);
      case TensorDescriptor descriptor -> of(descriptor);
      case List<?> nested -> of(kernel, parameter, device, nested);
      case Boolean flag -> scalar(DType.I1, flag ? 1 : 0, flag);
      case Double number ->
          scalar(DType.FP32, Float.floatToRawIntBits(number.floatValue()) & 0xFFFF_FFFFL, number);
      case Float number ->
          scalar(DType.FP32, Float.floatToRawIntBits(number) & 0xFFFF_FFFFL, number.doubleValue());
      case Number number -> integer(number.longValue());
      case String text -> constant(text);
      case DType dtype -> constant(dtype);
      default ->
          throw new LaunchException(
              kernel,
              "argument '%s': a tuple cannot hold a %s"
                  .formatted(parameter, value.getClass().getSimpleName()));
    };
  }

  private static CompositeArgument pointer(
      String kernel, String parameter, Device device, NdArray array) {
    if (array.device() != device) {
      throw new LaunchException(
          kernel,
          "argument '%s' lies on device '%s', the launch is on '%s'"
              .formatted(parameter, array.device().name(), device.name()));
    }
    int divisibility = array.address() % ALIGNMENT == 0 ? ALIGNMENT : 1;
    return new CompositeArgument(
        new ArgumentSpec.Pointer(array.dtype(), false, divisibility),
        new long[] {array.address()},
        array.address());
  }

  private static CompositeArgument integer(long value) {
    if (value == 1) {
      return constant(1L);
    }
    DType dtype = value == (int) value ? DType.I32 : DType.I64;
    int divisibility = value % ALIGNMENT == 0 ? ALIGNMENT : 1;
    return new CompositeArgument(
        new ArgumentSpec.Scalar(dtype, divisibility), new long[] {value}, value);
  }

  private static CompositeArgument scalar(DType dtype, long bits, Object seen) {
    return new CompositeArgument(new ArgumentSpec.Scalar(dtype, 1), new long[] {bits}, seen);
  }

  private static CompositeArgument constant(Object value) {
    return new CompositeArgument(new ArgumentSpec.Constant(value), new long[0], value);
  }

  /** For messages. */
  String describe() {
    return spec instanceof ArgumentSpec.Descriptor ? "a tensor descriptor" : "a tuple";
  }
}
