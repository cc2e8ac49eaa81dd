package dev.kiln.compiler.loop;

import dev.kiln.compiler.eval.GlobalMemory;
import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.numeric.Conversions;
import dev.kiln.compiler.numeric.FloatFormat;
import dev.kiln.compiler.numeric.FloatMath;
import dev.kiln.compiler.numeric.IntegerMath;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Numbers of values, {@code Long} or {@code Double}, and scalar operations on them. */
final class ScalarMachine {
  private final GlobalMemory memory;
  private final int[] program;
  private final int[] grid;
  private final Optional<ScalarMachine> outer;
  private final Map<Value, Number> numbers = new HashMap<>();

  ScalarMachine(GlobalMemory memory, int[] program, int[] grid, Optional<ScalarMachine> outer) {
    this.memory = memory;
    this.program = program;
    this.grid = grid;
    this.outer = outer;
  }

  ScalarMachine nested() {
    return new ScalarMachine(memory, program, grid, Optional.of(this));
  }

  GlobalMemory memory() {
    return memory;
  }

  void set(Value value, Number number) {
    numbers.put(value, number);
  }

  Number get(Value value) {
    Number number = numbers.get(value);
    if (number == null) {
      number =
          outer
              .orElseThrow(() -> new IllegalStateException("used before it is defined: " + value))
              .get(value);
    }
    return number;
  }

  long integer(Value value) {
    return get(value).longValue();
  }

  boolean isTrue(Value value) {
    return integer(value) != 0;
  }

  static Number fromBits(DType dtype, long bits) {
    if (dtype.isFloat()) {
      return FloatFormat.fromBits(dtype, bits);
    }
    return IntegerMath.wrap(dtype, bits);
  }

  static long toBits(DType dtype, Number number) {
    return dtype.isFloat()
        ? FloatFormat.toBits(dtype, number.doubleValue())
        : dtype == DType.I1 ? number.longValue() & 1 : number.longValue();
  }

  /** Runs a scalar block and returns what it yields. */
  List<Number> run(Block block, List<Number> arguments) {
    for (int i = 0; i < arguments.size(); i++) {
      set(block.params().get(i), arguments.get(i));
    }
    block.body().forEach(this::run);
    return getAll(block.terminator().operands());
  }

  private List<Number> getAll(List<Value> values) {
    List<Number> all = new ArrayList<>();
    values.forEach(v -> all.add(get(v)));
    return all;
  }

  void run(Op op) {
    switch (op) {
      case ElementwiseOp e -> set(e.result(), evaluate(e));
      case MemoryOp.Load load -> load(load);
      case MemoryOp.Store store -> {
        if (store.mask().map(this::isTrue).orElse(true)) {
          write(store.pointer(), store.value());
        }
      }
      case MemoryOp.AtomicRmw rmw -> {
        boolean active = rmw.mask().map(this::isTrue).orElse(true);
        set(rmw.result(), active ? update(rmw.kind(), rmw.pointer(), rmw.value()) : zero(rmw));
      }
      case MemoryOp.AtomicCas cas ->
          set(cas.result(), exchange(cas.pointer(), cas.expected(), cas.value()));
      case ControlOp.If branch -> {
        Block taken = isTrue(branch.condition()) ? branch.thenBlock() : branch.elseBlock();
        setAll(branch.results(), run(taken, List.of()));
      }
      case ControlOp.For loop -> {
        List<Number> carried = getAll(loop.inits());
        for (long i = integer(loop.lower()); i < integer(loop.upper()); i += integer(loop.step())) {
          List<Number> arguments = new ArrayList<>(List.of(i));
          arguments.addAll(carried);
          carried = run(loop.body(), arguments);
        }
        setAll(loop.results(), carried);
      }
      default -> throw new IllegalStateException(op.mnemonic());
    }
  }

  private static Number zero(MemoryOp.AtomicRmw rmw) {
    return fromBits(rmw.result().dtype(), 0);
  }

  void setAll(List<Value> values, List<Number> all) {
    for (int i = 0; i < values.size(); i++) {
      set(values.get(i), all.get(i));
    }
  }

  private void load(MemoryOp.Load load) {
    DType dtype = load.result().dtype();
    boolean active = load.mask().map(this::isTrue).orElse(true);
    Number number =
        active
            ? fromBits(dtype, memory.read(integer(load.pointer()), dtype.bytes()))
            : load.other().map(this::get).orElse(fromBits(dtype, 0));
    set(load.result(), number);
  }

  void write(Value pointer, Value value) {
    DType dtype = value.dtype();
    memory.write(integer(pointer), dtype.bytes(), toBits(dtype, get(value)));
  }

  Number update(MemoryOp.AtomicKind kind, Value pointer, Value value) {
    DType dtype = value.dtype();
    long address = integer(pointer);
    Number before = fromBits(dtype, memory.read(address, dtype.bytes()));
    Number after =
        kind == MemoryOp.AtomicKind.XCHG
            ? get(value)
            : binary(BinaryKind.valueOf(kind.name()), dtype, before, get(value));
    memory.write(address, dtype.bytes(), toBits(dtype, after));
    return before;
  }

  Number exchange(Value pointer, Value expected, Value value) {
    DType dtype = value.dtype();
    long address = integer(pointer);
    Number before = fromBits(dtype, memory.read(address, dtype.bytes()));
    if (toBits(dtype, before) == toBits(dtype, get(expected))) {
      memory.write(address, dtype.bytes(), toBits(dtype, get(value)));
    }
    return before;
  }

  private static Number binary(BinaryKind kind, DType dtype, Number left, Number right) {
    if (dtype.isFloat()) {
      return FloatMath.apply(kind, dtype, left.doubleValue(), right.doubleValue());
    }
    return IntegerMath.apply(kind, dtype, left.longValue(), right.longValue());
  }

  private Number evaluate(ElementwiseOp op) {
    DType to = op.result().dtype();
    return switch (op) {
      case ElementwiseOp.Constant c -> {
        if (to.isFloat()) {
          yield c.value().doubleValue();
        }
        yield IntegerMath.wrap(to, c.value().longValue());
      }
      case ElementwiseOp.Unary u -> {
        DType from = u.operand().dtype();
        if (from.isFloat()) {
          yield FloatMath.apply(u.kind(), from, get(u.operand()).doubleValue());
        }
        yield IntegerMath.apply(u.kind(), from, integer(u.operand()));
      }
      case ElementwiseOp.Binary b -> binary(b.kind(), to, get(b.left()), get(b.right()));
      case ElementwiseOp.Compare c -> {
        DType from = c.left().dtype();
        boolean holds =
            from.isFloat()
                ? FloatMath.compare(
                    c.kind(), get(c.left()).doubleValue(), get(c.right()).doubleValue())
                : IntegerMath.compare(c.kind(), from, integer(c.left()), integer(c.right()));
        yield holds ? 1L : 0L;
      }
      case ElementwiseOp.Fma f ->
          FloatMath.fma(
              to, get(f.a()).doubleValue(), get(f.b()).doubleValue(), get(f.c()).doubleValue());
      case ElementwiseOp.Select s -> get(isTrue(s.condition()) ? s.whenTrue() : s.whenFalse());
      case ElementwiseOp.Cast c -> cast(c, to);
      case ElementwiseOp.AddPtr a ->
          integer(a.pointer()) + integer(a.offset()) * a.pointer().type().pointee().bytes();
      case ElementwiseOp.Hint h -> get(h.operand());
      case ElementwiseOp.ProgramId id -> (long) program[id.axis()];
      case ElementwiseOp.NumPrograms n -> (long) grid[n.axis()];
    };
  }

  private Number cast(ElementwiseOp.Cast op, DType to) {
    DType from = op.operand().dtype();
    Number number = get(op.operand());
    if (to.isFloat()) {
      return from.isFloat()
          ? Conversions.floatToFloat(op.kind(), from, to, number.doubleValue())
          : Conversions.integerToFloat(op.kind(), from, to, number.longValue());
    }
    return from.isFloat()
        ? Conversions.floatToInteger(op.kind(), from, to, number.doubleValue())
        : Conversions.integerToInteger(op.kind(), from, to, number.longValue());
  }
}
