package dev.kiln.kernels.optimizer;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Launches that read all gradients of a list, one for each dtype of gradients. */
final class GradientLaunches implements AutoCloseable {
  private final List<ParameterTable> tables = new ArrayList<>();
  private final List<KernelCall> calls = new ArrayList<>();
  private final DType compute;

  /**
   * @param kernel of {@code gradient_norm.py}
   */
  GradientLaunches(String name, String kernel, Device device, List<Parameter> parameters) {
    Parameter.check(name, device, parameters);
    compute =
        parameters.stream().anyMatch(p -> p.compute() == DType.FP64) ? DType.FP64 : DType.FP32;
    Map<DType, List<Parameter>> groups = new LinkedHashMap<>();
    for (Parameter parameter : parameters) {
      groups.computeIfAbsent(parameter.grads().dtype(), key -> new ArrayList<>()).add(parameter);
    }
    for (List<Parameter> group : groups.values()) {
      tables.add(new ParameterTable(group, ParameterTable.block(device, group)).build(device));
      calls.add(new KernelCall("gradient_norm.py", kernel, device));
    }
  }

  int count() {
    return tables.size();
  }

  int programs(int group) {
    return tables.get(group).programs();
  }

  /** The dtype of arithmetic. */
  DType compute() {
    return compute;
  }

  KernelCall start(int group) {
    return tables.get(group).start(calls.get(group));
  }

  void run(int group) {
    ParameterTable table = tables.get(group);
    calls
        .get(group)
        .constant(table.sample().grads().dtype())
        .constant(compute)
        .constant(table.block())
        .constant(table.alignment())
        .over(table.programs());
  }

  @Override
  public void close() {
    tables.forEach(ParameterTable::close);
  }
}
