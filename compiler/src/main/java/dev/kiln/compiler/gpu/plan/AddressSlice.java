package dev.kiln.compiler.gpu.plan;

import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Value;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What of a loop's body has to be computed to know some of its values, and what of the carried
 * values that takes from one iteration to the next.
 *
 * @param ops of the body, in its order; all pure
 * @param carried numbers of the carried values that the operations read; what the loop yields for
 *     these is computed by the operations too
 */
public record AddressSlice(List<Op> ops, List<Integer> carried) {
  /**
   * The slice of values of a loop's body; empty if it takes more than pure operations, a load for
   * instance.
   */
  static Optional<AddressSlice> of(ControlOp.For loop, Collection<Value> values) {
    var search = new Search(loop);
    return values.stream().allMatch(search::reach) ? Optional.of(search.slice()) : Optional.empty();
  }

  private static final class Search {
    private final ControlOp.For loop;
    private final Map<Value, Op> definitions = new HashMap<>();
    private final Set<Value> reached = new HashSet<>();
    private final Set<Op> ops = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Set<Integer> carried = new TreeSet<>();

    Search(ControlOp.For loop) {
      this.loop = loop;
      for (Op op : loop.body().ops()) {
        op.results().forEach(result -> definitions.put(result, op));
      }
    }

    /** Takes up what a value needs; returns whether all of it is pure. */
    boolean reach(Value value) {
      if (!reached.add(value)) {
        return true;
      }
      int number = loop.carried().indexOf(value);
      if (number >= 0) {
        carried.add(number);
        return reach(loop.body().terminator().operands().get(number));
      }
      Op op = definitions.get(value);
      if (op == null) {
        return true; // the induction variable, or from outside
      }
      ops.add(op);
      return op.isPure() && op.blocks().isEmpty() && op.operands().stream().allMatch(this::reach);
    }

    AddressSlice slice() {
      return new AddressSlice(
          loop.body().body().stream().filter(ops::contains).toList(), List.copyOf(carried));
    }
  }
}
