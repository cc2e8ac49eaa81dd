package dev.kiln.cli;

import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.npy.NpyArray;
import picocli.CommandLine.Option;

/** How far an array may be from what {@code --expect} names. */
final class Tolerances {
  @Option(
      names = "--rtol",
      paramLabel = "X",
      description = "Relative tolerance of --expect (default: by dtype).")
  private Double relative;

  @Option(
      names = "--atol",
      paramLabel = "X",
      description = "Absolute tolerance of --expect (default: by dtype).")
  private Double absolute;

  Comparison compare(NdArray array, NpyArray expected) {
    return Comparison.of(array, expected, relative, absolute);
  }
}
