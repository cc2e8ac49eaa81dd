package dev.kiln.ops.profile;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.profile.ProfiledOperation.Output;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The arrays of a case on a device, and the call that uses them. */
final class EntryRun implements OperationRun {
  private final CaseInputs inputs;
  private final List<Output> outputs;
  private final Map<String, NdArray> arrays = new LinkedHashMap<>();
  private final Call call;

  EntryRun(Device device, CaseInputs inputs, List<Output> outputs, Entry.Launcher launcher) {
    this.inputs = inputs;
    this.outputs = outputs;
    try {
      for (var input : inputs.tensors().entrySet()) {
        HostTensor tensor = input.getValue();
        arrays.put(
            input.getKey(), NdArray.of(device, tensor.dtype(), tensor.values(), tensor.shape()));
      }
      for (Output output : outputs) {
        long[] shape = inputs.ofCase().sizes().shape(output.axes());
        arrays.computeIfAbsent(
            output.name(), _ -> NdArray.empty(device, output.in(inputs.ofCase()), shape));
      }
      call = launcher.on(device, arrays::get);
    } catch (RuntimeException e) {
      arrays.values().forEach(NdArray::close);
      throw e;
    }
    reset();
  }

  @Override
  public void run() {
    call.run();
  }

  /** Results are set to what no kernel computes: what is not written must not look right. */
  @Override
  public void reset() {
    for (Output output : outputs) {
      NdArray array = arrays.get(output.name());
      HostTensor before = inputs.tensors().get(output.name());
      array.set(before == null ? unwritten(array) : before.values());
    }
    call.reset();
  }

  private static double[] unwritten(NdArray array) {
    double[] values = new double[Math.toIntExact(array.size())];
    DType dtype = array.dtype();
    Arrays.fill(values, dtype.isFloat() ? Double.NaN : -1);
    return values;
  }

  @Override
  public Map<String, double[]> outputs() {
    Map<String, double[]> values = new LinkedHashMap<>();
    for (Output output : outputs) {
      values.put(output.name(), arrays.get(output.name()).toDoubles());
    }
    return values;
  }

  @Override
  public void close() {
    call.close();
    arrays.values().forEach(NdArray::close);
  }
}
