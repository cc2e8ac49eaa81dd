package dev.kiln.tests.cuda.driver;

import dev.kiln.runtime.sim.PtxKernel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** An entry of a module, with the attributes that were set. */
final class LoadedFunction {
  private final LoadedModule module;
  private final PtxKernel kernel;
  private final Map<Integer, Integer> attributes = new HashMap<>();

  LoadedFunction(LoadedModule module, PtxKernel kernel) {
    this.module = module;
    this.kernel = kernel;
  }

  DriverContext context() {
    return module.context();
  }

  LoadedModule module() {
    return module;
  }

  PtxKernel kernel() {
    return kernel;
  }

  /** What was set, by number. */
  Map<Integer, Integer> attributes() {
    return attributes;
  }

  /** The product of a directive's numbers: {@code .maxntid 128, 1, 1}. */
  int directive(String name, int otherwise) {
    List<Integer> numbers = kernel.program().directives().get(name);
    return numbers == null ? otherwise : numbers.stream().reduce(1, Math::multiplyExact);
  }
}
