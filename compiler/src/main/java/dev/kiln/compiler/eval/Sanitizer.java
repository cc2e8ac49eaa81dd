package dev.kiln.compiler.eval;

import dev.kiln.compiler.diagnostics.Location;
import dev.kiln.compiler.eval.SanitizerFinding.Kind;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.TileFunction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Watches one launch for misuse of memory and of undefined values.
 *
 * <p>An element is undefined that a masked-off load without {@code other} gave, or a load of memory
 * that nothing has written, or that was computed from such. That alone is no fault; it is one when
 * an address, a mask, a condition, a loop bound or a value in memory depends on it. Each operation
 * is told of once for each kind of fault, with a count; the launch goes on, without the accesses
 * that are out of range.
 */
final class Sanitizer {
  private final TileFunction function;
  private final ReachableMemory reachable;
  private final ShadowMemory shadow;
  private final Map<Op, EnumMap<Kind, Pending>> faults = new IdentityHashMap<>();
  private final List<Pending> inOrder = new ArrayList<>();
  private final List<String> origins = new ArrayList<>(List.of("defined"));
  private final Map<Op, Integer> maskedOff = new IdentityHashMap<>();
  private final Map<Op, Integer> unwritten = new IdentityHashMap<>();

  Sanitizer(TileFunction function, PointerRoots roots, Launch launch, ShadowMemory shadow) {
    this.function = function;
    this.shadow = shadow;
    this.reachable =
        new ReachableMemory(function, roots, launch.arguments(), launch.memory().allocations());
  }

  /** A fault while it is counted. */
  private static final class Pending {
    final Kind kind;
    final Location location;
    final ProgramId program;
    final List<Integer> index;
    final String message;
    long occurrences = 1;

    Pending(Kind kind, Location location, ProgramId program, int[] index, String message) {
      this.kind = kind;
      this.location = location;
      this.program = program;
      this.index = Arrays.stream(index).boxed().toList();
      this.message = message;
    }
  }

  SanitizerReport report() {
    return new SanitizerReport(
        function.name(),
        inOrder.stream()
            .map(
                f ->
                    new SanitizerFinding(
                        f.kind,
                        function.name(),
                        f.location,
                        f.program,
                        f.index,
                        f.message,
                        f.occurrences))
            .toList());
  }

  private void fault(Program p, Kind kind, Shape shape, int element, String message) {
    Op op = p.current();
    EnumMap<Kind, Pending> ofOp = faults.computeIfAbsent(op, o -> new EnumMap<>(Kind.class));
    Pending known = ofOp.get(kind);
    if (known != null) {
      known.occurrences++;
      return;
    }
    int[] index = TileValue.multiIndex(shape, element);
    var found = new Pending(kind, op.loc(), p.id(), index, message);
    ofOp.put(kind, found);
    inOrder.add(found);
  }

  private void undefined(Program p, Kind kind, TileValue value, int element, String what) {
    if (value.isUndefined(element)) {
      fault(
          p,
          kind,
          value.type().shape(),
          element,
          what + " is undefined: it comes from " + origins.get(value.origin(element)));
    }
  }

  /** Whether an access may be carried out; tells of what is wrong with its address. */
  boolean admits(Program p, Access access, TileValue pointer, int element) {
    if (pointer.isUndefined(element)) {
      String what = "the address of the " + access.noun();
      undefined(p, Kind.UNDEFINED_ADDRESS, pointer, element, what);
      return false;
    }
    Shape shape = pointer.type().shape();
    int bytes = pointer.type().pointee().bytes();
    long address = pointer.longAt(element);
    ReachableMemory.Range range = reachable.of(p.current());
    Allocation allocation = range.containing(address, bytes);
    String what = access.noun() + " of " + bytes + (bytes == 1 ? " byte" : " bytes");
    if (allocation == null) {
      String where = reachable.where(range, address, bytes);
      fault(p, Kind.OUT_OF_RANGE, shape, element, "out-of-range " + what + ": " + where);
      return false;
    }
    if (access != Access.LOAD && range.isConst()) {
      String message =
          access.noun() + " through '" + range.paramName() + "', which the kernel declares const";
      fault(p, Kind.CONST_STORE, shape, element, message);
    }
    long excess = Long.remainderUnsigned(address, bytes);
    if (excess != 0) {
      String message =
          "misaligned %s: the address is %d past a multiple of %d, at byte %d of %s"
              .formatted(
                  what, excess, bytes, address - allocation.address(), allocation.describe());
      fault(p, Kind.MISALIGNED, shape, element, message);
    }
    return true;
  }

  void checkStored(Program p, TileValue value, int element) {
    undefined(p, Kind.UNDEFINED_STORE, value, element, "the value written to memory");
  }

  void checkCompared(Program p, TileValue expected, int element) {
    undefined(p, Kind.UNDEFINED_CONDITION, expected, element, "the value compared with memory");
  }

  void checkMask(Program p, TileValue mask, int element) {
    String of =
        switch (p.current()) {
          case MemoryOp.Load load -> "load";
          case MemoryOp.Store store -> "store";
          case MemoryOp.Assert check -> "assertion";
          default -> "atomic operation";
        };
    undefined(p, Kind.UNDEFINED_MASK, mask, element, "the mask of the " + of);
  }

  void checkCondition(Program p, TileValue condition, int element, String what) {
    undefined(p, Kind.UNDEFINED_CONDITION, condition, element, what);
  }

  /** The lower bound, the upper bound and the step of a loop. */
  void checkBounds(Program p, TileValue[] bounds) {
    undefined(p, Kind.UNDEFINED_BOUND, bounds[0], 0, "the lower bound of the loop");
    undefined(p, Kind.UNDEFINED_BOUND, bounds[1], 0, "the upper bound of the loop");
    undefined(p, Kind.UNDEFINED_BOUND, bounds[2], 0, "the step of the loop");
  }

  void checkAssumption(Program p, TileValue condition) {
    undefined(p, Kind.UNDEFINED_CONDITION, condition, 0, "the assumption");
    if (!condition.isTrue(0)) {
      fault(p, Kind.FALSE_ASSUMPTION, Shape.of(), 0, "the assumption does not hold");
    }
  }

  void checkHint(Program p, ElementwiseOp.Hint hint, TileValue value) {
    int element = HintCheck.firstViolation(hint, value);
    if (element >= 0) {
      Shape shape = value.type().shape();
      fault(p, Kind.FALSE_HINT, shape, element, HintCheck.describe(hint) + " does not hold");
    }
  }

  void wrote(long address, int bytes) {
    shadow.markWritten(address, bytes);
  }

  /** The origin of a masked-off element of a load without {@code other}. */
  int originMaskedOff(MemoryOp.Load load) {
    return maskedOff.computeIfAbsent(
        load,
        l ->
            newOrigin(
                "the load at " + l.loc() + ", whose mask is false there and which has no 'other'"));
  }

  /** The origin of an element that is read; 0 where its memory has been written. */
  int originInMemory(MemoryOp op, long address, int bytes) {
    return shadow.isWritten(address, bytes)
        ? 0
        : unwritten.computeIfAbsent(
            op, o -> newOrigin("memory that nothing has written, read at " + o.loc()));
  }

  private int newOrigin(String description) {
    origins.add(description);
    return origins.size() - 1;
  }
}
