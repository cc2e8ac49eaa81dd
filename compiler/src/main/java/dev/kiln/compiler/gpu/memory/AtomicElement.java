package dev.kiln.compiler.gpu.memory;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.gpu.emit.Elements;
import dev.kiln.compiler.gpu.emit.Emission;
import dev.kiln.compiler.gpu.emit.Selection;
import dev.kiln.compiler.ir.BinaryKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.MemoryOp.AtomicKind;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Node.Guard;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Address;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.Operand.Register;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Atomic operations on one element of global memory ({@code atom} and {@code red}, PTX ISA sections
 * 9.7.13.5 and 9.7.13.6). What the target lacks is a loop of compare-and-swap.
 *
 * <p>The target's addition of fp32 in global memory takes denormals for zeros.
 */
final class AtomicElement {
  private final Emission emission;
  private final PtxBuilder ptx;
  private final Location loc;
  private final DType dtype;
  private final RegisterClass held;
  private final String semantics;
  private final String scope;

  /**
   * @param semantics {@code relaxed}, {@code acquire}, {@code release} or {@code acq_rel}
   * @param scope {@code cta}, {@code gpu} or {@code sys}
   */
  AtomicElement(Emission emission, Location loc, DType dtype, String semantics, String scope) {
    this.emission = emission;
    this.ptx = emission.ptx();
    this.loc = loc;
    this.dtype = dtype;
    this.held = Elements.held(dtype);
    this.semantics = semantics;
    this.scope = scope;
  }

  /**
   * Reads, combines, writes.
   *
   * @param guard predicate, or {@code null}
   * @param isWanted whether the result is used
   * @return what was there before, 0 where the guard is false; {@code null} if it is not wanted
   */
  Operand update(AtomicKind kind, Address address, Operand value, Operand guard, boolean isWanted) {
    return switch (kind) {
      case ADD -> add(address, value, guard, isWanted);
      case MINS -> simple("min.s" + bits(), address, value, guard, isWanted);
      case MAXS -> simple("max.s" + bits(), address, value, guard, isWanted);
      case MINU -> simple("min.u" + bits(), address, value, guard, isWanted);
      case MAXU -> simple("max.u" + bits(), address, value, guard, isWanted);
      case AND -> simple("and.b" + bits(), address, value, guard, isWanted);
      case OR -> simple("or.b" + bits(), address, value, guard, isWanted);
      case XOR -> simple("xor.b" + bits(), address, value, guard, isWanted);
      // There is no exchange without a result.
      case XCHG -> atom("exch.b" + bits(), address, value, guard, zero());
      case MIN -> extremum(false, address, value, guard);
      case MAX -> extremum(true, address, value, guard);
    };
  }

  /** Writes {@code value} where {@code expected} is; compares bits. */
  Operand compareAndSwap(Address address, Operand expected, Operand value, Operand guard) {
    int width = dtype.bits();
    if (width < 16) {
      throw unsupported("atomic_cas");
    }
    if (dtype != DType.I16) {
      return swap(held, address, expected, value, guard, zero());
    }
    Operand old =
        swap(
            RegisterClass.B16,
            address,
            ptx.emit("cvt.u16.u32", RegisterClass.B16, expected),
            ptx.emit("cvt.u16.u32", RegisterClass.B16, value),
            guard,
            Immediate.b16(0));
    return ptx.emit("cvt.s32.s16", RegisterClass.B32, old);
  }

  private int bits() {
    if (dtype.bits() < 32) {
      throw unsupported("this atomic operation");
    }
    return dtype.bits();
  }

  private CompilationException unsupported(String what) {
    return CompilationException.at(
        loc, "not supported yet: " + what + " of " + dtype.languageName() + " on GPUs");
  }

  private Immediate zero() {
    return new Immediate(held, 0, false);
  }

  private Operand add(Address address, Operand value, Operand guard, boolean isWanted) {
    return switch (dtype) {
      case I32, I64 -> simple("add.u" + dtype.bits(), address, value, guard, isWanted);
      case FP32, FP64 -> simple("add.f" + dtype.bits(), address, value, guard, isWanted);
      case FP16 -> simple("add.noftz.f16", address, value, guard, isWanted);
      case BF16 ->
          emission.target().hasBf16Arithmetic()
              ? simple("add.noftz.bf16", address, value, guard, isWanted)
              : byCompareAndSwap(address, guard, old -> combined(BinaryKind.ADD, old, value));
      default -> throw unsupported("atomic_add");
    };
  }

  private Operand simple(
      String operation, Address address, Operand value, Operand guard, boolean isWanted) {
    if (isWanted) {
      return atom(operation, address, value, guard, zero());
    }
    // Nobody can act on a value that nobody sees, so what acquires need not.
    boolean releases = semantics.equals("release") || semantics.equals("acq_rel");
    ptx.add(
        "red." + (releases ? "release." : "relaxed.") + scope + ".global." + operation,
        List.of(),
        guarded(guard),
        List.of(),
        Effect.EFFECT,
        null,
        address,
        value);
    return null;
  }

  private Operand atom(
      String operation, Address address, Operand value, Operand guard, Operand otherwise) {
    Register old = ptx.register(held);
    ptx.add(
        "atom." + semantics + "." + scope + ".global." + operation,
        List.of(old),
        guarded(guard),
        guard == null ? List.of() : List.of(otherwise),
        Effect.EFFECT,
        null,
        address,
        value);
    return old;
  }

  private Register swap(
      RegisterClass type,
      Address address,
      Operand expected,
      Operand value,
      Operand guard,
      Operand otherwise) {
    Register old = ptx.register(type);
    ptx.add(
        "atom." + semantics + "." + scope + ".global.cas." + type.type(),
        List.of(old),
        guarded(guard),
        guard == null ? List.of() : List.of(otherwise),
        Effect.EFFECT,
        null,
        address,
        expected,
        value);
    return old;
  }

  private static Guard guarded(Operand guard) {
    return guard == null ? null : new Guard(guard, false);
  }

  private Operand combined(BinaryKind kind, Operand left, Operand right) {
    var number = new Value(Type.scalar(dtype));
    return emission.element(
        new ElementwiseOp.Binary(loc, number, kind, number, number), List.of(left, right));
  }

  private Operand byCompareAndSwap(Address address, Operand guard, UnaryOperator<Operand> next) {
    Register first = ptx.register(held);
    ptx.add(
        "ld.relaxed." + scope + ".global." + held.type(),
        List.of(first),
        guarded(guard),
        guard == null ? List.of() : List.of(zero()),
        Effect.EFFECT,
        null,
        address);
    return swapUntilDone(address, first, guard == null ? Immediate.pred(true) : guard, next);
  }

  /**
   * Swaps until nobody else interferes. The warp goes around together, the lanes that are done
   * doing nothing.
   *
   * @param first what may be there
   * @param active predicate of the lanes that take part
   * @return what was there before; {@code first} in the other lanes
   */
  private Operand swapUntilDone(
      Address address, Operand first, Operand active, UnaryOperator<Operand> next) {
    return ptx.loop(
            List.of(held, RegisterClass.PRED),
            List.of(first, active),
            carried -> new PtxBuilder.LoopHead(anyLane(carried.get(1)), carried.subList(0, 1)),
            carried -> {
              Operand expected = carried.get(0);
              Operand swaps = carried.get(1);
              Operand old = swap(held, address, expected, next.apply(expected), swaps, expected);
              Operand differs =
                  ptx.emit("setp.ne.b" + held.bits(), RegisterClass.PRED, old, expected);
              return List.of(old, ptx.emit("and.pred", RegisterClass.PRED, swaps, differs));
            })
        .getFirst();
  }

  private Operand anyLane(Operand predicate) {
    return ptx.emit("vote.sync.any.pred", RegisterClass.PRED, predicate, Immediate.b32(-1));
  }

  /**
   * The larger or smaller float, by integers: floats without a sign are ordered as signed integers,
   * those with one as unsigned integers, backwards. A NaN in {@code value} is replaced by the one
   * that loses against everything. A NaN in memory of the sign that would win is found in the
   * result, and swapped for the value.
   */
  private Operand extremum(boolean max, Address address, Operand value, Operand guard) {
    int bits = bits();
    String type = ".f" + bits;
    Operand isNan = ptx.emit("setp.nan" + type, RegisterClass.PRED, value, value);
    Operand loser = new Immediate(held, max ? -1 : bits == 32 ? ~0 >>> 1 : ~0L >>> 1, false);
    Operand number = Selection.emit(ptx, isNan, loser, value);
    Operand negative =
        ptx.emit("setp.lt.s" + bits, RegisterClass.PRED, number, new Immediate(held, 0, false));
    Operand positive = ptx.emit("not.pred", RegisterClass.PRED, negative);
    Operand up =
        atom((max ? "max.s" : "min.s") + bits, address, number, both(guard, positive), zero());
    Operand old =
        atom((max ? "min.u" : "max.u") + bits, address, number, both(guard, negative), up);
    Operand isNumber = ptx.emit("not.pred", RegisterClass.PRED, isNan);
    Operand wasNan = ptx.emit("setp.nan" + type, RegisterClass.PRED, old, old);
    Operand winning =
        ptx.emit((max ? "setp.ge.s" : "setp.lt.s") + bits, RegisterClass.PRED, old, zero());
    BinaryKind kind = max ? BinaryKind.MAX : BinaryKind.MIN;
    return swapUntilDone(
        address,
        old,
        both(guard, both(both(wasNan, winning), isNumber)),
        before -> combined(kind, before, value));
  }

  private Operand both(Operand left, Operand right) {
    return left == null ? right : ptx.emit("and.pred", RegisterClass.PRED, left, right);
  }
}
