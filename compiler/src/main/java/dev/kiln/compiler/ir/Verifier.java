package dev.kiln.compiler.ir;

import dev.kiln.compiler.diagnostics.Location;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Checks the invariants of tile IR. Every pass may rely on them and must keep them:
 *
 * <p>Functions and blocks
 *
 * <ol>
 *   <li>The block parameters of a function's body are the values of its parameters, in order; each
 *       has the type that its dtype and pointer-ness say; names differ; divisibilities are powers
 *       of two.
 *   <li>The body of a function ends in {@code return}; the first block of a {@code while} in {@code
 *       condition}; every other block in {@code yield}. Terminators stand nowhere else.
 *   <li>A value is defined once, by one operation or as one block parameter.
 *   <li>A value is used only where its definition dominates: later in the same block, or in a block
 *       nested there. Values of a nested block are not seen outside it.
 *   <li>The blocks of {@code reduce}, {@code scan} and {@code map_elementwise} use no value from
 *       outside.
 * </ol>
 *
 * <p>Types
 *
 * <ol start="6">
 *   <li>No dtype is unsigned; elements of tiles are scalars or pointers; tiles have rank 1 to 8,
 *       extents that are powers of two, and at most 2^20 elements.
 *   <li>Operands and results of each operation have the types that its Javadoc states; see {@link
 *       OperandRules} and {@link BlockRules} for the list.
 *   <li>Masks are {@code i1} of the shape of the pointers that they guard.
 *   <li>A constant is a {@link Long} that its integer type holds, sign-extended ({@code i1}: 0 or
 *       1), or a {@link Double} that its float type holds exactly.
 *   <li>What a block takes and yields agrees with its operation: {@code for} carries values of the
 *       types of its results, inits, parameters and yields; both blocks of {@code if} yield the
 *       types of its results and take nothing; the second block of a {@code while} takes what the
 *       condition forwards, and yields what the first takes; combine blocks take the elements of
 *       the inputs twice and yield them once.
 * </ol>
 */
public final class Verifier {
  /** The most elements that a tile may have. */
  public static final int MAX_ELEMENTS = 1 << 20;

  private static final int MAX_RANK = 8;
  private static final int MAX_PROBLEMS = 20;

  /**
   * A broken invariant.
   *
   * @param op the text of the operation, without nested blocks
   */
  public record Problem(Location loc, String op, String message) {
    @Override
    public String toString() {
      return (loc.isKnown() ? loc + ": " : "") + (op.isEmpty() ? "" : "`" + op + "`: ") + message;
    }
  }

  private final TileFunction function;
  private final List<Problem> problems = new ArrayList<>();
  private final Set<Value> visible = new HashSet<>();
  private final Map<Value, Boolean> defined = new HashMap<>();
  private final Set<Type> goodTypes = new HashSet<>();
  private ValueNames names;

  private Verifier(TileFunction function) {
    this.function = function;
  }

  /** What is wrong with a function, in the order of its text; at most twenty problems. */
  public static List<Problem> problems(TileFunction function) {
    var verifier = new Verifier(function);
    verifier.function();
    return verifier.problems;
  }

  /**
   * Returns if the function keeps every invariant.
   *
   * @throws VerificationException naming each broken invariant, with the operation and its location
   */
  public static void verify(TileFunction function) {
    List<Problem> problems = problems(function);
    if (!problems.isEmpty()) {
      throw new VerificationException(function.name(), problems);
    }
  }

  private void problem(Location loc, String op, String message) {
    var problem = new Problem(loc, op, message);
    boolean isNew = problems.isEmpty() || !problems.getLast().equals(problem);
    if (isNew && problems.size() < MAX_PROBLEMS) {
      problems.add(problem);
    }
  }

  private void problem(Op op, String message) {
    if (names == null) {
      names = ValueNames.of(function);
    }
    problem(op.loc(), Printer.head(op, names), message);
  }

  private String name(Value value) {
    if (names == null) {
      names = ValueNames.of(function);
    }
    return names.of(value);
  }

  private void function() {
    List<Value> params = function.params().stream().map(TileFunction.Param::value).toList();
    if (!params.equals(function.body().params())) {
      problem(function.loc(), "", "the body's block parameters are not the function's parameters");
    }
    var paramNames = new HashSet<String>();
    for (TileFunction.Param param : function.params()) {
      param(param);
      if (!paramNames.add(param.name())) {
        problem(function.loc(), "", "two parameters are named '" + param.name() + "'");
      }
    }
    block(function.body(), null);
  }

  private void param(TileFunction.Param param) {
    Type type = param.value().type();
    Type expected =
        type instanceof Type.Pointer ? Type.pointer(param.dtype()) : Type.scalar(param.dtype());
    if (!type.equals(expected)) {
      problem(
          function.loc(),
          "",
          "parameter '" + param.name() + "' of " + param.dtype() + " has a value of type " + type);
    }
    if (param.divisibility() < 1 || Integer.bitCount(param.divisibility()) != 1) {
      problem(
          function.loc(),
          "",
          "the divisibility "
              + param.divisibility()
              + " of '"
              + param.name()
              + "' is not a power of two");
    }
  }

  /** Checks a block; {@code owner} is the operation that holds it, or null for the body. */
  private void block(Block block, Op owner) {
    var local = new ArrayList<Value>(block.params());
    block.params().forEach(param -> define(param, owner));
    if (block.ops().isEmpty()) {
      missingTerminator(owner);
      return;
    }
    Op last = block.ops().getLast();
    for (Op op : block.ops()) {
      if (op == last) {
        terminator(op, owner);
      } else if (op.isTerminator()) {
        problem(op, "a terminator stands before the end of its block");
      }
      operands(op);
      nested(op);
      op.results().forEach(result -> define(result, op));
      local.addAll(op.results());
    }
    local.forEach(visible::remove);
  }

  private void missingTerminator(Op owner) {
    if (owner == null) {
      problem(function.loc(), "", "the body has no terminator");
    } else {
      problem(owner, "a nested block has no terminator");
    }
  }

  private void terminator(Op last, Op owner) {
    if (owner == null) {
      if (!(last instanceof ControlOp.Return)) {
        problem(last, "the body of a function ends in return");
      }
      return;
    }
    boolean isBefore =
        owner instanceof ControlOp.While loop
            && !loop.before().ops().isEmpty()
            && loop.before().terminator() == last;
    if (isBefore && !(last instanceof ControlOp.Condition)) {
      problem(last, "the first block of while ends in condition");
    } else if (!isBefore && !(last instanceof ControlOp.Yield)) {
      problem(last, "a nested block ends in yield");
    }
  }

  private void define(Value value, Op by) {
    if (defined.put(value, true) != null) {
      String message = name(value) + " is defined twice";
      if (by == null) {
        problem(function.loc(), "", message);
      } else {
        problem(by, message);
      }
    }
    visible.add(value);
    if (!goodTypes.contains(value.type())) {
      String fault = typeFault(value.type());
      if (fault.isEmpty()) {
        goodTypes.add(value.type());
      } else if (by == null) {
        problem(function.loc(), "", "type " + value.type() + ": " + fault);
      } else {
        problem(by, "type " + value.type() + ": " + fault);
      }
    }
  }

  private static String typeFault(Type type) {
    return switch (type) {
      case Type.Scalar scalar -> dtypeFault(scalar.dtype());
      case Type.Pointer pointer -> dtypeFault(pointer.pointee());
      case Type.Tile tile ->
          tile.element() instanceof Type.Tile
              ? "a tile holds scalars or pointers"
              : shapeFault(tile.shape()) + typeFault(tile.element());
    };
  }

  private static String dtypeFault(DType dtype) {
    return dtype.isUnsigned() ? "tile IR has no unsigned types" : "";
  }

  private static String shapeFault(Shape shape) {
    if (shape.rank() < 1 || shape.rank() > MAX_RANK) {
      return "a tile has rank 1 to " + MAX_RANK;
    }
    long size = 1;
    for (int axis = 0; axis < shape.rank(); axis++) {
      if (shape.dim(axis) < 1 || Integer.bitCount(shape.dim(axis)) != 1) {
        return "the extents of a tile are powers of two";
      }
      size = Math.min(size * shape.dim(axis), Integer.MAX_VALUE);
    }
    return size > MAX_ELEMENTS ? "a tile has at most 2^20 elements" : "";
  }

  private void operands(Op op) {
    boolean seen = true;
    for (Value operand : op.operands()) {
      if (!visible.contains(operand)) {
        seen = false;
        problem(op, name(operand) + " is not defined where it is used");
      }
    }
    if (!seen) {
      return;
    }
    // The rules take well-formed types for granted.
    for (Value operand : op.operands()) {
      if (!goodTypes.contains(operand.type())) {
        return;
      }
    }
    for (Value result : op.results()) {
      if (!goodTypes.contains(result.type()) && !typeFault(result.type()).isEmpty()) {
        return;
      }
    }
    OperandRules.fault(op).ifPresent(message -> problem(op, message));
    BlockRules.fault(op).ifPresent(message -> problem(op, message));
  }

  private void nested(Op op) {
    if (op.blocks().isEmpty()) {
      return;
    }
    if (!(op instanceof ComputeOp)) {
      op.blocks().forEach(block -> block(block, op));
      return;
    }
    // An isolated block sees nothing of what is outside.
    var outside = new HashSet<>(visible);
    visible.clear();
    op.blocks().forEach(block -> block(block, op));
    visible.clear();
    visible.addAll(outside);
  }
}
