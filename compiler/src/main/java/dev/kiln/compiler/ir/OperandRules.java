package dev.kiln.compiler.ir;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;

/**
 * Which types the operands and results of each operation have. "Same type" means equal element and
 * shape.
 *
 * <table>
 * <caption>Types of operands and results</caption>
 * <tr><td>{@code constant}</td><td>a number that the element type holds; see {@link Verifier}</td></tr>
 * <tr><td>unary</td><td>operand and result of same type, in the kind's domain; {@code clz} and
 *     {@code popc} give {@code i32}; {@code clz}, {@code popc}, {@code brev} take {@code i32} or
 *     {@code i64}; on floats narrower than {@code fp32} only {@code neg} and {@code abs}</td></tr>
 * <tr><td>binary</td><td>operands and result of same type, in the kind's domain; {@code mulhu},
 *     {@code mulhs} take {@code i32} or {@code i64}</td></tr>
 * <tr><td>{@code cmp}</td><td>operands of same type, result {@code i1} of their shape; unsigned
 *     comparisons not for floats</td></tr>
 * <tr><td>{@code fma}</td><td>floats of same type</td></tr>
 * <tr><td>{@code select}</td><td>{@code i1} of the shape, two of the result's type</td></tr>
 * <tr><td>casts</td><td>equal shapes; elements as {@link CastKind} says</td></tr>
 * <tr><td>{@code addptr}</td><td>a pointer of the result's type, {@code i32} or {@code i64} of its
 *     shape</td></tr>
 * <tr><td>{@code hint}</td><td>an integer or pointer of the result's type, one positive number per
 *     axis (one for a scalar)</td></tr>
 * <tr><td>{@code program_id}, {@code num_programs}</td><td>axis 0 to 2, {@code i32}</td></tr>
 * <tr><td>shape operations</td><td>the element type stays; shapes as {@link ShapeOp} says</td></tr>
 * <tr><td>{@code load}, {@code store}, atomics</td><td>values of the pointee's dtype and the
 *     pointer's shape</td></tr>
 * <tr><td>{@code dot}</td><td>{@code M x K} times {@code K x N} plus {@code M x N}, all with one
 *     batch extent in front or none; {@code i8} with {@code i32}, floats with {@code fp16} to {@code
 *     fp64}</td></tr>
 * <tr><td>{@code reduce}, {@code scan}, {@code map_elementwise}</td><td>inputs of one shape; as many
 *     results of the input types, without the axis for {@code reduce}</td></tr>
 * <tr><td>{@code histogram}</td><td>{@code i32} of rank 1 to {@code i32} of rank 1</td></tr>
 * <tr><td>{@code for}</td><td>bounds and step of one integer type</td></tr>
 * <tr><td>{@code if}, {@code condition}</td><td>a scalar {@code i1}</td></tr>
 * </table>
 */
final class OperandRules {
  private OperandRules() {}

  /** What is wrong with the operation's operands and results, apart from nested blocks. */
  static Optional<String> fault(Op op) {
    return switch (op) {
      case ElementwiseOp elementwise -> elementwise(elementwise);
      case ShapeOp shape -> ShapeRules.fault(shape);
      case MemoryOp memory -> memory(memory);
      case ComputeOp compute -> compute(compute);
      case ControlOp control -> control(control);
    };
  }

  static Optional<String> require(boolean holds, String otherwise) {
    return holds ? Optional.empty() : Optional.of(otherwise);
  }

  private static boolean same(Value a, Value b) {
    return a.type().equals(b.type());
  }

  private static boolean isMaskFor(Value mask, Value value) {
    return mask.type().equals(value.type().withDType(DType.I1));
  }

  private static Optional<String> elementwise(ElementwiseOp op) {
    return switch (op) {
      case ElementwiseOp.Constant constant -> constant(constant);
      case ElementwiseOp.Unary unary -> unary(unary);
      case ElementwiseOp.Binary binary -> binary(binary);
      case ElementwiseOp.Compare compare -> compare(compare);
      case ElementwiseOp.Fma fma ->
          require(
              isFloat(fma.a())
                  && same(fma.a(), fma.b())
                  && same(fma.a(), fma.c())
                  && same(fma.a(), fma.result()),
              "fma takes and gives floats of one type");
      case ElementwiseOp.Select select ->
          require(
              same(select.whenTrue(), select.whenFalse())
                  && same(select.whenTrue(), select.result())
                  && isMaskFor(select.condition(), select.result()),
              "select takes a condition of i1 and two values of the result's type, all of one"
                  + " shape");
      case ElementwiseOp.Cast cast -> cast(cast);
      case ElementwiseOp.AddPtr add ->
          require(
              add.pointer().type().isPointer()
                  && same(add.pointer(), add.result())
                  && isIndex(add.offset())
                  && add.offset().shape().equals(add.pointer().shape()),
              "addptr takes pointers of the result's type and i32 or i64 offsets of their shape");
      case ElementwiseOp.Hint hint ->
          require(
              same(hint.operand(), hint.result())
                  && !isFloat(hint.operand())
                  && hint.values().size() == Math.max(1, hint.result().shape().rank())
                  && hint.values().stream().allMatch(v -> v > 0),
              "hint promises one positive number for each axis of integers or pointers");
      case ElementwiseOp.ProgramId id -> programAxis(id.axis(), id.result());
      case ElementwiseOp.NumPrograms number -> programAxis(number.axis(), number.result());
    };
  }

  private static Optional<String> programAxis(int axis, Value result) {
    return require(
        axis >= 0 && axis <= 2 && result.type().equals(Type.scalar(DType.I32)),
        "program axes are 0 to 2, the result is i32");
  }

  private static boolean isFloat(Value value) {
    return value.dtype().isFloat();
  }

  private static boolean isInteger(Value value) {
    return !value.type().isPointer() && value.dtype().isInteger();
  }

  private static boolean isIndex(Value value) {
    return isInteger(value) && is32Or64(value.dtype());
  }

  private static boolean is32Or64(DType dtype) {
    return dtype == DType.I32 || dtype == DType.I64;
  }

  private static Optional<String> constant(ElementwiseOp.Constant op) {
    DType dtype = op.result().dtype();
    boolean holds =
        switch (op.value()) {
          case Double number -> dtype.isFloat() && FloatLiterals.holds(dtype, number);
          case Long number -> dtype.isInteger() && holds(dtype, number);
          default -> false;
        };
    return require(
        holds, "the number " + op.value() + " is not one that " + dtype + " holds exactly");
  }

  private static boolean holds(DType dtype, long value) {
    int unused = 64 - dtype.bits();
    return dtype == DType.I1 ? (value & ~1L) == 0 : value << unused >> unused == value;
  }

  private static Optional<String> unary(ElementwiseOp.Unary op) {
    DType dtype = op.operand().dtype();
    boolean counts = op.kind() == UnaryKind.CLZ || op.kind() == UnaryKind.POPC;
    Type expected = counts ? op.operand().type().withDType(DType.I32) : op.operand().type();
    if (op.operand().type().isPointer() || !op.result().type().equals(expected)) {
      return Optional.of(
          op.mnemonic()
              + " of "
              + op.operand().type()
              + " gives "
              + expected
              + ", not "
              + op.result().type());
    }
    boolean inDomain =
        switch (op.kind().domain()) {
          case NUMBER -> true;
          case INTEGER -> dtype.isInteger();
          case FLOAT -> dtype.bits() >= 32 && dtype.isFloat();
        };
    boolean widthFits = !(counts || op.kind() == UnaryKind.BREV) || is32Or64(dtype);
    return require(inDomain && widthFits, op.mnemonic() + " does not apply to " + dtype);
  }

  private static Optional<String> binary(ElementwiseOp.Binary op) {
    if (op.left().type().isPointer()
        || !same(op.left(), op.right())
        || !same(op.left(), op.result())) {
      return Optional.of(
          "operands and result have one number type, not "
              + op.left().type()
              + ", "
              + op.right().type()
              + " and "
              + op.result().type());
    }
    DType dtype = op.result().dtype();
    boolean inDomain =
        switch (op.kind().domain()) {
          case NUMBER -> true;
          case INTEGER -> dtype.isInteger();
          case FLOAT -> dtype.isFloat();
        };
    boolean isHighProduct = op.kind() == BinaryKind.MULHU || op.kind() == BinaryKind.MULHS;
    return require(
        inDomain && (!isHighProduct || is32Or64(dtype)),
        op.mnemonic() + " does not apply to " + dtype);
  }

  private static Optional<String> compare(ElementwiseOp.Compare op) {
    if (!same(op.left(), op.right()) || !isMaskFor(op.result(), op.left())) {
      return Optional.of("cmp takes two values of one type and gives i1 of their shape");
    }
    boolean isUnsigned =
        switch (op.kind()) {
          case ULT, ULE, UGT, UGE -> true;
          case EQ, NE, LT, LE, GT, GE -> false;
        };
    return require(
        !isUnsigned || !isFloat(op.left()), "unsigned comparisons do not apply to floats");
  }

  private static Optional<String> cast(ElementwiseOp.Cast op) {
    Type from = op.operand().type();
    Type to = op.result().type();
    DType source = from.dtype();
    DType target = to.dtype();
    boolean integers = isInteger(op.operand()) && isInteger(op.result());
    boolean floats = source.isFloat() && target.isFloat();
    boolean holds =
        switch (op.kind()) {
          case EXTS, EXTU -> integers && target.bits() > source.bits();
          case TRUNC -> integers && target.bits() < source.bits();
          case FPEXT -> floats && FloatLiterals.holdsAll(target, source) && target != source;
          case FPTRUNC -> floats && target.bits() <= source.bits() && target != source;
          case FPTRUNC_RTZ -> floats && target.bits() < source.bits();
          case SITOFP, UITOFP -> isInteger(op.operand()) && target.isFloat();
          case FPTOSI, FPTOUI -> source.isFloat() && isInteger(op.result());
          case BITCAST -> from.isPointer() == to.isPointer() && source.bits() == target.bits();
          case PTRTOINT -> from.isPointer() && !to.isPointer() && target == DType.I64;
          case INTTOPTR -> !from.isPointer() && source == DType.I64 && to.isPointer();
        };
    return require(
        holds && from.shape().equals(to.shape()),
        op.mnemonic() + " does not convert " + from + " to " + to);
  }

  private static Optional<String> mask(Optional<Value> mask, Value pointer) {
    return require(
        mask.isEmpty() || isMaskFor(mask.get(), pointer),
        "the mask is not i1 of the pointer's shape");
  }

  private static Type pointed(Value pointer) {
    return pointer.type().withDType(pointer.type().pointee());
  }

  private static Optional<String> memory(MemoryOp op) {
    return switch (op) {
      case MemoryOp.Load load ->
          access(load.pointer(), load.result(), load.mask())
              .or(
                  () ->
                      require(
                          load.other().isEmpty() || same(load.other().get(), load.result()),
                          "other has not the type of the result"))
              .or(() -> load.block().flatMap(block -> block(block, load.result())));
      case MemoryOp.Store store ->
          access(store.pointer(), store.value(), store.mask())
              .or(() -> store.block().flatMap(block -> block(block, store.value())));
      case MemoryOp.AtomicRmw atomic -> atomicRmw(atomic);
      case MemoryOp.AtomicCas atomic ->
          access(atomic.pointer(), atomic.value(), Optional.empty())
              .or(
                  () ->
                      require(
                          same(atomic.value(), atomic.expected())
                              && same(atomic.value(), atomic.result()),
                          "atomic_cas takes two values of the result's type"));
      case MemoryOp.Barrier barrier -> Optional.empty();
      case MemoryOp.Print print ->
          require(
              print.signed().size() == print.operands().size(),
              "print tells for each operand whether it is signed");
      case MemoryOp.Assert check ->
          require(check.condition().dtype() == DType.I1, "assert takes an i1")
              .or(() -> mask(check.mask(), check.condition()));
      case MemoryOp.Assume assume ->
          require(
              assume.condition().type().equals(Type.scalar(DType.I1)), "assume takes a scalar i1");
      case MemoryOp.ReadSpecial read ->
          require(
              read.result().type().equals(specialRegister(read.register())),
              "special registers are globaltimer (i64) and smid (i32)");
    };
  }

  private static Type specialRegister(String register) {
    return switch (register) {
      case "globaltimer" -> Type.scalar(DType.I64);
      case "smid" -> Type.scalar(DType.I32);
      default -> Type.pointer(DType.I1);
    };
  }

  private static Optional<String> access(Value pointer, Value value, Optional<Value> mask) {
    if (!pointer.type().isPointer()) {
      return Optional.of("the first operand is not a pointer");
    }
    return require(
            value.type().equals(pointed(pointer)),
            "values of type " + pointed(pointer) + " lie there, not " + value.type())
        .or(() -> mask(mask, pointer));
  }

  private static Optional<String> block(BlockAccess block, Value elements) {
    int rank = elements.type().isTile() ? elements.shape().rank() : 0;
    boolean isComplete =
        rank > 0
            && block.extents().size() == rank
            && block.strides().size() == rank
            && block.offsets().size() == rank;
    return require(isComplete, "a block has an extent, a stride and an offset for each axis")
        .or(
            () ->
                require(
                    block.base().type().equals(Type.pointer(elements.dtype())),
                    "the base of a block is a pointer to its elements"))
        .or(
            () ->
                require(
                    block.extents().stream()
                            .allMatch(v -> isScalar(v, DType.I32) || isScalar(v, DType.I64))
                        && block.strides().stream().allMatch(v -> isScalar(v, DType.I64))
                        && block.offsets().stream().allMatch(v -> isScalar(v, DType.I32)),
                    "extents are i32 or i64, strides i64, offsets i32"));
  }

  private static boolean isScalar(Value value, DType dtype) {
    return value.type().equals(Type.scalar(dtype));
  }

  private static Optional<String> atomicRmw(MemoryOp.AtomicRmw op) {
    boolean isFloat = isFloat(op.value());
    boolean applies =
        switch (op.kind()) {
          case ADD, XCHG -> true;
          case MIN, MAX -> isFloat;
          case MINS, MINU, MAXS, MAXU, AND, OR, XOR -> !isFloat;
        };
    return access(op.pointer(), op.value(), op.mask())
        .or(() -> require(same(op.value(), op.result()), "the result has the type of the value"))
        .or(
            () ->
                require(
                    applies, op.kind().mnemonic() + " does not apply to " + op.value().dtype()));
  }

  private static Optional<String> compute(ComputeOp op) {
    return switch (op) {
      case ComputeOp.Dot dot -> dot(dot);
      case ComputeOp.Reduce reduce -> alongAxis(reduce, reduce.axis(), true);
      case ComputeOp.Scan scan -> alongAxis(scan, scan.axis(), false);
      case ComputeOp.MapElementwise map -> mapElementwise(map);
      case ComputeOp.InlineAsm asm -> inlineAsm(asm);
      case ComputeOp.Histogram histogram ->
          require(
                  isBins(histogram.operand()) && isBins(histogram.result()),
                  "histogram takes and gives i32 of rank 1")
              .or(() -> mask(histogram.mask(), histogram.operand()));
    };
  }

  private static boolean isBins(Value value) {
    return isInteger(value) && value.dtype() == DType.I32 && value.shape().rank() == 1;
  }

  private static Optional<String> dot(ComputeOp.Dot op) {
    Shape a = op.a().shape();
    Shape b = op.b().shape();
    Shape acc = op.acc().shape();
    int rank = acc.rank();
    boolean ranks = (rank == 2 || rank == 3) && a.rank() == rank && b.rank() == rank;
    boolean shapes =
        ranks
            && a.dim(rank - 2) == acc.dim(rank - 2)
            && b.dim(rank - 1) == acc.dim(rank - 1)
            && a.dim(rank - 1) == b.dim(rank - 2)
            && (rank == 2 || (a.dim(0) == acc.dim(0) && b.dim(0) == acc.dim(0)));
    if (!shapes || !same(op.acc(), op.result())) {
      return Optional.of("dot takes MxK, KxN and MxN, not " + a + ", " + b + " and " + acc);
    }
    DType sum = op.acc().dtype();
    boolean ints = op.a().dtype() == DType.I8 && op.b().dtype() == DType.I8 && sum == DType.I32;
    boolean floats = isFloat(op.a()) && isFloat(op.b()) && sum.isFloat() && sum.bits() >= 16;
    return require(
        ints || floats,
        "dot does not sum products of " + op.a().dtype() + " and " + op.b().dtype() + " in " + sum);
  }

  private static Optional<String> alongAxis(Op op, int axis, boolean removesAxis) {
    List<Value> inputs = op.operands();
    if (inputs.isEmpty() || inputs.size() != op.results().size()) {
      return Optional.of(op.mnemonic() + " has one result for each of at least one input");
    }
    Shape shape = inputs.getFirst().shape();
    if (axis < 0 || axis >= shape.rank()) {
      return Optional.of("axis " + axis + " is not one of shape " + shape);
    }
    for (int i = 0; i < inputs.size(); i++) {
      Type input = inputs.get(i).type();
      Type expected = removesAxis ? input.withShape(input.shape().remove(axis)) : input;
      if (!input.shape().equals(shape) || !op.results().get(i).type().equals(expected)) {
        return Optional.of(
            op.mnemonic()
                + " of "
                + input
                + " gives "
                + expected
                + ", and all inputs have one"
                + " shape");
      }
    }
    return Optional.empty();
  }

  private static Optional<String> mapElementwise(ComputeOp.MapElementwise op) {
    if (op.inputs().isEmpty() || op.results().isEmpty()) {
      return Optional.of("map_elementwise has at least one input and one result");
    }
    var shapes = new HashSet<Shape>();
    op.inputs().forEach(v -> shapes.add(v.shape()));
    op.results().forEach(v -> shapes.add(v.shape()));
    int size = op.inputs().getFirst().shape().size();
    return require(
        shapes.size() == 1 && op.pack() > 0 && size % op.pack() == 0,
        "inputs and results have one shape, and pack divides its size");
  }

  private static Optional<String> inlineAsm(ComputeOp.InlineAsm op) {
    if (op.results().isEmpty()) {
      return Optional.of("inline_asm has at least one result");
    }
    var shapes = new HashSet<Shape>();
    op.inputs().forEach(v -> shapes.add(v.shape()));
    op.results().forEach(v -> shapes.add(v.shape()));
    return require(shapes.size() == 1, "inputs and results have one shape")
        .or(
            () ->
                op.constraints()
                    .fault(
                        op.results().stream().map(Value::type).toList(),
                        op.inputs().stream().map(Value::type).toList(),
                        op.pack()));
  }

  private static Optional<String> control(ControlOp op) {
    return switch (op) {
      case ControlOp.For loop ->
          require(
              same(loop.lower(), loop.upper())
                  && same(loop.lower(), loop.step())
                  && isInteger(loop.lower())
                  && !loop.lower().type().isTile(),
              "the bounds and the step of for are scalar integers of one type");
      case ControlOp.If branch -> condition(branch.condition());
      case ControlOp.Condition condition -> condition(condition.condition());
      case ControlOp.While loop -> Optional.empty();
      case ControlOp.Yield yield -> Optional.empty();
      case ControlOp.Return ret -> Optional.empty();
    };
  }

  private static Optional<String> condition(Value condition) {
    return require(condition.type().equals(Type.scalar(DType.I1)), "the condition is a scalar i1");
  }
}
