package dev.kiln.compiler.loop;

import dev.kiln.compiler.eval.GlobalMemory;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.numeric.FloatFormat;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Runs a {@link LoopKernel} as its documentation says, one number at a time. Where indices of a
 * nest have no order, they run from the last to the first, some at a time, so that a kernel that
 * depends on their order is found out; scratch memory starts with rubbish.
 */
final class LoopInterpreter {
  /** Indices that run through the statements of a nest together. */
  private static final int LANES = 4;

  private final LoopKernel kernel;
  private final GlobalMemory memory;
  private final ByteBuffer scratch;

  private LoopInterpreter(LoopKernel kernel, GlobalMemory memory) {
    this.kernel = kernel;
    this.memory = memory;
    this.scratch =
        ByteBuffer.allocate(Math.toIntExact(kernel.scratchBytes())).order(ByteOrder.LITTLE_ENDIAN);
  }

  static void run(LoopKernel kernel, int[] grid, GlobalMemory memory, List<Number> arguments) {
    for (int z = 0; z < grid[2]; z++) {
      for (int y = 0; y < grid[1]; y++) {
        for (int x = 0; x < grid[0]; x++) {
          var interpreter = new LoopInterpreter(kernel, memory);
          Arrays.fill(interpreter.scratch.array(), (byte) 0xCD);
          interpreter.program(new int[] {x, y, z}, grid, arguments);
        }
      }
    }
  }

  private void program(int[] id, int[] grid, List<Number> arguments) {
    var driver = new ScalarMachine(memory, id, grid, Optional.empty());
    for (int i = 0; i < arguments.size(); i++) {
      Value param = kernel.params().get(i).value();
      DType dtype = param.dtype();
      Number number = arguments.get(i);
      long bits =
          dtype.isFloat() ? FloatFormat.toBits(dtype, number.doubleValue()) : number.longValue();
      driver.set(param, ScalarMachine.fromBits(dtype, bits));
    }
    run(kernel.body(), driver);
  }

  private void run(List<LoopStmt> body, ScalarMachine driver) {
    body.forEach(s -> run(s, driver));
  }

  private void run(LoopStmt statement, ScalarMachine driver) {
    switch (statement) {
      case LoopStmt.Scalar s -> {
        if (!s.op().mnemonic().equals("assert")) {
          driver.run(s.op());
        }
      }
      case LoopStmt.ReadElement s -> driver.set(s.result(), read(s.source(), driver, new int[0]));
      case LoopStmt.WriteElement s -> write(s.target(), driver, new int[0], driver.get(s.value()));
      case LoopStmt.For s -> loop(s, driver);
      case LoopStmt.While s -> loop(s, driver);
      case LoopStmt.If s -> {
        boolean taken = driver.isTrue(s.condition());
        run(taken ? s.thenBody() : s.elseBody(), driver);
        move(taken ? s.thenYields() : s.elseYields(), s.results(), driver);
      }
      case LoopStmt.Nest s -> nest(s, driver);
      case LoopStmt.Dot s -> dot(s, driver);
      case LoopStmt.Scan s -> scan(s, driver);
      case LoopStmt.MapElementwise s -> map(s, driver);
      case LoopStmt.Histogram s -> histogram(s, driver);
      case LoopStmt.Print s -> {}
    }
  }

  private static void move(List<Value> from, List<Value> to, ScalarMachine driver) {
    List<Number> numbers = from.stream().map(driver::get).toList();
    driver.setAll(to, numbers);
  }

  private void loop(LoopStmt.For s, ScalarMachine driver) {
    move(s.inits(), s.carried(), driver);
    long i = driver.integer(s.lower());
    while (s.unsigned()
        ? Long.compareUnsigned(i, driver.integer(s.upper())) < 0
        : i < driver.integer(s.upper())) {
      driver.set(s.induction(), i);
      run(s.body(), driver);
      move(s.yields(), s.carried(), driver);
      i += driver.integer(s.step());
    }
    move(s.carried(), s.results(), driver);
  }

  private void loop(LoopStmt.While s, ScalarMachine driver) {
    move(s.inits(), s.carried(), driver);
    while (true) {
      run(s.before(), driver);
      if (!driver.isTrue(s.condition())) {
        break;
      }
      move(s.forwarded(), s.bodyParams(), driver);
      run(s.body(), driver);
      move(s.yields(), s.carried(), driver);
    }
    move(s.forwarded(), s.results(), driver);
  }

  private long address(TileRef ref, ScalarMachine driver, int[] index) {
    long elements = 0;
    long bytes = 0;
    for (int a = 0; a < index.length; a++) {
      switch (ref.strides().get(a)) {
        case TileRef.Fixed f -> elements += f.elements() * index[a];
        case TileRef.Dynamic d -> elements += driver.integer(d.elements()) * index[a];
        case TileRef.Indexed i -> bytes += scratch.getLong((int) (i.offset() + 8L * index[a]));
      }
    }
    long base =
        switch (ref.base()) {
          case TileRef.Scratch s -> s.offset();
          case TileRef.Global g -> driver.integer(g.pointer());
        };
    return base + elements * ref.dtype().bytes() + bytes;
  }

  private Number read(TileRef ref, ScalarMachine driver, int[] index) {
    long address = address(ref, driver, index);
    return ScalarMachine.fromBits(ref.dtype(), bits(ref, address));
  }

  private long bits(TileRef ref, long address) {
    int bytes = ref.dtype().bytes();
    if (ref.base() instanceof TileRef.Global) {
      return memory.read(address, bytes);
    }
    int at = (int) address;
    return switch (bytes) {
      case 1 -> scratch.get(at);
      case 2 -> scratch.getShort(at);
      case 4 -> scratch.getInt(at);
      default -> scratch.getLong(at);
    };
  }

  private void write(TileRef ref, ScalarMachine driver, int[] index, Number number) {
    long address = address(ref, driver, index);
    long bits = ScalarMachine.toBits(ref.dtype(), number);
    int at = (int) address;
    if (ref.base() instanceof TileRef.Global) {
      memory.write(address, ref.dtype().bytes(), bits);
      return;
    }
    switch (ref.dtype().bytes()) {
      case 1 -> scratch.put(at, (byte) bits);
      case 2 -> scratch.putShort(at, (short) bits);
      case 4 -> scratch.putInt(at, (int) bits);
      default -> scratch.putLong(at, bits);
    }
  }

  private static List<int[]> indices(Shape shape) {
    List<int[]> all = new ArrayList<>();
    for (int i = 0; i < shape.size(); i++) {
      int[] index = new int[shape.rank()];
      int rest = i;
      for (int a = shape.rank() - 1; a >= 0; a--) {
        index[a] = rest % shape.dim(a);
        rest /= shape.dim(a);
      }
      all.add(index);
    }
    return all;
  }

  private void nest(LoopStmt.Nest nest, ScalarMachine driver) {
    List<int[]> order = indices(nest.shape());
    if (nest.body().stream().noneMatch(LaneCode::isOrdered)) {
      order = order.reversed();
    }
    Map<LaneStmt.Reduce, Map<List<Integer>, Map<Integer, List<Number>>>> reductions =
        new IdentityHashMap<>();
    for (int from = 0; from < order.size(); from += LANES) {
      List<int[]> chunk = order.subList(from, Math.min(order.size(), from + LANES));
      List<ScalarMachine> lanes = chunk.stream().map(i -> driver.nested()).toList();
      for (LaneStmt statement : nest.body()) {
        for (int l = 0; l < chunk.size(); l++) {
          if (statement instanceof LaneStmt.Reduce reduce) {
            collect(reduce, lanes.get(l), chunk.get(l), reductions);
          } else {
            lane(statement, lanes.get(l), driver, chunk.get(l));
          }
        }
      }
    }
    reductions.forEach((reduce, groups) -> finish(reduce, groups, driver));
  }

  private static void collect(
      LaneStmt.Reduce reduce,
      ScalarMachine lane,
      int[] index,
      Map<LaneStmt.Reduce, Map<List<Integer>, Map<Integer, List<Number>>>> reductions) {
    List<Integer> key = new ArrayList<>();
    Arrays.stream(index).forEach(key::add);
    key.set(reduce.axis(), 0);
    reductions
        .computeIfAbsent(reduce, r -> new HashMap<>())
        .computeIfAbsent(key, k -> new HashMap<>())
        .put(index[reduce.axis()], reduce.inputs().stream().map(lane::get).toList());
  }

  private void finish(
      LaneStmt.Reduce reduce,
      Map<List<Integer>, Map<Integer, List<Number>>> groups,
      ScalarMachine driver) {
    groups.forEach(
        (key, elements) -> {
          List<Number> running = elements.get(0);
          for (int k = 1; k < elements.size(); k++) {
            running = combine(reduce.combine(), running, elements.get(k), driver);
          }
          int[] index = key.stream().mapToInt(i -> i).toArray();
          for (int i = 0; i < running.size(); i++) {
            write(reduce.results().get(i), driver, index, running.get(i));
          }
        });
  }

  private static List<Number> combine(
      Block block, List<Number> left, List<Number> right, ScalarMachine driver) {
    List<Number> arguments = new ArrayList<>(left);
    arguments.addAll(right);
    return driver.nested().run(block, arguments);
  }

  private static boolean isActive(LaneStmt.Mask mask, ScalarMachine lane, int[] index) {
    return within(mask.bounds(), lane, index) && mask.lane().map(lane::isTrue).orElse(true);
  }

  private static boolean within(List<LoopStmt.Bound> bounds, ScalarMachine driver, int[] index) {
    return bounds.stream()
        .allMatch(
            b ->
                b.lower().map(v -> index[b.axis()] >= driver.integer(v)).orElse(true)
                    && b.upper().map(v -> index[b.axis()] < driver.integer(v)).orElse(true));
  }

  private void lane(LaneStmt statement, ScalarMachine lane, ScalarMachine driver, int[] index) {
    boolean active = LaneCode.mask(statement).map(m -> isActive(m, lane, index)).orElse(true);
    switch (statement) {
      case LaneStmt.Compute s -> lane.run(s.op());
      case LaneStmt.Index s -> lane.set(s.result(), (long) index[s.axis()]);
      case LaneStmt.Load s ->
          lane.set(
              s.result(),
              active ? read(s.source(), driver, index) : other(s.other(), s.result(), lane));
      case LaneStmt.GatherLoad s -> {
        DType dtype = s.result().dtype();
        lane.set(
            s.result(),
            active
                ? ScalarMachine.fromBits(
                    dtype, memory.read(lane.integer(s.address()), dtype.bytes()))
                : other(s.other(), s.result(), lane));
      }
      case LaneStmt.GatherTile s -> {
        TileRef ref = s.source();
        long at = address(ref, driver, index) + lane.integer(s.offset()) * ref.dtype().bytes();
        lane.set(s.result(), ScalarMachine.fromBits(ref.dtype(), bits(ref, at)));
      }
      case LaneStmt.Store s -> {
        if (active) {
          write(s.target(), driver, index, lane.get(s.value()));
        }
      }
      case LaneStmt.ScatterStore s -> {
        if (active) {
          lane.write(s.address(), s.value());
        }
      }
      case LaneStmt.AtomicRmw s ->
          lane.set(
              s.result(),
              active
                  ? lane.update(s.kind(), s.address(), s.value())
                  : ScalarMachine.fromBits(s.result().dtype(), 0));
      case LaneStmt.AtomicCas s ->
          lane.set(s.result(), lane.exchange(s.address(), s.expected(), s.value()));
      case LaneStmt.Assert s -> {
        if (active && !lane.isTrue(s.condition())) {
          throw new AssertionError(s.message());
        }
      }
      case LaneStmt.Reduce s -> throw new IllegalStateException();
    }
  }

  private static Number other(Optional<Value> other, Value result, ScalarMachine lane) {
    return other.map(lane::get).orElse(ScalarMachine.fromBits(result.dtype(), 0));
  }

  private void dot(LoopStmt.Dot s, ScalarMachine driver) {
    boolean batched = s.acc().strides().size() == 3;
    long depth = s.k() * s.repeats().map(driver::integer).map(r -> Math.max(0, r)).orElse(1L);
    for (int b = 0; b < s.batch(); b++) {
      for (int i = 0; i < s.m(); i++) {
        for (int j = 0; j < s.n(); j++) {
          int[] at = batched ? new int[] {b, i, j} : new int[] {i, j};
          Number sum =
              s.accumulates()
                  ? read(s.acc(), driver, at)
                  : ScalarMachine.fromBits(s.acc().dtype(), 0);
          for (int k = 0; k < depth; k++) {
            int[] left = batched ? new int[] {b, i, k} : new int[] {i, k};
            int[] right = batched ? new int[] {b, k, j} : new int[] {k, j};
            sum =
                multiplyAdd(
                    s.acc().dtype(),
                    sum,
                    factor(s.a(), driver, left),
                    factor(s.b(), driver, right));
          }
          write(s.acc(), driver, at, sum);
        }
      }
    }
  }

  private static Number multiplyAdd(DType dtype, Number sum, Number a, Number b) {
    return switch (dtype) {
      case FP32 -> (double) Math.fma(a.floatValue(), b.floatValue(), sum.floatValue());
      case FP64 -> Math.fma(a.doubleValue(), b.doubleValue(), sum.doubleValue());
      default -> (long) (int) (sum.longValue() + a.longValue() * b.longValue());
    };
  }

  private Number factor(LoopStmt.Factor factor, ScalarMachine driver, int[] index) {
    TileRef ref = factor.ref();
    if (!within(factor.bounds(), driver, index) || isNowhere(ref, index)) {
      return ScalarMachine.fromBits(ref.dtype(), 0);
    }
    Number number = read(ref, driver, index);
    return ref.dtype() == DType.I8 && !factor.signed()
        ? (Number) (number.longValue() & 0xff)
        : number;
  }

  private boolean isNowhere(TileRef ref, int[] index) {
    for (int a = 0; a < index.length; a++) {
      if (ref.strides().get(a) instanceof TileRef.Indexed i
          && scratch.getLong((int) (i.offset() + 8L * index[a])) == TileRef.Indexed.NOWHERE) {
        return true;
      }
    }
    return false;
  }

  private void scan(LoopStmt.Scan s, ScalarMachine driver) {
    int extent = s.shape().dim(s.axis());
    for (int[] start : indices(s.shape().with(s.axis(), 1))) {
      List<Number> running = null;
      for (int i = 0; i < extent; i++) {
        int[] index = start.clone();
        index[s.axis()] = s.reverse() ? extent - 1 - i : i;
        List<Number> next = s.sources().stream().map(r -> read(r, driver, index)).toList();
        running = running == null ? next : combine(s.combine(), running, next, driver);
        for (int t = 0; t < running.size(); t++) {
          write(s.targets().get(t), driver, index, running.get(t));
        }
      }
    }
  }

  private void map(LoopStmt.MapElementwise s, ScalarMachine driver) {
    List<int[]> all = indices(s.shape());
    for (int first = 0; first < all.size(); first += s.pack()) {
      List<int[]> group = all.subList(first, first + s.pack());
      List<Number> arguments = new ArrayList<>();
      for (TileRef source : s.sources()) {
        group.forEach(index -> arguments.add(read(source, driver, index)));
      }
      List<Number> results = driver.nested().run(s.body(), arguments);
      for (int i = 0; i < results.size(); i++) {
        write(s.targets().get(i / s.pack()), driver, group.get(i % s.pack()), results.get(i));
      }
    }
  }

  private void histogram(LoopStmt.Histogram s, ScalarMachine driver) {
    long[] counts = new long[s.bins()];
    for (int i = 0; i < s.size(); i++) {
      int[] index = {i};
      boolean active = s.mask().map(m -> read(m, driver, index).longValue() != 0).orElse(true);
      long bin = read(s.source(), driver, index).longValue();
      if (active && bin >= 0 && bin < counts.length) {
        counts[(int) bin]++;
      }
    }
    for (int i = 0; i < counts.length; i++) {
      write(s.target(), driver, new int[] {i}, counts[i]);
    }
  }
}
