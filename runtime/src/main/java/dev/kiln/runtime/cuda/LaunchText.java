package dev.kiln.runtime.cuda;

import dev.kiln.compiler.ArgumentSpec;
import dev.kiln.compiler.Specialization;
import dev.kiln.compiler.gpu.KernelAbi;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.numeric.FloatFormat;
import dev.kiln.runtime.KilnException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A launch of a compiled kernel in words: where its source is, its shape, its arguments by name.
 */
final class LaunchText {
  private static final int MOST_ARGUMENTS = 24;

  private final String name;
  private final KernelAbi abi;
  private final Supplier<String> place;

  /** The dtype of each run-time argument; empty for a pointer. */
  private final List<Optional<DType>> dtypes = new ArrayList<>();

  /**
   * @param place the file and line of the kernel; asked when there is something to tell
   */
  LaunchText(String name, KernelAbi abi, Specialization specialization, Supplier<String> place) {
    this.name = name;
    this.abi = abi;
    this.place = place;
    specialization.arguments().forEach(this::add);
  }

  private void add(ArgumentSpec spec) {
    switch (spec) {
      case ArgumentSpec.Pointer _ -> dtypes.add(Optional.empty());
      case ArgumentSpec.Scalar scalar -> dtypes.add(Optional.of(scalar.dtype()));
      case ArgumentSpec.Constant _ -> {}
      case ArgumentSpec.Tuple tuple -> tuple.elements().forEach(this::add);
      case ArgumentSpec.Descriptor descriptor -> {
        dtypes.add(Optional.empty());
        descriptor.blockShape().forEach(_ -> dtypes.add(Optional.of(DType.I32)));
        descriptor.blockShape().forEach(_ -> dtypes.add(Optional.of(DType.I64)));
      }
    }
  }

  /** How many arguments of 8 bytes a launch has. */
  int arguments() {
    int most = 0;
    for (KernelAbi.Parameter parameter : abi.parameters()) {
      most = Math.max(most, parameter.argument() + 1);
    }
    return most;
  }

  String describe(int x, int y, int z, MemorySegment arguments) {
    StringBuilder text = new StringBuilder("'" + name + "'");
    source().ifPresent(found -> text.append(" (").append(found).append(')'));
    text.append(", grid (%d, %d, %d), %d threads".formatted(x, y, z, abi.threads()));
    if (abi.clusterBlocks() > 1) {
      text.append(", clusters of ").append(abi.clusterBlocks());
    }
    if (abi.sharedBytes() > 0) {
      text.append(", ").append(abi.sharedBytes()).append(" bytes of shared memory");
    }
    List<String> values = new ArrayList<>();
    for (KernelAbi.Parameter parameter : abi.parameters()) {
      boolean isArgument =
          parameter.kind() == KernelAbi.Kind.POINTER || parameter.kind() == KernelAbi.Kind.SCALAR;
      if (isArgument && parameter.argument() < RecentLaunches.most()) {
        values.add(argument(parameter, arguments));
      }
    }
    boolean isCut = values.size() > MOST_ARGUMENTS;
    List<String> shown = isCut ? values.subList(0, MOST_ARGUMENTS) : values;
    return text.append(", arguments ")
        .append(String.join(", ", shown))
        .append(isCut ? ", ..." : "")
        .toString();
  }

  private Optional<String> source() {
    try {
      return Optional.ofNullable(place.get());
    } catch (KilnException e) {
      // The file went away since it was read.
      return Optional.empty();
    }
  }

  private String argument(KernelAbi.Parameter parameter, MemorySegment arguments) {
    String label = parameter.name().replaceFirst("^p\\d+_", "");
    long bits = RecentLaunches.argument(arguments, parameter.argument());
    if (parameter.kind() == KernelAbi.Kind.POINTER) {
      return "%s=0x%x".formatted(label, bits);
    }
    Optional<DType> dtype =
        parameter.argument() < dtypes.size() ? dtypes.get(parameter.argument()) : Optional.empty();
    return label
        + "="
        + dtype
            .filter(DType::isFloat)
            .map(type -> String.valueOf(FloatFormat.fromBits(type, bits)))
            .orElse(String.valueOf(bits));
  }
}
