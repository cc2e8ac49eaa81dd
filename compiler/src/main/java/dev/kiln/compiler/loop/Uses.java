package dev.kiln.compiler.loop;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Where the values of a function are defined and used, and in which order operations run.
 *
 * <p>An operation is <em>lazy</em> if the lowering computes it wherever a result is wanted:
 * elementwise and shape operations and loads of tiles. What counts for the life of a tile are the
 * others, which run where they stand.
 */
final class Uses {
  private final Map<Value, Op> definitions = new HashMap<>();
  private final Map<Value, Block> blocks = new HashMap<>();
  private final Map<Value, List<Op>> users = new HashMap<>();
  private final Map<Op, Integer> starts = new IdentityHashMap<>();
  private final Map<Op, Integer> ends = new IdentityHashMap<>();
  private final Map<Op, Block> parents = new IdentityHashMap<>();
  private final Map<Block, Op> owners = new IdentityHashMap<>();
  private final Map<Value, ControlOp.For> carriedIn = new HashMap<>();
  private final Map<Value, Integer> lastUses = new HashMap<>();
  private final List<Op> effects = new ArrayList<>();
  private final Set<Value> parameters = new HashSet<>();
  private int clock;

  Uses(TileFunction function) {
    parameters.addAll(function.body().params());
    visit(function.body());
  }

  private void visit(Block block) {
    block.params().forEach(p -> blocks.put(p, block));
    for (Op op : block.ops()) {
      parents.put(op, block);
      starts.put(op, clock++);
      Set<Value> used = new LinkedHashSet<>(op.operands());
      if (op instanceof ControlOp) {
        noteCarried(op);
        for (Block nested : op.blocks()) {
          owners.put(nested, op);
          visit(nested);
        }
      } else {
        op.blocks().forEach(nested -> used.addAll(captured(nested)));
      }
      used.forEach(v -> users.computeIfAbsent(v, k -> new ArrayList<>()).add(op));
      for (Value result : op.results()) {
        definitions.put(result, op);
        blocks.put(result, block);
      }
      if (op instanceof MemoryOp) {
        effects.add(op);
      }
      ends.put(op, clock++);
    }
  }

  private void noteCarried(Op op) {
    if (op instanceof ControlOp.For loop) {
      for (int i = 0; i < loop.inits().size(); i++) {
        carriedIn.put(loop.carried().get(i), loop);
        carriedIn.put(loop.results().get(i), loop);
      }
    }
  }

  /** Values that a nested block uses but does not define. */
  static Set<Value> captured(Block block) {
    Set<Value> inside = new HashSet<>(block.params());
    Set<Value> outside = new LinkedHashSet<>();
    for (Op op : block.ops()) {
      op.operands().stream().filter(v -> !inside.contains(v)).forEach(outside::add);
      for (Block nested : op.blocks()) {
        captured(nested).stream().filter(v -> !inside.contains(v)).forEach(outside::add);
      }
      inside.addAll(op.results());
    }
    return outside;
  }

  Optional<Op> definition(Value value) {
    return Optional.ofNullable(definitions.get(value));
  }

  /** The block in which a value is defined, as a result or a parameter. */
  Block block(Value value) {
    return blocks.get(value);
  }

  boolean isUsed(Value value) {
    return users.containsKey(value);
  }

  List<Op> users(Value value) {
    return users.getOrDefault(value, List.of());
  }

  Optional<Number> constant(Value value) {
    return definitions.get(value) instanceof ElementwiseOp.Constant c
        ? Optional.of(c.value())
        : Optional.empty();
  }

  static boolean isLazy(Op op) {
    boolean kind =
        op instanceof ElementwiseOp
            || op instanceof MemoryOp.Load
            || (op instanceof ShapeOp && !(op instanceof ShapeOp.Unsplat));
    return kind && op.results().stream().allMatch(r -> r.type().isTile());
  }

  int start(Op op) {
    return starts.get(op);
  }

  /** The time after which no element of the value is wanted, in its own block's order. */
  int lastUse(Value value) {
    Integer known = lastUses.get(value);
    if (known != null) {
      return known;
    }
    int last = -1;
    for (Op user : users(value)) {
      if (parents.get(user) != blocks.get(value)) {
        last = Math.max(last, ends.get(ancestorIn(blocks.get(value), user)));
      } else if (isLazy(user)) {
        for (Value result : user.results()) {
          last = Math.max(last, lastUse(result));
        }
      } else {
        last = Math.max(last, starts.get(user));
      }
    }
    lastUses.put(value, last);
    return last;
  }

  private Op ancestorIn(Block block, Op op) {
    Op at = op;
    while (parents.get(at) != block) {
      at = owners.get(parents.get(at));
    }
    return at;
  }

  /** Whether an element of the value may be wanted after the operation has run. */
  boolean isLiveAfter(Value value, Op op) {
    return isLiveAfter(value, value, op, new HashSet<>());
  }

  /** Whether an element of the value is wanted inside a loop or branch. */
  boolean isUsedInside(Value value, ControlOp op) {
    return isUsedInside(value, op, new HashSet<>());
  }

  private boolean isUsedInside(Value value, ControlOp op, Set<Value> seen) {
    return seen.add(value)
        && users(value).stream()
            .anyMatch(
                user ->
                    isInside(parents.get(user), op)
                        || (isLazy(user)
                            && user.results().stream().anyMatch(r -> isUsedInside(r, op, seen))));
  }

  private boolean isLiveAfter(Value origin, Value value, Op op, Set<Value> seen) {
    if (!seen.add(value)) {
      return false;
    }
    for (Op user : users(value)) {
      boolean live =
          isLazy(user)
              ? user.results().stream().anyMatch(r -> isLiveAfter(origin, r, op, seen))
              : user != op && mayFollow(origin, user, op);
      if (live) {
        return true;
      }
    }
    return false;
  }

  /** Whether {@code later} may run after {@code op} in the life of one instance of the value. */
  private boolean mayFollow(Value origin, Op later, Op op) {
    boolean found = false;
    for (Op outer = op; outer != null; outer = owners.get(parents.get(outer))) {
      if (outer != op
          && isLoop(outer)
          && !isInside(blocks.get(origin), outer)
          && isInside(parents.get(later), outer)) {
        return true;
      }
      if (!found && isWithin(parents.get(later), parents.get(outer))) {
        found = true;
        Op sibling = ancestorIn(parents.get(outer), later);
        if (sibling != outer && starts.get(sibling) > starts.get(outer)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean isLoop(Op op) {
    return op instanceof ControlOp.For || op instanceof ControlOp.While;
  }

  private boolean isInside(Block block, Op owner) {
    for (Block at = block; at != null; ) {
      Op up = owners.get(at);
      if (up == owner) {
        return true;
      }
      at = up == null ? null : parents.get(up);
    }
    return false;
  }

  private boolean isWithin(Block block, Block outer) {
    for (Block at = block; at != null; ) {
      if (at == outer) {
        return true;
      }
      Op up = owners.get(at);
      at = up == null ? null : parents.get(up);
    }
    return false;
  }

  /**
   * The kernel parameter that a pointer (or a tile of pointers) was made from; empty where it is
   * not known.
   */
  Optional<Value> root(Value pointer) {
    return origin(pointer).filter(parameters::contains);
  }

  /**
   * Likewise; or the address that it was made from, as a pointer, if the kernel read it from memory
   * ({@code tl.load(table).to(tl.pointer_type(..))}).
   */
  Optional<Value> origin(Value pointer) {
    return Optional.ofNullable(rootOf(pointer));
  }

  private boolean isOrigin(Value pointer) {
    return parameters.contains(pointer) || isAddress(pointer);
  }

  private boolean isAddress(Value pointer) {
    return !pointer.type().isTile()
        && definitions.get(pointer) instanceof ElementwiseOp.Cast cast
        && cast.kind() == CastKind.INTTOPTR
        && definitions.get(cast.operand()) instanceof MemoryOp.Load;
  }

  private Value rootOf(Value pointer) {
    if (isOrigin(pointer)) {
      return pointer;
    }
    if (carriedIn.containsKey(pointer)) {
      return carriedRoot(pointer);
    }
    return switch (definitions.get(pointer)) {
      case ElementwiseOp.AddPtr op -> rootOf(op.pointer());
      case ElementwiseOp.Hint op -> rootOf(op.operand());
      case ElementwiseOp.Cast op when op.operand().type().isPointer() -> rootOf(op.operand());
      case ShapeOp.Splat op -> rootOf(op.operand());
      case ShapeOp.Broadcast op -> rootOf(op.operand());
      case ShapeOp.ExpandDims op -> rootOf(op.operand());
      case ShapeOp.Reshape op -> rootOf(op.operand());
      case ShapeOp.Permute op -> rootOf(op.operand());
      case null, default -> null;
    };
  }

  /** A carried pointer keeps its root if what the loop yields is made from it again. */
  private Value carriedRoot(Value pointer) {
    ControlOp.For loop = carriedIn.get(pointer);
    int i = Math.max(loop.carried().indexOf(pointer), loop.results().indexOf(pointer));
    boolean keeps = comesFrom(loop.body().terminator().operands().get(i), loop.carried().get(i));
    return keeps ? rootOf(loop.inits().get(i)) : null;
  }

  private boolean comesFrom(Value value, Value carried) {
    if (value.equals(carried)) {
      return true;
    }
    return switch (definitions.get(value)) {
      case ElementwiseOp.AddPtr op -> comesFrom(op.pointer(), carried);
      case ElementwiseOp.Hint op -> comesFrom(op.operand(), carried);
      case ControlOp.For loop -> {
        int i = loop.results().indexOf(value);
        yield comesFrom(loop.inits().get(i), carried)
            && comesFrom(loop.body().terminator().operands().get(i), loop.carried().get(i));
      }
      case null, default -> false;
    };
  }

  /** The parameters by which the kernel writes; empty if it writes by unknown pointers. */
  Optional<Set<Value>> writtenParameters() {
    Set<Value> written = new LinkedHashSet<>();
    for (Op effect : effects) {
      Optional<Value> pointer = writtenBy(effect);
      Optional<Value> root = pointer.flatMap(this::root);
      if (pointer.isPresent() && root.isEmpty()) {
        return Optional.empty();
      }
      root.ifPresent(written::add);
    }
    return Optional.of(written);
  }

  private static Optional<Value> writtenBy(Op effect) {
    return switch (effect) {
      case MemoryOp.Store op -> Optional.of(op.pointer());
      case MemoryOp.AtomicRmw op -> Optional.of(op.pointer());
      case MemoryOp.AtomicCas op -> Optional.of(op.pointer());
      default -> Optional.empty();
    };
  }

  /** Whether memory that a load reads may be written before its last use. */
  boolean isOverwritten(MemoryOp.Load load) {
    int from = starts.get(load);
    int until = lastUse(load.result());
    for (Op effect : effects) {
      int at = starts.get(effect);
      if (at > from && at < until && mayWrite(effect, load)) {
        return true;
      }
    }
    return false;
  }

  private boolean mayWrite(Op effect, MemoryOp.Load load) {
    return switch (effect) {
      case MemoryOp.Store op -> mayTouch(op.pointer(), load, effect);
      case MemoryOp.AtomicRmw op ->
          !op.semantics().equals("relaxed") || mayTouch(op.pointer(), load, effect);
      case MemoryOp.AtomicCas op ->
          !op.semantics().equals("relaxed") || mayTouch(op.pointer(), load, effect);
      default -> false;
    };
  }

  private boolean mayTouch(Value pointer, MemoryOp.Load load, Op effect) {
    Optional<Value> written = origin(pointer);
    Optional<Value> read = origin(load.pointer());
    if (written.isEmpty() || read.isEmpty() || written.equals(read)) {
      return true;
    }
    if (parameters.contains(written.get()) != parameters.contains(read.get())) {
      return true;
    }
    return pointer.type().pointee().bytes() == load.pointer().type().pointee().bytes()
        && (parents.get(effect) != parents.get(load)
            || sameOffset(pointer, load.pointer(), new HashSet<>()));
  }

  /** Whether two pointers may be made by the same offsets from their parameters. */
  private boolean sameOffset(Value left, Value right, Set<List<Value>> compared) {
    boolean isPointer = left.type().isPointer();
    if (left.equals(right) || (isPointer && isOrigin(left) && isOrigin(right))) {
      return left.equals(right) || right.type().isPointer();
    }
    if (!compared.add(List.of(left, right))) {
      return true;
    }
    Op l = definitions.get(left);
    Op r = definitions.get(right);
    if (l == null && r == null) {
      // Scalars that are known at run time only, such as the strides of two arrays, may be equal.
      return !isPointer && left.type().equals(right.type());
    }
    if (l == null || r == null || l.getClass() != r.getClass()) {
      return false;
    }
    boolean sameKind =
        switch (l) {
          case ElementwiseOp.Binary op -> op.kind() == ((ElementwiseOp.Binary) r).kind();
          case ElementwiseOp.Cast op -> op.kind() == ((ElementwiseOp.Cast) r).kind();
          case ElementwiseOp.Constant op -> op.value().equals(((ElementwiseOp.Constant) r).value());
          case ElementwiseOp.AddPtr op -> true;
          case ElementwiseOp.Hint op -> true;
          case ElementwiseOp.ProgramId op -> op.axis() == ((ElementwiseOp.ProgramId) r).axis();
          case ShapeOp.MakeRange op -> op.start() == ((ShapeOp.MakeRange) r).start();
          case ShapeOp.ExpandDims op -> op.axis() == ((ShapeOp.ExpandDims) r).axis();
          case ShapeOp.Permute op -> op.order().equals(((ShapeOp.Permute) r).order());
          case ShapeOp.Splat op -> true;
          case ShapeOp.Broadcast op -> true;
          case ShapeOp.Reshape op -> true;
          default -> false;
        };
    if (!sameKind || !left.shape().equals(right.shape())) {
      return false;
    }
    for (int i = 0; i < l.operands().size(); i++) {
      if (!sameOffset(l.operands().get(i), r.operands().get(i), compared)) {
        return false;
      }
    }
    return true;
  }
}
