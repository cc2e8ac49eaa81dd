package dev.kiln.compiler.eval;

import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.TileFunction;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which allocations each memory operation of a launch may access: those that its pointer's
 * parameters point into. So an access that runs from one argument into the next is found although
 * the address is in use.
 */
final class ReachableMemory {
  private final TileFunction function;
  private final PointerRoots roots;
  private final List<Number> arguments;
  private final List<Allocation> allocations;
  private final Map<Op, Range> ranges = new IdentityHashMap<>();

  ReachableMemory(
      TileFunction function,
      PointerRoots roots,
      List<Number> arguments,
      List<Allocation> allocations) {
    this.function = function;
    this.roots = roots;
    this.arguments = arguments;
    this.allocations = allocations;
  }

  /**
   * What one operation may access.
   *
   * @param params the parameters that its pointer may derive from; none if that is unknown
   */
  record Range(List<Allocation> allocations, List<TileFunction.Param> params) {
    /** Null where the bytes are not all in one allocation. */
    Allocation containing(long address, int bytes) {
      for (Allocation allocation : allocations) {
        if (allocation.contains(address, bytes)) {
          return allocation;
        }
      }
      return null;
    }

    boolean isConst() {
      return !params.isEmpty() && params.stream().allMatch(TileFunction.Param::isConst);
    }

    String paramName() {
      return params.getFirst().name();
    }
  }

  Range of(Op op) {
    return ranges.computeIfAbsent(op, this::find);
  }

  private Range find(Op op) {
    // A memory operation's pointer is its first operand.
    var pointer = ((MemoryOp) op).operands().getFirst();
    if (roots.mayBeAnything(pointer)) {
      return new Range(allocations, List.of());
    }
    BitSet params = roots.paramsOf(pointer);
    var found = new ArrayList<Allocation>();
    params.stream().forEach(i -> found.addAll(pointedInto(i)));
    return new Range(found, params.stream().mapToObj(i -> function.params().get(i)).toList());
  }

  private List<Allocation> pointedInto(int param) {
    String name = function.params().get(param).name();
    long address = arguments.get(param).longValue();
    List<Allocation> around = allocations.stream().filter(a -> a.contains(address, 1)).toList();
    // Several arguments may point into one buffer; the parameter's own view of it counts.
    List<Allocation> own =
        allocations.stream().filter(a -> a.name().equals(name) && a.contains(address, 0)).toList();
    return own.isEmpty() ? around : own;
  }

  /** Says where an address outside a range lies. */
  String where(Range range, long address, int bytes) {
    if (range.allocations().isEmpty() && range.params().size() == 1) {
      int param = function.params().indexOf(range.params().getFirst());
      String name = "argument '" + range.paramName() + "'";
      return arguments.get(param).longValue() == 0
          ? name + " is null"
          : name + " points to no allocation";
    }
    List<Allocation> candidates = range.allocations().isEmpty() ? allocations : range.allocations();
    String inside =
        allocations.stream()
            .filter(a -> a.contains(address, bytes))
            .findFirst()
            .map(a -> ", inside argument '" + a.name() + "'")
            .orElse("");
    return SegmentMemory.where(candidates, address, bytes) + inside;
  }
}
