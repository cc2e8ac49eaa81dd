package dev.kiln.ops.profile;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.reference.Rounding;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.NdArray;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * An entry of the table of operations. It is put together once, when its table is made, and does
 * not change any more:
 *
 * <pre>{@code
 * Entry.of("softmax", Family.NORMALIZATION, "softmax of rows", "rows", "columns")
 *     .shapes("7x33", "1024x1024", "1024x4096")
 *     .reads("x", "rows", "columns")
 *     .writes("y", "rows", "columns")
 *     .flops(s -> 5.0 * s.product("rows", "columns"))
 *     .runs((device, a) -> Call.of(new Softmax(device), k -> k.forward(a.get("x"), ...)))
 *     .means((r, in) -> ...)
 * }</pre>
 */
final class Entry implements ProfiledOperation {
  static final List<DType> FLOATS = List.of(DType.FP32, DType.FP16, DType.BF16);

  private final String name;
  private final Family family;
  private final String about;
  private final List<String> axes;
  private final List<Input> inputs = new ArrayList<>();
  private final List<Output> outputs = new ArrayList<>();
  private List<Sizes> grid = List.of();
  private Sizes small;
  private List<DType> dtypes = FLOATS;
  private boolean product;
  private ToDoubleFunction<Sizes> flops;
  private ToDoubleFunction<OperationCase> bytes = this::bytesOfAll;
  private Launcher launcher;
  private Definition definition;

  private record Input(String name, List<String> axes, DType dtype, Fill fill) {
    DType in(OperationCase ofCase) {
      return dtype == null ? ofCase.dtype() : dtype;
    }
  }

  /** Binds a launcher to arrays of a device. */
  interface Launcher {
    Call on(Device device, Function<String, NdArray> arrays);
  }

  /** The operation in plain Java. */
  interface Definition {
    Map<String, double[]> of(Rounding r, CaseInputs in);
  }

  private Entry(String name, Family family, String about, List<String> axes) {
    this.name = name;
    this.family = family;
    this.about = about;
    this.axes = axes;
  }

  static Entry of(String name, Family family, String about, String... axes) {
    return new Entry(name, family, about, List.of(axes));
  }

  /** Shapes; the first is the small one. */
  Entry shapes(String smallest, String... others) {
    small = Sizes.parse(axes, smallest);
    grid = List.of(others).stream().map(text -> Sizes.parse(axes, text)).toList();
    return this;
  }

  Entry dtypes(DType... some) {
    dtypes = List.of(some);
    return this;
  }

  /** An input of normally distributed numbers of the case's dtype. */
  Entry reads(String input, String... shape) {
    return reads(null, Fill.NORMAL, input, shape);
  }

  /** An input of statistics, which are fp32. */
  Entry readsStatistics(Fill fill, String input, String... shape) {
    return reads(DType.FP32, fill, input, shape);
  }

  /** Any input. */
  Entry reads(DType dtype, Fill fill, String input, String... shape) {
    inputs.add(new Input(input, List.of(shape), dtype, fill));
    return this;
  }

  /** An input that is a result, too. */
  Entry changes(String input, String... shape) {
    return reads(input, shape).writes(input, shape);
  }

  Entry writes(String output, String... shape) {
    return writes((DType) null, output, shape);
  }

  /** A result in fp32, whatever the case's dtype: losses, statistics. */
  Entry writesStatistics(String output, String... shape) {
    return writes(DType.FP32, output, shape);
  }

  Entry writes(DType dtype, String output, String... shape) {
    outputs.add(new Output(output, List.of(shape), dtype));
    return this;
  }

  Entry flops(ToDoubleFunction<Sizes> count) {
    flops = count;
    return this;
  }

  /** The operations are those of products of matrices. */
  Entry productFlops(ToDoubleFunction<Sizes> count) {
    product = true;
    return flops(count);
  }

  /** Elements that move, where they are not all inputs and outputs once. */
  Entry elements(ToDoubleFunction<Sizes> count) {
    return moves(ofCase -> count.applyAsDouble(ofCase.sizes()) * ofCase.dtype().bytes());
  }

  /** Bytes that move, where they are not those of all inputs and outputs once. */
  Entry moves(ToDoubleFunction<OperationCase> count) {
    bytes = count;
    return this;
  }

  Entry runs(Launcher newLauncher) {
    launcher = newLauncher;
    return this;
  }

  Entry means(Definition newDefinition) {
    definition = newDefinition;
    return this;
  }

  /** The definition of an operation with one output. */
  Entry yields(String output, java.util.function.BiFunction<Rounding, CaseInputs, double[]> f) {
    return means((r, in) -> Map.of(output, f.apply(r, in)));
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Family family() {
    return family;
  }

  @Override
  public String about() {
    return about;
  }

  @Override
  public List<String> axes() {
    return axes;
  }

  @Override
  public List<Sizes> grid() {
    return grid;
  }

  @Override
  public Sizes small() {
    return small;
  }

  @Override
  public List<DType> dtypes() {
    return dtypes;
  }

  @Override
  public List<Output> outputs() {
    return List.copyOf(outputs);
  }

  @Override
  public boolean isProduct() {
    return product;
  }

  @Override
  public CaseInputs inputs(OperationCase ofCase, long seed) {
    Map<String, HostTensor> tensors = new LinkedHashMap<>();
    for (int i = 0; i < inputs.size(); i++) {
      Input input = inputs.get(i);
      long[] shape = ofCase.sizes().shape(input.axes());
      DType dtype = input.in(ofCase);
      double[] numbers =
          input
              .fill()
              .of(
                  new SplittableRandom(seed + i),
                  HostTensor.count(shape),
                  new CaseInputs(ofCase, tensors));
      double[] values = dtype.isFloat() ? Rounding.to(dtype).of(numbers) : numbers;
      tensors.put(input.name(), new HostTensor(dtype, shape, values));
    }
    return new CaseInputs(ofCase, tensors);
  }

  @Override
  public double bytes(OperationCase ofCase) {
    return bytes.applyAsDouble(ofCase);
  }

  private double bytesOfAll(OperationCase ofCase) {
    double sum = 0;
    for (Input input : inputs) {
      sum += bytes(ofCase, input.axes(), input.in(ofCase));
    }
    for (Output output : outputs) {
      sum += bytes(ofCase, output.axes(), output.in(ofCase));
    }
    return sum;
  }

  private static double bytes(OperationCase ofCase, List<String> axes, DType dtype) {
    return (double) HostTensor.count(ofCase.sizes().shape(axes)) * dtype.bytes();
  }

  @Override
  public double flops(OperationCase ofCase) {
    return flops.applyAsDouble(ofCase.sizes());
  }

  @Override
  public OperationRun prepare(Device device, CaseInputs in) {
    return new EntryRun(device, in, outputs, launcher);
  }

  @Override
  public Map<String, double[]> define(Rounding rounding, CaseInputs in) {
    return definition.of(rounding, in);
  }

  @Override
  public String toString() {
    return name;
  }
}
