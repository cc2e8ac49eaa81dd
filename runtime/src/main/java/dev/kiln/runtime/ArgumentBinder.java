package dev.kiln.runtime;

import dev.kiln.compiler.ArgumentSpec;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.numeric.FloatFormat;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The arguments of one launch, kept between launches: what each parameter is bound to, what a
 * specialisation knows about it, and the bits that the kernel reads.
 *
 * <p>Setting an argument allocates nothing. {@link #revision()} changes only when a specialisation
 * would, so that a launch with the same kinds of arguments as the last needs no look-up.
 *
 * <p>The rules are Triton's: an integer 1 becomes a constant; an integer or an address that is a
 * multiple of 16 is marked so; an integer is {@code i32} if it fits, else {@code i64}, else {@code
 * u64}; a float is {@code fp32}.
 */
final class ArgumentBinder {
  private static final int ALIGNMENT = 16;

  /** What a parameter is bound to. */
  private enum Kind {
    UNSET,
    POINTER,
    INTEGER,
    FLOAT,
    CONSTANT,
    COMPOSITE
  }

  private final String kernel;
  private final List<KernelParameter> parameters;
  private final Kind[] kinds;
  private final DType[] dtypes;
  private final boolean[] divisible;
  private final long[] bits;
  private final Object[] constants;
  private final CompositeArgument[] composites;
  private final NdArray[] arrays;
  private final boolean[] meta;
  private boolean tellsDivisibility = true;
  private int revision;

  ArgumentBinder(String kernel, List<KernelParameter> parameters) {
    this.kernel = kernel;
    this.parameters = parameters;
    int n = parameters.size();
    kinds = new Kind[n];
    Arrays.fill(kinds, Kind.UNSET);
    dtypes = new DType[n];
    divisible = new boolean[n];
    bits = new long[n];
    constants = new Object[n];
    composites = new CompositeArgument[n];
    arrays = new NdArray[n];
    meta = new boolean[n];
  }

  /** Changes whenever the specialisation changes. */
  int revision() {
    return revision;
  }

  /** Whether specialisations say what divides addresses and integers; true at first. */
  void tellDivisibility(boolean enabled) {
    revision += tellsDivisibility == enabled ? 0 : 1;
    tellsDivisibility = enabled;
  }

  boolean isSet(int index) {
    return kinds[index] != Kind.UNSET;
  }

  /** Whether the caller set it, and not a configuration, heuristic or default. */
  boolean isExplicit(int index) {
    return kinds[index] != Kind.UNSET && !meta[index];
  }

  /** Forgets what a configuration, heuristic or default said. */
  void forgetMeta(int index) {
    if (meta[index]) {
      kinds[index] = Kind.UNSET;
      meta[index] = false;
      revision++;
    }
  }

  /** Sets what a configuration, heuristic or default says. */
  void setMeta(int index, Object value) {
    switch (value) {
      case Long number -> setInteger(index, number);
      case Double number -> setFloat(index, number);
      case Boolean flag -> setBoolean(index, flag);
      default -> setConstant(index, value);
    }
    meta[index] = true;
  }

  void setArray(int index, NdArray array) {
    KernelParameter parameter = parameters.get(index);
    if (parameter.isConstant()) {
      throw fault(parameter, " is tl.constexpr and takes a constant, not an array");
    }
    if (array.buffer().isClosed()) {
      throw fault(parameter, ": the array's buffer is closed");
    }
    long address = array.address();
    boolean aligned =
        parameter.specializeOnValue()
            && parameter.specializeOnAlignment()
            && address % ALIGNMENT == 0;
    bind(index, Kind.POINTER, array.dtype(), aligned);
    bits[index] = address;
    arrays[index] = array;
  }

  void setInteger(int index, long value) {
    KernelParameter parameter = parameters.get(index);
    if (parameter.isConstant()) {
      setConstant(index, value);
      return;
    }
    if (parameter.dtype().isPresent()) {
      setTyped(index, parameter, value);
      return;
    }
    if (value == 1 && parameter.specializeOnValue()) {
      setConstant(index, 1L);
      return;
    }
    boolean fits = value == (int) value;
    bindInteger(index, parameter, fits ? DType.I32 : DType.I64, value);
  }

  void setFloat(int index, double value) {
    KernelParameter parameter = parameters.get(index);
    if (parameter.isConstant()) {
      setConstant(index, value);
      return;
    }
    DType dtype = parameter.dtype().orElse(DType.FP32);
    if (!dtype.isFloat()) {
      throw fault(parameter, " is " + dtype.shortName() + ", but " + value + " is a float");
    }
    bind(index, Kind.FLOAT, dtype, false);
    bits[index] = floatBits(dtype, value);
  }

  void setBoolean(int index, boolean value) {
    KernelParameter parameter = parameters.get(index);
    if (parameter.isConstant()) {
      setConstant(index, value);
      return;
    }
    bind(index, Kind.INTEGER, DType.I1, false);
    bits[index] = value ? 1 : 0;
  }

  /** A number whose type the caller fixes, whatever its value. */
  void setScalar(int index, DType dtype, Number value) {
    KernelParameter parameter = parameters.get(index);
    if (parameter.isConstant()) {
      setConstant(
          index, dtype.isFloat() ? (Object) value.doubleValue() : (Object) value.longValue());
    } else if (dtype.isFloat()) {
      bind(index, Kind.FLOAT, dtype, false);
      bits[index] = floatBits(dtype, value.doubleValue());
    } else {
      bindInteger(index, parameter, dtype, value.longValue());
    }
  }

  /**
   * A Python value that is part of the specialisation; {@code PyNone.NONE} for a parameter that may
   * be left out.
   */
  void setConstant(int index, Object value) {
    meta[index] = false;
    if (kinds[index] != Kind.CONSTANT || !same(constants[index], value)) {
      kinds[index] = Kind.CONSTANT;
      constants[index] = value;
      revision++;
    }
  }

  /** Several values passed as one: a tuple, or a tensor descriptor. */
  void setComposite(int index, CompositeArgument value) {
    KernelParameter parameter = parameters.get(index);
    if (parameter.isConstant()) {
      throw fault(parameter, " is tl.constexpr and takes a constant, not " + value.describe());
    }
    meta[index] = false;
    if (kinds[index] != Kind.COMPOSITE || !told(composites[index]).equals(told(value))) {
      kinds[index] = Kind.COMPOSITE;
      revision++;
    }
    composites[index] = value;
  }

  private ArgumentSpec told(CompositeArgument value) {
    return tellsDivisibility ? value.spec() : value.spec().undivided();
  }

  private void setTyped(int index, KernelParameter parameter, long value) {
    DType dtype = parameter.dtype().orElseThrow();
    if (dtype.isFloat()) {
      setFloat(index, value);
    } else if (value == 1 && parameter.specializeOnValue() && !dtype.isBool()) {
      setConstant(index, 1L);
    } else {
      bindInteger(index, parameter, dtype, value);
    }
  }

  private void bindInteger(int index, KernelParameter parameter, DType dtype, long value) {
    if (!fits(dtype, value)) {
      throw fault(parameter, ": " + value + " does not fit " + dtype.shortName());
    }
    boolean aligned =
        parameter.specializeOnValue()
            && parameter.specializeOnAlignment()
            && value % ALIGNMENT == 0
            && !dtype.isBool();
    bind(index, Kind.INTEGER, dtype, aligned);
    bits[index] = value;
  }

  private void bind(int index, Kind kind, DType dtype, boolean aligned) {
    meta[index] = false;
    if (kinds[index] != kind
        || dtypes[index] != dtype
        || divisible[index] != aligned && tellsDivisibility) {
      kinds[index] = kind;
      dtypes[index] = dtype;
      revision++;
    }
    divisible[index] = aligned;
  }

  /** What is known about each parameter. Fails if one is not set. */
  List<ArgumentSpec> specs() {
    List<ArgumentSpec> specs = new ArrayList<>(kinds.length);
    for (int i = 0; i < kinds.length; i++) {
      KernelParameter parameter = parameters.get(i);
      specs.add(
          switch (kinds[i]) {
            case UNSET -> throw fault(parameter, " has no value");
            case POINTER ->
                new ArgumentSpec.Pointer(dtypes[i], parameter.isConst(), divisibility(i));
            case INTEGER, FLOAT -> new ArgumentSpec.Scalar(dtypes[i], divisibility(i));
            case CONSTANT -> new ArgumentSpec.Constant(constants[i]);
            case COMPOSITE -> told(composites[i]);
          });
    }
    return specs;
  }

  /**
   * What a specialisation is made of, to be compared with later arguments without making one.
   *
   * @param codes kind, dtype and divisibility of each parameter
   * @param constants of those that have one
   */
  record Snapshot(int[] codes, Object[] constants) {}

  /** The present arguments, or null if they cannot be compared that way. */
  Snapshot snapshot() {
    int[] codes = new int[kinds.length];
    Object[] values = new Object[kinds.length];
    for (int i = 0; i < codes.length; i++) {
      if (kinds[i] == Kind.COMPOSITE) {
        return null;
      }
      codes[i] = code(i);
      values[i] = kinds[i] == Kind.CONSTANT ? constants[i] : null;
    }
    return new Snapshot(codes, values);
  }

  /** Whether the arguments make the same specialisation as those of a snapshot. */
  boolean isLike(Snapshot snapshot) {
    for (int i = 0; i < kinds.length; i++) {
      if (code(i) != snapshot.codes[i]
          || kinds[i] == Kind.CONSTANT && !same(constants[i], snapshot.constants[i])) {
        return false;
      }
    }
    return true;
  }

  /** Equal for arguments that make the same specialisation. */
  int fingerprint() {
    int hash = 0;
    for (int i = 0; i < kinds.length; i++) {
      int value = kinds[i] == Kind.CONSTANT ? constants[i].hashCode() : code(i);
      hash = 31 * hash + value;
    }
    return hash ^ hash >>> 16;
  }

  private int code(int index) {
    Kind kind = kinds[index];
    if (kind == Kind.CONSTANT || kind == Kind.UNSET || kind == Kind.COMPOSITE) {
      return kind.ordinal();
    }
    return kind.ordinal() | dtypes[index].ordinal() << 4 | divisibility(index) << 12;
  }

  private int divisibility(int index) {
    return tellsDivisibility && divisible[index] ? ALIGNMENT : 1;
  }

  /** How many numbers the kernel reads at run time. */
  int runtimeArguments() {
    int n = 0;
    for (int i = 0; i < kinds.length; i++) {
      n +=
          kinds[i] == Kind.COMPOSITE
              ? composites[i].leaves().length
              : kinds[i] == Kind.CONSTANT ? 0 : 1;
    }
    return n;
  }

  /** Writes what the kernel reads at run time, in the order of its parameters. */
  void write(MemorySegment block) {
    int at = 0;
    for (int i = 0; i < kinds.length; i++) {
      if (kinds[i] == Kind.COMPOSITE) {
        for (long leaf : composites[i].leaves()) {
          block.setAtIndex(ValueLayout.JAVA_LONG, at++, leaf);
        }
      } else if (kinds[i] != Kind.CONSTANT) {
        block.setAtIndex(ValueLayout.JAVA_LONG, at++, bits[i]);
      }
    }
  }

  /** For each number that {@link #write} writes the array whose address it is, or null. */
  List<NdArray> leafArrays() {
    List<NdArray> leaves = new ArrayList<>();
    for (int i = 0; i < kinds.length; i++) {
      switch (kinds[i]) {
        case UNSET, CONSTANT -> {}
        case POINTER -> leaves.add(arrays[i]);
        case INTEGER, FLOAT -> leaves.add(null);
        case COMPOSITE -> leaves.addAll(composites[i].arrays());
      }
    }
    return leaves;
  }

  /** The array, {@link TensorDescriptor} or tuple that a parameter is bound to; else null. */
  Object memory(int index) {
    return switch (kinds[index]) {
      case POINTER -> arrays[index];
      case COMPOSITE -> composites[index].source();
      case UNSET, CONSTANT, INTEGER, FLOAT -> null;
    };
  }

  /** Takes over what the caller has set in another binder and is no {@link #memory}. */
  void takeNumbers(ArgumentBinder other) {
    for (int i = 0; i < kinds.length; i++) {
      if (other.isExplicit(i) && other.memory(i) == null) {
        kinds[i] = other.kinds[i];
        dtypes[i] = other.dtypes[i];
        divisible[i] = other.divisible[i];
        bits[i] = other.bits[i];
        constants[i] = other.constants[i];
        revision++;
      }
    }
  }

  /** The argument as a Python value: a constant as it is, a number, or an address. */
  Object value(int index) {
    return switch (kinds[index]) {
      case UNSET -> throw fault(parameters.get(index), " has no value");
      case CONSTANT -> constants[index];
      case INTEGER -> dtypes[index].isBool() ? (Object) (bits[index] != 0) : (Object) bits[index];
      case FLOAT -> FloatFormat.fromBits(dtypes[index], bits[index]);
      case POINTER -> bits[index];
      case COMPOSITE -> composites[index].pythonValue();
    };
  }

  /** The dtype of an array or number; empty for other arguments. */
  Optional<DType> dtype(int index) {
    return switch (kinds[index]) {
      case POINTER, INTEGER, FLOAT -> Optional.of(dtypes[index]);
      case UNSET, CONSTANT, COMPOSITE -> Optional.empty();
    };
  }

  /**
   * A fault of one argument.
   *
   * @param message what follows the argument's name, with the blank or colon before it
   */
  LaunchException fault(KernelParameter parameter, String message) {
    return new LaunchException(kernel, "argument '" + parameter.name() + "'" + message);
  }

  /** Equal in value and in kind: 1, 1.0 and True make different kernels. */
  private static boolean same(Object a, Object b) {
    return a == b || (a != null && b != null && a.getClass() == b.getClass() && a.equals(b));
  }

  private static boolean fits(DType dtype, long value) {
    if (dtype.bits() == 64) {
      return true;
    }
    if (dtype.isSigned()) {
      long limit = 1L << dtype.bits() - 1;
      return value >= -limit && value < limit;
    }
    return value >= 0 && value < 1L << dtype.bits();
  }

  private static long floatBits(DType dtype, double value) {
    return switch (dtype) {
      case FP32 -> Float.floatToRawIntBits((float) value) & 0xFFFF_FFFFL;
      case FP64 -> Double.doubleToRawLongBits(value);
      default -> FloatFormat.toBits(dtype, value);
    };
  }
}
