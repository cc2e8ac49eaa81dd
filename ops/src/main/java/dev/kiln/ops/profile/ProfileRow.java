package dev.kiln.ops.profile;

import java.util.List;
import java.util.Optional;

/**
 * What is known about a call.
 *
 * @param launches of kernels that it makes
 * @param bytes that it moves at least
 * @param flops floating-point operations
 * @param time empty on devices that imitate another: their time says nothing
 * @param attainable by the device's roofline; empty where the device has none
 * @param references libraries that do the same, with the definition in plain Java
 * @param check empty if it was not asked for
 * @param kernels the launches on a simulated device, in order
 * @param fault why the call could not be made; then all else is empty
 */
public record ProfileRow(
    OperationCase ofCase,
    int launches,
    double bytes,
    double flops,
    Optional<CallTime> time,
    Optional<Attainable> attainable,
    List<ReferenceResult> references,
    Optional<Check> check,
    List<CountedKernel> kernels,
    Optional<String> fault) {
  public ProfileRow {
    references = List.copyOf(references);
    kernels = List.copyOf(kernels);
  }

  /** 10^9 bytes a second; empty without a time. */
  public Optional<Double> gigabytesPerSecond() {
    return time.map(t -> bytes / t.median() * 1e-9);
  }

  /** 10^12 operations a second; empty without a time. */
  public Optional<Double> teraflopsPerSecond() {
    return time.map(t -> flops / t.median() * 1e-12);
  }

  /** Operations for each byte: where the call lies on the roofline. */
  public double intensity() {
    return flops / bytes;
  }

  /** Whether the call could be made, and its results are right as far as they were checked. */
  public boolean isRight() {
    return fault.isEmpty() && check.map(Check::isRight).orElse(true);
  }
}
