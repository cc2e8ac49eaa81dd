package dev.kiln.compiler.ir;

import dev.kiln.compiler.diagnostics.CompilationException;
import dev.kiln.compiler.diagnostics.Location;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads one operation, with its nested blocks. */
final class OpParser {
  /** Makes the operation when its results' types are known: they stand behind the operands. */
  private interface Make {
    Op op(Location loc, List<Value> results);
  }

  private static final Map<String, BinaryKind> BINARY =
      byMnemonic(BinaryKind.values(), BinaryKind::mnemonic);
  private static final Map<String, UnaryKind> UNARY =
      byMnemonic(UnaryKind.values(), UnaryKind::mnemonic);
  private static final Map<String, CastKind> CAST =
      byMnemonic(CastKind.values(), CastKind::mnemonic);
  private static final Map<String, CompareKind> COMPARE =
      byMnemonic(CompareKind.values(), CompareKind::mnemonic);
  private static final Map<String, MemoryOp.AtomicKind> ATOMIC =
      byMnemonic(MemoryOp.AtomicKind.values(), MemoryOp.AtomicKind::mnemonic);
  private static final Map<String, ComputeOp.Precision> PRECISION =
      byMnemonic(ComputeOp.Precision.values(), ComputeOp.Precision::mnemonic);

  private final Parser parser;
  private final TextCursor cursor;

  OpParser(Parser parser, TextCursor cursor) {
    this.parser = parser;
    this.cursor = cursor;
  }

  private static <T> Map<String, T> byMnemonic(
      T[] all, java.util.function.Function<T, String> mnemonic) {
    var map = new HashMap<String, T>();
    for (T item : all) {
      map.put(mnemonic.apply(item), item);
    }
    return map;
  }

  Op parse() {
    Location start = cursor.location();
    var names = new ArrayList<String>();
    if (cursor.at('%')) {
      do {
        names.add(parser.valueName());
      } while (cursor.accept(','));
      cursor.expect('=');
    }
    Location mnemonicLoc = cursor.location();
    String mnemonic = cursor.word("an operation");
    Make make = operation(mnemonic, mnemonicLoc);
    return finish(make, names, start);
  }

  private Op finish(Make make, List<String> names, Location start) {
    var types = new ArrayList<Type>();
    if (cursor.accept(':')) {
      do {
        types.add(parser.type());
      } while (cursor.accept(','));
    }
    if (types.size() != names.size()) {
      throw CompilationException.at(
          start, "there are " + names.size() + " results, but " + types.size() + " types");
    }
    Location loc = parser.location(start);
    if (make instanceof WithBlocks) {
      // Nested blocks come before the results can be used, and may not use them.
      Op op = make.op(loc, types.stream().map(Value::new).toList());
      return redefine(op, names);
    }
    var results = new ArrayList<Value>();
    for (int i = 0; i < names.size(); i++) {
      results.add(parser.define(names.get(i), types.get(i), cursor));
    }
    return make.op(loc, results);
  }

  private interface WithBlocks extends Make {}

  private Op redefine(Op op, List<String> names) {
    var named = new HashMap<Value, Value>();
    for (int i = 0; i < names.size(); i++) {
      Value result = op.results().get(i);
      named.put(result, parser.define(names.get(i), result.type(), cursor));
    }
    return op.rewrite(
        new Rewriter() {
          @Override
          public Value use(Value operand) {
            return operand;
          }

          @Override
          public Value define(Value result) {
            return named.get(result);
          }

          @Override
          public Block block(Block nested) {
            return nested;
          }
        });
  }

  private Make operation(String mnemonic, Location at) {
    Make make = elementwise(mnemonic);
    make = make != null ? make : shape(mnemonic);
    make = make != null ? make : memory(mnemonic);
    make = make != null ? make : compute(mnemonic);
    make = make != null ? make : control(mnemonic);
    if (make == null) {
      throw CompilationException.at(at, "'" + mnemonic + "' is not an operation");
    }
    return make;
  }

  /** Reads the operands, all of them. */
  private List<Value> operands(int count) {
    Location at = cursor.location();
    List<Value> operands = parser.uses();
    if (operands.size() != count) {
      throw CompilationException.at(
          at, "expected " + count + " operands, found " + operands.size());
    }
    return operands;
  }

  private Optional<Value> keyword(String keyword) {
    return cursor.acceptWord(keyword) ? Optional.of(parser.use()) : Optional.empty();
  }

  private <T> T choice(Map<String, T> choices, String what) {
    Location at = cursor.location();
    String word = cursor.word(what);
    T chosen = choices.get(word);
    if (chosen == null) {
      throw CompilationException.at(at, "expected " + what + ", found '" + word + "'");
    }
    return chosen;
  }

  private static Value only(Location loc, List<Value> results) {
    if (results.size() != 1) {
      throw CompilationException.at(loc, "expected one result, found " + results.size());
    }
    return results.getFirst();
  }

  private static void none(Location loc, List<Value> results) {
    if (!results.isEmpty()) {
      throw CompilationException.at(loc, "this operation has no result");
    }
  }

  private Make elementwise(String mnemonic) {
    switch (mnemonic) {
      case "constant" -> {
        return constant();
      }
      case "cmp" -> {
        CompareKind kind = choice(COMPARE, "a comparison");
        List<Value> v = operands(2);
        return (loc, r) -> new ElementwiseOp.Compare(loc, only(loc, r), kind, v.get(0), v.get(1));
      }
      case "fma" -> {
        List<Value> v = operands(3);
        return (loc, r) -> new ElementwiseOp.Fma(loc, only(loc, r), v.get(0), v.get(1), v.get(2));
      }
      case "select" -> {
        List<Value> v = operands(3);
        return (loc, r) ->
            new ElementwiseOp.Select(loc, only(loc, r), v.get(0), v.get(1), v.get(2));
      }
      case "addptr" -> {
        List<Value> v = operands(2);
        return (loc, r) -> new ElementwiseOp.AddPtr(loc, only(loc, r), v.get(0), v.get(1));
      }
      case "hint" -> {
        return hint();
      }
      case "program_id", "num_programs" -> {
        Attributes attributes = Attributes.parse(cursor);
        int axis = attributes.requiredInteger("axis");
        attributes.finish();
        return (loc, r) ->
            mnemonic.equals("program_id")
                ? new ElementwiseOp.ProgramId(loc, only(loc, r), axis)
                : new ElementwiseOp.NumPrograms(loc, only(loc, r), axis);
      }
      default -> {
        return arithmetic(mnemonic);
      }
    }
  }

  private Make arithmetic(String mnemonic) {
    BinaryKind binary = BINARY.get(mnemonic);
    if (binary != null) {
      List<Value> v = operands(2);
      return (loc, r) -> new ElementwiseOp.Binary(loc, only(loc, r), binary, v.get(0), v.get(1));
    }
    UnaryKind unary = UNARY.get(mnemonic);
    CastKind cast = CAST.get(mnemonic);
    if (unary == null && cast == null) {
      return null;
    }
    Value v = operands(1).getFirst();
    // The mnemonic `trunc` is both: of floats towards zero, of integers to the low bits.
    if (cast == null || (unary != null && v.dtype().isFloat())) {
      return (loc, r) -> new ElementwiseOp.Unary(loc, only(loc, r), unary, v);
    }
    return (loc, r) -> new ElementwiseOp.Cast(loc, only(loc, r), cast, v);
  }

  private Make constant() {
    Location at = cursor.location();
    String text = cursor.numberText();
    String payload = text.equals("nan") && cursor.accept('(') ? cursor.until(')') : "";
    return (loc, r) -> {
      Value result = only(loc, r);
      try {
        return new ElementwiseOp.Constant(loc, result, number(text, payload, result.dtype()));
      } catch (NumberFormatException e) {
        throw CompilationException.at(at, "'" + text + "' is not a number of " + result.type());
      }
    };
  }

  private static Number number(String text, String payload, DType dtype) {
    if (!dtype.isFloat()) {
      return switch (text) {
        case "true" -> 1L;
        case "false" -> 0L;
        default -> Long.valueOf(text);
      };
    }
    return switch (text) {
      case "nan" ->
          payload.isEmpty()
              ? Double.NaN
              : Double.longBitsToDouble(Long.parseUnsignedLong(payload.strip().substring(2), 16));
      case "inf" -> Double.POSITIVE_INFINITY;
      case "-inf" -> Double.NEGATIVE_INFINITY;
      default -> dtype == DType.FP32 ? fp32(text) : Double.parseDouble(text);
    };
  }

  /** The nearest fp32; what is beyond its range stays, for the verifier to refuse. */
  private static double fp32(String text) {
    float nearest = Float.parseFloat(text);
    return Float.isInfinite(nearest) ? Double.parseDouble(text) : nearest;
  }

  private Make hint() {
    Value v = operands(1).getFirst();
    Attributes attributes = Attributes.parse(cursor);
    for (ElementwiseOp.HintKind kind : ElementwiseOp.HintKind.values()) {
      String name = kind.name().toLowerCase(java.util.Locale.ROOT);
      if (attributes.has(name)) {
        List<Integer> promised = attributes.integers(name);
        attributes.finish();
        return (loc, r) -> new ElementwiseOp.Hint(loc, only(loc, r), kind, promised, v);
      }
    }
    throw cursor.error("a hint promises divisibility, contiguity or constancy");
  }

  private Make shape(String mnemonic) {
    int count =
        switch (mnemonic) {
          case "make_range" -> 0;
          case "splat", "unsplat", "expand_dims", "broadcast", "reshape", "permute", "split" -> 1;
          case "join", "cat", "gather" -> 2;
          default -> -1;
        };
    if (count < 0) {
      return null;
    }
    List<Value> v = operands(count);
    Attributes attributes = Attributes.parse(cursor);
    Make make = shape(mnemonic, v, attributes);
    attributes.finish();
    return make;
  }

  private static Make shape(String mnemonic, List<Value> v, Attributes attributes) {
    return switch (mnemonic) {
      case "make_range" -> {
        int start = attributes.requiredInteger("start");
        yield (loc, r) -> new ShapeOp.MakeRange(loc, only(loc, r), start);
      }
      case "splat" -> (loc, r) -> new ShapeOp.Splat(loc, only(loc, r), v.get(0));
      case "unsplat" -> (loc, r) -> new ShapeOp.Unsplat(loc, only(loc, r), v.get(0));
      case "broadcast" -> (loc, r) -> new ShapeOp.Broadcast(loc, only(loc, r), v.get(0));
      case "reshape" -> (loc, r) -> new ShapeOp.Reshape(loc, only(loc, r), v.get(0));
      case "expand_dims" -> {
        int axis = attributes.requiredInteger("axis");
        yield (loc, r) -> new ShapeOp.ExpandDims(loc, only(loc, r), axis, v.get(0));
      }
      case "permute" -> {
        List<Integer> order = attributes.integers("order");
        yield (loc, r) -> new ShapeOp.Permute(loc, only(loc, r), order, v.get(0));
      }
      case "split" ->
          (loc, r) -> {
            if (r.size() != 2) {
              throw CompilationException.at(loc, "expected two results, found " + r.size());
            }
            return new ShapeOp.Split(loc, r.get(0), r.get(1), v.get(0));
          };
      case "join" -> (loc, r) -> new ShapeOp.Join(loc, only(loc, r), v.get(0), v.get(1));
      case "cat" -> {
        int axis = attributes.requiredInteger("axis");
        yield (loc, r) -> new ShapeOp.Cat(loc, only(loc, r), axis, v.get(0), v.get(1));
      }
      default -> {
        int axis = attributes.requiredInteger("axis");
        yield (loc, r) -> new ShapeOp.Gather(loc, only(loc, r), axis, v.get(0), v.get(1));
      }
    };
  }

  private Make memory(String mnemonic) {
    return switch (mnemonic) {
      case "load" -> load();
      case "store" -> store();
      case "atomic_rmw" -> atomicRmw();
      case "atomic_cas" -> atomicCas();
      case "barrier" ->
          (loc, r) -> {
            none(loc, r);
            return new MemoryOp.Barrier(loc);
          };
      case "print" -> print();
      case "assert" -> check();
      case "assume" -> {
        Value condition = operands(1).getFirst();
        yield (loc, r) -> {
          none(loc, r);
          return new MemoryOp.Assume(loc, condition);
        };
      }
      case "read_special" -> {
        Attributes attributes = Attributes.parse(cursor);
        String register = attributes.requiredString("register");
        attributes.finish();
        yield (loc, r) -> new MemoryOp.ReadSpecial(loc, only(loc, r), register);
      }
      default -> null;
    };
  }

  private MemoryOp.CacheHints cacheHints() {
    Attributes attributes = Attributes.parse(cursor);
    var hints =
        new MemoryOp.CacheHints(
            attributes.string("cache").orElse(""),
            attributes.string("evict").orElse(""),
            attributes.flag("volatile"));
    attributes.finish();
    return hints.equals(MemoryOp.CacheHints.NONE) ? MemoryOp.CacheHints.NONE : hints;
  }

  private Make load() {
    Value pointer = operands(1).getFirst();
    Optional<Value> mask = keyword("mask");
    Optional<Value> other = keyword("other");
    Optional<BlockAccess> block = block();
    MemoryOp.CacheHints hints = cacheHints();
    return (loc, r) -> new MemoryOp.Load(loc, only(loc, r), pointer, mask, other, hints, block);
  }

  private Make store() {
    List<Value> v = operands(2);
    Optional<Value> mask = keyword("mask");
    Optional<BlockAccess> block = block();
    MemoryOp.CacheHints hints = cacheHints();
    return (loc, r) -> {
      none(loc, r);
      return new MemoryOp.Store(loc, v.get(0), v.get(1), mask, hints, block);
    };
  }

  /** {@code block aligned %base extents (..) strides (..) at (..)}, if it is there. */
  private Optional<BlockAccess> block() {
    if (!cursor.acceptWord("block")) {
      return Optional.empty();
    }
    boolean isAligned = cursor.acceptWord("aligned");
    Value base = parser.use();
    List<Value> extents = group("extents");
    List<Value> strides = group("strides");
    return Optional.of(new BlockAccess(base, extents, strides, group("at"), isAligned));
  }

  private List<Value> group(String keyword) {
    cursor.expectWord(keyword);
    cursor.expect('(');
    List<Value> values = new ArrayList<>();
    do {
      values.add(parser.use());
    } while (cursor.accept(','));
    cursor.expect(')');
    return values;
  }

  private Make atomicRmw() {
    MemoryOp.AtomicKind kind = choice(ATOMIC, "an atomic operation");
    List<Value> v = operands(2);
    Optional<Value> mask = keyword("mask");
    Attributes attributes = Attributes.parse(cursor);
    String semantics = attributes.requiredString("sem");
    String scope = attributes.requiredString("scope");
    attributes.finish();
    return (loc, r) ->
        new MemoryOp.AtomicRmw(loc, only(loc, r), kind, v.get(0), v.get(1), mask, semantics, scope);
  }

  private Make atomicCas() {
    List<Value> v = operands(3);
    Attributes attributes = Attributes.parse(cursor);
    String semantics = attributes.requiredString("sem");
    String scope = attributes.requiredString("scope");
    attributes.finish();
    return (loc, r) ->
        new MemoryOp.AtomicCas(loc, only(loc, r), v.get(0), v.get(1), v.get(2), semantics, scope);
  }

  private Make print() {
    List<Value> v = parser.uses();
    Attributes attributes = Attributes.parse(cursor);
    String prefix = attributes.requiredString("prefix");
    boolean hex = attributes.flag("hex");
    List<Boolean> signed = attributes.booleans("signed");
    attributes.finish();
    return (loc, r) -> {
      none(loc, r);
      return new MemoryOp.Print(loc, prefix, hex, signed, v);
    };
  }

  private Make check() {
    Value condition = operands(1).getFirst();
    Optional<Value> mask = keyword("mask");
    Attributes attributes = Attributes.parse(cursor);
    String message = attributes.requiredString("message");
    attributes.finish();
    return (loc, r) -> {
      none(loc, r);
      return new MemoryOp.Assert(loc, condition, message, mask);
    };
  }

  private Make compute(String mnemonic) {
    return switch (mnemonic) {
      case "dot" -> dot();
      case "reduce" -> {
        List<Value> inputs = parser.uses();
        Attributes attributes = Attributes.parse(cursor);
        int axis = attributes.requiredInteger("axis");
        attributes.finish();
        List<Value> params = parser.blockParams(Optional.empty());
        yield (WithBlocks)
            (loc, r) -> new ComputeOp.Reduce(loc, r, inputs, axis, parser.block(params));
      }
      case "scan" -> {
        List<Value> inputs = parser.uses();
        Attributes attributes = Attributes.parse(cursor);
        int axis = attributes.requiredInteger("axis");
        boolean reverse = attributes.flag("reverse");
        attributes.finish();
        List<Value> params = parser.blockParams(Optional.empty());
        yield (WithBlocks)
            (loc, r) -> new ComputeOp.Scan(loc, r, inputs, axis, reverse, parser.block(params));
      }
      case "map_elementwise" -> {
        List<Value> inputs = parser.uses();
        Attributes attributes = Attributes.parse(cursor);
        int pack = attributes.requiredInteger("pack");
        attributes.finish();
        List<Value> params = parser.blockParams(Optional.empty());
        yield (WithBlocks)
            (loc, r) -> new ComputeOp.MapElementwise(loc, r, inputs, pack, parser.block(params));
      }
      case "inline_asm" -> inlineAsm();
      case "histogram" -> {
        Value v = operands(1).getFirst();
        Optional<Value> mask = keyword("mask");
        yield (loc, r) -> new ComputeOp.Histogram(loc, only(loc, r), v, mask);
      }
      default -> null;
    };
  }

  private Make inlineAsm() {
    List<Value> inputs = parser.uses();
    Attributes attributes = Attributes.parse(cursor);
    String text = attributes.requiredString("asm");
    String constraints = attributes.requiredString("constraints");
    int pack = attributes.requiredInteger("pack");
    boolean isPure = attributes.flag("pure");
    attributes.finish();
    AsmConstraints registers;
    try {
      registers = AsmConstraints.parse(constraints);
    } catch (IllegalArgumentException e) {
      throw cursor.error(e.getMessage());
    }
    return (loc, r) -> new ComputeOp.InlineAsm(loc, r, inputs, text, registers, pack, isPure);
  }

  private Make dot() {
    List<Value> v = operands(3);
    Attributes attributes = Attributes.parse(cursor);
    String name = attributes.word("precision").orElse("ieee");
    ComputeOp.Precision precision = PRECISION.get(name);
    if (precision == null) {
      throw cursor.error("'" + name + "' is not a precision of dot");
    }
    boolean signedA = attributes.flag("signed_a");
    boolean signedB = attributes.flag("signed_b");
    attributes.finish();
    return (loc, r) ->
        new ComputeOp.Dot(
            loc, only(loc, r), v.get(0), v.get(1), v.get(2), precision, signedA, signedB);
  }

  private Make control(String mnemonic) {
    return switch (mnemonic) {
      case "for" -> forLoop();
      case "while" -> {
        var inits = new ArrayList<Value>();
        List<Value> params = parser.blockParams(Optional.of(inits));
        yield (WithBlocks)
            (loc, r) -> {
              Block before = parser.block(params);
              cursor.expectWord("do");
              Block body = parser.block(parser.blockParams(Optional.empty()));
              return new ControlOp.While(loc, r, inits, before, body);
            };
      }
      case "if" -> {
        Value condition = operands(1).getFirst();
        yield (WithBlocks)
            (loc, r) -> {
              Block thenBlock = parser.block(List.of());
              cursor.expectWord("else");
              return new ControlOp.If(loc, r, condition, thenBlock, parser.block(List.of()));
            };
      }
      case "yield" -> {
        List<Value> v = parser.uses();
        yield (loc, r) -> {
          none(loc, r);
          return new ControlOp.Yield(loc, v);
        };
      }
      case "condition" -> {
        List<Value> v = parser.uses();
        if (v.isEmpty()) {
          throw cursor.expected("the condition");
        }
        yield (loc, r) -> {
          none(loc, r);
          return new ControlOp.Condition(loc, v.getFirst(), v.subList(1, v.size()));
        };
      }
      case "return" ->
          (loc, r) -> {
            none(loc, r);
            return new ControlOp.Return(loc);
          };
      default -> null;
    };
  }

  private Make forLoop() {
    String name = parser.valueName();
    cursor.expect(':');
    Type type = parser.type();
    cursor.expect('=');
    Value lower = parser.use();
    cursor.expectWord("to");
    Value upper = parser.use();
    cursor.expectWord("step");
    Value step = parser.use();
    var inits = new ArrayList<Value>();
    var params = new ArrayList<Value>();
    params.add(parser.define(name, type, cursor));
    if (cursor.acceptWord("carry")) {
      params.addAll(parser.blockParams(Optional.of(inits)));
    }
    Attributes attributes = Attributes.parse(cursor);
    boolean unsigned = attributes.flag("unsigned");
    ControlOp.LoopHints hints =
        new ControlOp.LoopHints(
            attributes.integer("num_stages"),
            attributes.integer("unroll"),
            attributes.flag("flatten"),
            attributes.flag("warp_specialize"),
            attributes.flag("disable_licm"));
    attributes.finish();
    return (WithBlocks)
        (loc, r) ->
            new ControlOp.For(
                loc, r, lower, upper, step, unsigned, inits, parser.block(params), hints);
  }
}
