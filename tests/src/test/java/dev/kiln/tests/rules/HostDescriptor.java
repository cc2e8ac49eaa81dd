package dev.kiln.tests.rules;

import java.util.List;

/**
 * An argument of {@link KernelCase#of}: an array that is passed as a tensor descriptor.
 *
 * @param block one power of two for each axis
 */
public record HostDescriptor(HostArray array, List<Integer> block) {
  public static HostDescriptor of(HostArray array, Integer... block) {
    return new HostDescriptor(array, List.of(block));
  }
}
