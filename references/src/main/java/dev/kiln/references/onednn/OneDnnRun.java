package dev.kiln.references.onednn;

import dev.kiln.compiler.ir.DType;
import dev.kiln.ops.profile.CaseInputs;
import dev.kiln.ops.profile.HostTensor;
import dev.kiln.ops.profile.ProfiledOperation.Output;
import dev.kiln.ops.profile.ReferenceRun;
import dev.kiln.references.Held;
import dev.kiln.runtime.NdArray;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/** A primitive of oneDNN with its memory. */
final class OneDnnRun implements ReferenceRun {
  private final CaseInputs inputs;
  private final Held held = new Held();
  private final engine engine = held.keep(new engine(org.bytedeco.dnnl.engine.kind.cpu, 0));
  private final stream stream = held.keep(new stream(engine));
  private final IntMemoryMap arguments = held.keep(new IntMemoryMap());
  private final Map<String, memory> results = new LinkedHashMap<>();
  private primitive primitive;

  private OneDnnRun(CaseInputs inputs) {
    this.inputs = inputs;
  }

  /** Empty if oneDNN has no such primitive on this processor. */
  static Optional<ReferenceRun> of(CaseInputs inputs, OneDnnOperation operation) {
    var run = new OneDnnRun(inputs);
    try {
      operation.build(run);
      return Optional.of(run);
    } catch (UnsupportedOperationException e) {
      run.close();
      return Optional.empty();
    } catch (RuntimeException e) {
      run.close();
      if (String.valueOf(e.getMessage()).contains("could not create a primitive")) {
        return Optional.empty();
      }
      throw e;
    }
  }

  engine engine() {
    return engine;
  }

  <P extends Pointer> P keep(P pointer) {
    return held.keep(pointer);
  }

  long[] shape(String input) {
    return inputs.get(input).shape();
  }

  /** The layout of an input as it is: dense, the last axis fastest. */
  memory.desc plain(String input) {
    return plain(shape(input), inputs.get(input).dtype());
  }

  memory.desc plainResult(String output) {
    Output declared =
        inputs.ofCase().operation().outputs().stream()
            .filter(each -> each.name().equals(output))
            .findFirst()
            .orElseThrow();
    return plain(inputs.ofCase().sizes().shape(declared.axes()), declared.in(inputs.ofCase()));
  }

  private memory.desc plain(long[] shape, DType dtype) {
    long[] strides = new long[shape.length];
    long stride = 1;
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= shape[axis];
    }
    return keep(new memory.desc(shape, type(dtype), strides));
  }

  /** A layout that the library knows by a name, in the case's dtype. */
  memory.desc described(long[] shape, memory.format_tag tag) {
    return keep(new memory.desc(shape, type(inputs.ofCase().dtype()), tag));
  }

  private static memory.data_type type(DType dtype) {
    return switch (dtype) {
      case FP32 -> memory.data_type.f32;
      case FP16 -> memory.data_type.f16;
      case BF16 -> memory.data_type.bf16;
      default -> throw new UnsupportedOperationException("oneDNN is not asked for " + dtype);
    };
  }

  void primitive(primitive made) {
    primitive = keep(made);
  }

  /** Gives an argument an input's numbers, in the layout that is asked for. */
  void input(int argument, String name, memory.desc layout) {
    HostTensor tensor = inputs.get(name);
    memory dense = filled(plain(name), tensor.dtype(), tensor.values());
    memory.desc denseLayout = keep(dense.get_desc());
    memory wanted = dense;
    if (!denseLayout.equals(layout)) {
      wanted = keep(new memory(layout, engine));
      keep(new reorder(dense, wanted)).execute(stream, dense, wanted);
      stream._wait();
    }
    arguments.put(argument, wanted);
  }

  /** Weights of normalizations are fp32 whatever the dtype of the rows. */
  void inputAsFp32(int argument, String name) {
    HostTensor tensor = inputs.get(name);
    arguments.put(argument, filled(plain(tensor.shape(), DType.FP32), DType.FP32, tensor.values()));
  }

  private memory filled(memory.desc layout, DType dtype, double[] values) {
    memory made = keep(new memory(layout, engine));
    byte[] bytes = NdArray.encode(dtype, values);
    new BytePointer(made.get_data_handle()).capacity(bytes.length).put(bytes);
    return made;
  }

  void output(int argument, String name, memory.desc layout) {
    memory made = keep(new memory(layout, engine));
    results.put(name, made);
    arguments.put(argument, made);
  }

  /** A result that is not compared. */
  void scratch(int argument, memory.desc layout) {
    arguments.put(argument, keep(new memory(layout, engine)));
  }

  @Override
  public void run() {
    primitive.execute(stream, arguments);
  }

  @Override
  public void synchronize() {
    stream._wait();
  }

  @Override
  public Map<String, double[]> outputs() {
    synchronize();
    Map<String, double[]> values = new LinkedHashMap<>();
    results.forEach((name, result) -> values.put(name, read(result)));
    return values;
  }

  private static double[] read(memory result) {
    try (var layout = result.get_desc()) {
      byte[] bytes = new byte[Math.toIntExact(layout.get_size())];
      new BytePointer(result.get_data_handle()).capacity(bytes.length).get(bytes);
      return NdArray.decode(dtype(layout.get_data_type()), bytes);
    }
  }

  private static DType dtype(memory.data_type type) {
    return switch (type.intern()) {
      case f16 -> DType.FP16;
      case bf16 -> DType.BF16;
      case f32 -> DType.FP32;
      default -> throw new IllegalStateException("results of no call have the type " + type);
    };
  }

  @Override
  public void close() {
    held.close();
  }
}
