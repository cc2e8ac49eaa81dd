package dev.kiln.compiler.ir;

import dev.kiln.compiler.diagnostics.Location;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Operations that read or write global memory, or that order such accesses, or that a person can
 * see. Never removed unless their effect is unneeded.
 */
public sealed interface MemoryOp extends Op {
  /**
   * Reads. The pointer, the mask ({@code i1}) and {@code other} have the result's shape.
   *
   * @param other the value where the mask is false; 0 without it, and undefined to the sanitizers
   * @param block which block of which tensor the elements are, if that is known
   */
  record Load(
      Location loc,
      Value result,
      Value pointer,
      Optional<Value> mask,
      Optional<Value> other,
      CacheHints hints,
      Optional<BlockAccess> block)
      implements MemoryOp {
    /** A load of elements of which no more is known. */
    public Load(
        Location loc,
        Value result,
        Value pointer,
        Optional<Value> mask,
        Optional<Value> other,
        CacheHints hints) {
      this(loc, result, pointer, mask, other, hints, Optional.empty());
    }

    @Override
    public String mnemonic() {
      return "load";
    }

    @Override
    public List<Value> operands() {
      return MemoryOp.with(block, Op.operandList(List.of(pointer), mask, other));
    }

    @Override
    public List<Value> results() {
      return List.of(result);
    }

    @Override
    public Load rewrite(Rewriter r) {
      return new Load(
          loc,
          r.define(result),
          r.use(pointer),
          r.use(mask),
          r.use(other),
          hints,
          block.map(access -> access.rewrite(r)));
    }
  }

  /**
   * Writes where the mask is true. If several elements have one address, the last in row-major
   * order stays.
   *
   * @param block which block of which tensor the elements are, if that is known
   */
  record Store(
      Location loc,
      Value pointer,
      Value value,
      Optional<Value> mask,
      CacheHints hints,
      Optional<BlockAccess> block)
      implements MemoryOp {
    /** A store of elements of which no more is known. */
    public Store(Location loc, Value pointer, Value value, Optional<Value> mask, CacheHints hints) {
      this(loc, pointer, value, mask, hints, Optional.empty());
    }

    @Override
    public String mnemonic() {
      return "store";
    }

    @Override
    public List<Value> operands() {
      return MemoryOp.with(block, Op.operandList(List.of(pointer, value), mask));
    }

    @Override
    public List<Value> results() {
      return List.of();
    }

    @Override
    public Store rewrite(Rewriter r) {
      return new Store(
          loc,
          r.use(pointer),
          r.use(value),
          r.use(mask),
          hints,
          block.map(access -> access.rewrite(r)));
    }
  }

  /**
   * Reads, combines and writes, indivisibly for each element; the result is what was there before
   * (0 where the mask is false).
   */
  record AtomicRmw(
      Location loc,
      Value result,
      AtomicKind kind,
      Value pointer,
      Value value,
      Optional<Value> mask,
      String semantics,
      String scope)
      implements MemoryOp {
    @Override
    public String mnemonic() {
      return "atomic_rmw";
    }

    @Override
    public List<Value> operands() {
      return Op.operandList(List.of(pointer, value), mask);
    }

    @Override
    public List<Value> results() {
      return List.of(result);
    }

    @Override
    public AtomicRmw rewrite(Rewriter r) {
      return new AtomicRmw(
          loc, r.define(result), kind, r.use(pointer), r.use(value), r.use(mask), semantics, scope);
    }
  }

  /**
   * Writes {@code value} where memory holds {@code expected}; the result is what was there before.
   */
  record AtomicCas(
      Location loc,
      Value result,
      Value pointer,
      Value expected,
      Value value,
      String semantics,
      String scope)
      implements MemoryOp {
    @Override
    public String mnemonic() {
      return "atomic_cas";
    }

    @Override
    public List<Value> operands() {
      return List.of(pointer, expected, value);
    }

    @Override
    public List<Value> results() {
      return List.of(result);
    }

    @Override
    public AtomicCas rewrite(Rewriter r) {
      return new AtomicCas(
          loc, r.define(result), r.use(pointer), r.use(expected), r.use(value), semantics, scope);
    }
  }

  /** Orders the memory accesses of a program's threads; no effect where a program is one thread. */
  record Barrier(Location loc) implements MemoryOp {
    @Override
    public String mnemonic() {
      return "barrier";
    }

    @Override
    public List<Value> operands() {
      return List.of();
    }

    @Override
    public List<Value> results() {
      return List.of();
    }

    @Override
    public Barrier rewrite(Rewriter r) {
      return this;
    }
  }

  /**
   * Prints each operand's elements with program and element index. {@code signed} tells for each
   * operand whether an integer is shown signed.
   */
  record Print(Location loc, String prefix, boolean hex, List<Boolean> signed, List<Value> operands)
      implements MemoryOp {
    public Print {
      signed = List.copyOf(signed);
      operands = List.copyOf(operands);
    }

    @Override
    public String mnemonic() {
      return "print";
    }

    @Override
    public List<Value> results() {
      return List.of();
    }

    @Override
    public Print rewrite(Rewriter r) {
      return new Print(loc, prefix, hex, signed, r.use(operands));
    }
  }

  /**
   * Stops the launch with the message where the condition ({@code i1}) is false and the mask true.
   */
  record Assert(Location loc, Value condition, String message, Optional<Value> mask)
      implements MemoryOp {
    @Override
    public String mnemonic() {
      return "assert";
    }

    @Override
    public List<Value> operands() {
      return Op.operandList(List.of(condition), mask);
    }

    @Override
    public List<Value> results() {
      return List.of();
    }

    @Override
    public Assert rewrite(Rewriter r) {
      return new Assert(loc, r.use(condition), message, r.use(mask));
    }
  }

  /** A promise of the author: the condition, a scalar {@code i1}, is true. */
  record Assume(Location loc, Value condition) implements MemoryOp {
    @Override
    public String mnemonic() {
      return "assume";
    }

    @Override
    public List<Value> operands() {
      return List.of(condition);
    }

    @Override
    public List<Value> results() {
      return List.of();
    }

    @Override
    public Assume rewrite(Rewriter r) {
      return new Assume(loc, r.use(condition));
    }
  }

  /**
   * Reads a register of the machine: {@code globaltimer} ({@code i64}, nanoseconds), {@code smid}
   * ({@code i32}, the worker that runs the program).
   */
  record ReadSpecial(Location loc, Value result, String register) implements MemoryOp {
    @Override
    public String mnemonic() {
      return "read_special";
    }

    @Override
    public List<Value> operands() {
      return List.of();
    }

    @Override
    public List<Value> results() {
      return List.of(result);
    }

    @Override
    public ReadSpecial rewrite(Rewriter r) {
      return new ReadSpecial(loc, r.define(result), register);
    }
  }

  private static List<Value> with(Optional<BlockAccess> block, List<Value> operands) {
    if (block.isEmpty()) {
      return operands;
    }
    List<Value> all = new ArrayList<>(operands);
    all.addAll(block.get().operands());
    return all;
  }

  /**
   * What the author says about caching; the CPU and the evaluator ignore it. Empty strings say
   * nothing.
   */
  record CacheHints(String cacheModifier, String evictionPolicy, boolean isVolatile) {
    public static final CacheHints NONE = new CacheHints("", "", false);
  }

  /** How {@link AtomicRmw} combines; float ADD, MIN and MAX follow {@link BinaryKind}. */
  enum AtomicKind {
    ADD,
    MINS,
    MINU,
    MAXS,
    MAXU,
    /** Floats. */
    MIN,
    /** Floats. */
    MAX,
    AND,
    OR,
    XOR,
    XCHG;

    public String mnemonic() {
      return name().toLowerCase(Locale.ROOT);
    }
  }
}
