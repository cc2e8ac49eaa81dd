package dev.kiln.runtime;

import dev.kiln.compiler.ArgumentSpec;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.python.PyNone;
import dev.kiln.compiler.python.PyTuple;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Several values that are passed as one argument.
 *
 * @param spec what a specialisation knows about them
 * @param leaves what the kernel reads at run time, in order
 * @param arrays for each leaf the array whose address it is, or null
 * @param pythonValue what heuristics and grids see
 * @param source the {@link TensorDescriptor}, or the list of the tuple's values
 */
record CompositeArgument(
    ArgumentSpec spec, long[] leaves, List<NdArray> arrays, Object pythonValue, Object source) {
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
    List<NdArray> arrays = new ArrayList<>(Collections.nCopies(leaves.length, null));
    arrays.set(0, base);
    return new CompositeArgument(spec, leaves, arrays, base.address(), descriptor);
  }

  /**
   * A tuple of arrays, numbers, {@code null}, texts, descriptors and tuples; each is specialised on
   * its own.
   */
  static CompositeArgument of(String kernel, String parameter, Device device, List<?> values) {
    List<ArgumentSpec> specs = new ArrayList<>();
    List<Long> leaves = new ArrayList<>();
    List<NdArray> arrays = new ArrayList<>();
    List<Object> seen = new ArrayList<>();
    for (Object value : values) {
      CompositeArgument element = element(kernel, parameter, device, value);
      specs.add(element.spec);
      for (long leaf : element.leaves) {
        leaves.add(leaf);
      }
      arrays.addAll(element.arrays);
      seen.add(element.pythonValue);
    }
    return new CompositeArgument(
        new ArgumentSpec.Tuple(specs, Optional.empty()),
        leaves.stream().mapToLong(Long::longValue).toArray(),
        arrays,
        new PyTuple(seen),
        values);
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
        List.of(array),
        array.address(),
        array);
  }

  private static CompositeArgument integer(long value) {
    if (value == 1) {
      return constant(1L);
    }
    DType dtype = value == (int) value ? DType.I32 : DType.I64;
    int divisibility = value % ALIGNMENT == 0 ? ALIGNMENT : 1;
    return number(new ArgumentSpec.Scalar(dtype, divisibility), value, value);
  }

  private static CompositeArgument scalar(DType dtype, long bits, Object seen) {
    return number(new ArgumentSpec.Scalar(dtype, 1), bits, seen);
  }

  private static CompositeArgument number(ArgumentSpec spec, long bits, Object seen) {
    return new CompositeArgument(spec, new long[] {bits}, Collections.nCopies(1, null), seen, seen);
  }

  private static CompositeArgument constant(Object value) {
    return new CompositeArgument(
        new ArgumentSpec.Constant(value), new long[0], List.of(), value, value);
  }

  /**
   * The same value over other arrays: a descriptor, an array, a tuple of such; others as they are.
   */
  static Object over(Object source, UnaryOperator<NdArray> arrays) {
    return switch (source) {
      case null -> null;
      case NdArray array -> arrays.apply(array);
      case TensorDescriptor descriptor ->
          new TensorDescriptor(
              arrays.apply(descriptor.base()), descriptor.blockShape(), descriptor.padWithNan());
      case List<?> values -> {
        List<Object> mapped = new ArrayList<>();
        values.forEach(value -> mapped.add(over(value, arrays)));
        yield mapped;
      }
      default -> source;
    };
  }

  /** For messages. */
  String describe() {
    return spec instanceof ArgumentSpec.Descriptor ? "a tensor descriptor" : "a tuple";
  }
}
