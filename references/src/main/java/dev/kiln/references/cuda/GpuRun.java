package dev.kiln.references.cuda;

import dev.kiln.ops.profile.CaseInputs;
import dev.kiln.ops.profile.HostTensor;
import dev.kiln.ops.profile.ProfiledOperation.Output;
import dev.kiln.ops.profile.ReferenceRun;
import dev.kiln.references.Held;
import dev.kiln.runtime.DeviceTimer;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.cuda.CudaDevice;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.cuda.cudart.CUstream_st;
import org.bytedeco.javacpp.Pointer;

/** A library's call on Kiln's device: arrays of the device, its current stream, its events. */
abstract class GpuRun implements ReferenceRun {
  private final CudaDevice device;
  private final CaseInputs inputs;
  private final Map<String, NdArray> arrays = new LinkedHashMap<>();
  private final Held held = new Held();

  GpuRun(CudaDevice device, CaseInputs inputs) {
    this.device = device;
    this.inputs = inputs;
    held.atClose(() -> arrays.values().forEach(NdArray::close));
  }

  CudaDevice device() {
    return device;
  }

  Held held() {
    return held;
  }

  int size(String name) {
    return inputs.size(name);
  }

  /** The array of an input or an output, made when it is first asked for. */
  NdArray array(String name) {
    return arrays.computeIfAbsent(name, this::make);
  }

  private NdArray make(String name) {
    HostTensor input = inputs.tensors().get(name);
    if (input != null) {
      return NdArray.of(device, input.dtype(), input.values(), input.shape());
    }
    Output output =
        inputs.ofCase().operation().outputs().stream()
            .filter(each -> each.name().equals(name))
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException("there is no array " + name));
    long[] shape = inputs.ofCase().sizes().shape(output.axes());
    return NdArray.zeros(device, output.in(inputs.ofCase()), shape);
  }

  /** Where an array lies, for a library. */
  Pointer pointer(String name) {
    return held.keep(JavaCppMemory.pointer(array(name).buffer()));
  }

  /** The stream that Kiln's own work is put into. */
  CUstream_st stream() {
    return new CUstream_st(JavaCppMemory.handle(device.stream().address()));
  }

  @Override
  public void synchronize() {
    device.synchronize();
  }

  @Override
  public DeviceTimer timer() {
    return device.timer();
  }

  @Override
  public Map<String, double[]> outputs() {
    Map<String, double[]> values = new LinkedHashMap<>();
    for (Output output : inputs.ofCase().operation().outputs()) {
      NdArray array = arrays.get(output.name());
      if (array != null) {
        values.put(output.name(), array.toDoubles());
      }
    }
    return values;
  }

  @Override
  public void close() {
    held.close();
  }
}
