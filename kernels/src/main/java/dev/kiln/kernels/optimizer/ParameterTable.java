package dev.kiln.kernels.optimizer;

import dev.kiln.compiler.ir.DType;
import dev.kiln.kernels.launch.BlockSizes;
import dev.kiln.kernels.launch.KernelCall;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.Grid;
import dev.kiln.runtime.NdArray;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How one launch covers many parameters: a row of numbers for each parameter, and for each program
 * its parameter and block. Both are on the device and stay there; see {@code parameter_table.py},
 * whose columns these are.
 */
final class ParameterTable implements AutoCloseable {
  static final int STATE_A = 3;
  static final int STATE_B = 4;
  static final int STATE_C = 5;
  static final int STATE_D = 6;
  static final int UPDATE_SCALE = 11;

  private static final int COLUMNS = 12;
  private static final int WEIGHTS = 0;
  private static final int MODEL_COPY = 1;
  private static final int GRADS = 2;
  private static final int ELEMENTS = 7;
  private static final int RATE_SCALE = 8;
  private static final int DECAY_SCALE = 9;
  private static final int FIRST_PROGRAM = 10;

  /** Elements of a program on a GPU: 4 for each of 128 threads, which hold several arrays' each. */
  private static final int GPU_BLOCK = 512;

  /** Bytes that a thread of a GPU loads at a time, if addresses and sizes are multiples of it. */
  private static final int ALIGNMENT = 16;

  private final List<Parameter> members;
  private final long[] numbers;
  private final int block;
  private int alignment = ALIGNMENT;
  private NdArray table;
  private NdArray map;
  private int programs;

  /** A table without state; {@link #build} brings it to the device. */
  ParameterTable(List<Parameter> members, int block) {
    this.members = List.copyOf(members);
    this.block = block;
    numbers = new long[members.size() * COLUMNS];
    for (int i = 0; i < members.size(); i++) {
      Parameter parameter = members.get(i);
      address(i, WEIGHTS, parameter.weights());
      address(i, GRADS, parameter.grads());
      if (parameter.model() != null) {
        address(i, MODEL_COPY, parameter.model());
      }
      numbers[i * COLUMNS + ELEMENTS] = parameter.weights().size();
      factor(i, RATE_SCALE, parameter.rateScale());
      factor(i, DECAY_SCALE, parameter.decayScale());
    }
  }

  /** Elements of a program: a block, or less if no parameter is as large. */
  static int block(Device device, List<Parameter> members) {
    long largest = 0;
    for (Parameter parameter : members) {
      largest = Math.max(largest, parameter.weights().size());
    }
    int most = device.target().isGpu() ? GPU_BLOCK : BlockSizes.elements(device);
    return BlockSizes.around(largest, 16, most);
  }

  /** Indices of parameters that one launch can update: those whose dtypes are the same. */
  static List<List<Integer>> groups(List<Parameter> parameters) {
    record DTypes(DType weights, DType model, DType grads) {}

    Map<DTypes, List<Integer>> groups = new LinkedHashMap<>();
    for (int i = 0; i < parameters.size(); i++) {
      Parameter p = parameters.get(i);
      DType model = p.model() == null ? null : p.model().dtype();
      groups
          .computeIfAbsent(
              new DTypes(p.weights().dtype(), model, p.grads().dtype()), key -> new ArrayList<>())
          .add(i);
    }
    return List.copyOf(groups.values());
  }

  void address(int member, int column, NdArray array) {
    numbers[member * COLUMNS + column] = array.address();
    if (array.size() % ALIGNMENT != 0 || array.size() > 0 && array.address() % ALIGNMENT != 0) {
      alignment = 1;
    }
  }

  void factor(int member, int column, double factor) {
    numbers[member * COLUMNS + column] = Double.doubleToRawLongBits(factor);
  }

  ParameterTable build(Device device) {
    int count = 0;
    for (int i = 0; i < members.size(); i++) {
      numbers[i * COLUMNS + FIRST_PROGRAM] = count;
      count = Math.addExact(count, blocks(i));
    }
    int[] pairs = new int[Math.multiplyExact(2, count)];
    int next = 0;
    for (int i = 0; i < members.size(); i++) {
      for (int b = 0; b < blocks(i); b++) {
        pairs[next++] = i;
        pairs[next++] = b;
      }
    }
    programs = count;
    table = NdArray.of(device, numbers);
    map = NdArray.of(device, pairs);
    return this;
  }

  private int blocks(int member) {
    return Grid.cdiv(members.get(member).weights().size(), block);
  }

  int members() {
    return members.size();
  }

  int programs() {
    return programs;
  }

  int block() {
    return block;
  }

  /** What all addresses are multiples of, in bytes; blocks keep it. */
  int alignment() {
    return alignment;
  }

  /** Any of the parameters: their dtypes are the same. */
  Parameter sample() {
    return members.getFirst();
  }

  /** The first arguments of a kernel that works on blocks. */
  KernelCall start(KernelCall call) {
    return call.start().array(table).array(map);
  }

  /** The first argument of a kernel that works on whole parameters. */
  KernelCall startWithoutMap(KernelCall call) {
    return call.start().array(table);
  }

  @Override
  public void close() {
    table.close();
    map.close();
  }
}
