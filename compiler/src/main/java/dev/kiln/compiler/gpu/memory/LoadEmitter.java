package dev.kiln.compiler.gpu.memory;

import dev.kiln.compiler.gpu.emit.Elements;
import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.Fragment;
import dev.kiln.compiler.gpu.emit.LazyFragment;
import dev.kiln.compiler.gpu.emit.Uniform;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Guard;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Address;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.Operand.Register;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** Loads of global memory: by vectors, each under its predicate. */
public final class LoadEmitter {
  private final Emission emission;
  private final PtxBuilder ptx;

  public LoadEmitter(Emission emission) {
    this.emission = emission;
    this.ptx = emission.ptx();
  }

  public void emit(MemoryOp.Load load) {
    if (load.result().type().isTile()) {
      tile(load);
    } else {
      scalar(load);
    }
  }

  // ---------------------------------------------------------------- tiles

  private void tile(MemoryOp.Load load) {
    LinearLayout home = emission.plan().layout(load.result());
    emission.order().access(load.pointer(), home, false);
    var access = new GlobalAccess(emission, load.pointer(), load.mask(), home);
    Optional<LazyFragment> other = load.other().map(o -> emission.lazy(o, access.layout()));
    Operand[] loaded = new Operand[access.layout().registerCount()];
    for (GlobalAccess.Group group : access.groups()) {
      int[] registers = group.registers();
      List<Operand> elements =
          load(
              load,
              access.address(group),
              access.mask(group),
              registers.length,
              i -> other.map(fragment -> fragment.register(registers[i])));
      for (int i = 0; i < registers.length; i++) {
        loaded[registers[i]] = elements.get(i);
      }
    }
    emission.define(load.result(), repeated(loaded, access.layout(), home));
  }

  /** The same with the registers that repeat others. */
  private static Fragment repeated(Operand[] loaded, LinearLayout from, LinearLayout to) {
    Map<Integer, Operand> byIndex = new HashMap<>();
    for (int register = 0; register < loaded.length; register++) {
      byIndex.put(from.registerIndex(register), loaded[register]);
    }
    return new Fragment(
        to,
        IntStream.range(0, to.registerCount())
            .mapToObj(register -> byIndex.get(to.registerIndex(register)))
            .toList());
  }

  // ---------------------------------------------------------------- scalars

  /**
   * All threads load the same; but one loads for all where memory may change meanwhile, since
   * scalars are the same in all threads.
   */
  private void scalar(MemoryOp.Load load) {
    emission.order().access(load.pointer(), null, false);
    Address address = Address.of(emission.scalar(load.pointer()), 0);
    Operand mask = load.mask().map(emission::scalar).orElse(null);
    Operand value =
        load(load, address, mask, 1, i -> load.other().map(emission::scalar)).getFirst();
    boolean mayDiffer = load.hints().isVolatile() || emission.order().isWaiting();
    emission.define(load.result(), mayDiffer ? agreed(value) : value);
  }

  private Operand agreed(Operand value) {
    var uniform = new Uniform(emission);
    if (value.type() != RegisterClass.PRED) {
      return uniform.broadcast(value);
    }
    var number = new Words(ptx, DType.I1, 1);
    Operand all = uniform.broadcast(number.pack(List.of(value)).getFirst());
    return number.unpack(List.of(all)).getFirst();
  }

  // ---------------------------------------------------------------- vectors

  /**
   * One access.
   *
   * @param mask or {@code null}
   * @param other what stands for the element where the mask is false, if that is given
   */
  private List<Operand> load(
      MemoryOp.Load load,
      Address address,
      Operand mask,
      int count,
      IntFunction<Optional<Operand>> other) {
    DType dtype = load.result().dtype();
    var words = new Words(ptx, dtype, count);
    boolean isMasked = mask != null && !(mask instanceof Immediate known && known.bits() != 0);
    List<Operand> otherwise =
        isMasked
            ? words.pack(
                IntStream.range(0, count)
                    .mapToObj(i -> other.apply(i).orElseGet(() -> zero(dtype)))
                    .toList())
            : List.of();
    if (isMasked && mask instanceof Immediate) {
      return words.unpack(otherwise);
    }
    List<Register> registers = ptx.registers(words.held(), words.registers());
    ptx.add(
        Caching.load(load.hints(), load.loc()) + words.type(true),
        List.of(Words.operand(registers)),
        isMasked ? new Guard(mask, false) : null,
        otherwise,
        load.hints().isVolatile() || emission.order().isWaiting() ? Effect.EFFECT : Effect.READ,
        null,
        address);
    return words.unpack(registers);
  }

  private static Operand zero(DType dtype) {
    return new Immediate(Elements.held(dtype), 0, dtype == DType.FP32 || dtype == DType.FP64);
  }
}
