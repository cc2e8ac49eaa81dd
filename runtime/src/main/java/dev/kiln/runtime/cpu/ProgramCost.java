package dev.kiln.runtime.cpu;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Value;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * How much one program of a kernel computes, as far as that is known when it is compiled: the sum
 * over all operations of the elements of their tiles. Rough, and never too small by much.
 */
final class ProgramCost {
  /** Of loops whose length arguments decide, and of what is larger than this. */
  static final long UNKNOWN = 1L << 40;

  /** A store or load, which checks its address, takes as long as some plain operations. */
  private static final int MEMORY_WEIGHT = 16;

  private final Map<Value, Long> constants = new IdentityHashMap<>();

  private ProgramCost() {}

  static long of(TileFunction function) {
    return Math.min(UNKNOWN, new ProgramCost().of(function.body()));
  }

  private long of(Block block) {
    long sum = 0;
    for (Op op : block.ops()) {
      sum = Math.min(UNKNOWN, sum + of(op));
    }
    return sum;
  }

  private long of(Op op) {
    return switch (op) {
      case ElementwiseOp.Constant constant -> {
        constants.put(constant.result(), constant.value().longValue());
        yield 0;
      }
      case ControlOp.For loop -> product(trips(loop), of(loop.body()));
      case ControlOp.While ignored -> UNKNOWN;
      case ComputeOp.Dot dot ->
          product(
              elements(dot.result()),
              2L * dot.a().type().shape().dim(dot.a().type().shape().rank() - 1));
      case MemoryOp ignored -> product(elements(op), MEMORY_WEIGHT);
      default -> {
        long inner = 1;
        for (Block block : op.blocks()) {
          inner += of(block);
        }
        yield product(elements(op), inner);
      }
    };
  }

  /** The elements of the largest tile that an operation takes or gives. */
  private static long elements(Op op) {
    long most = 1;
    for (Value value : op.operands()) {
      most = Math.max(most, elements(value));
    }
    for (Value value : op.results()) {
      most = Math.max(most, elements(value));
    }
    return most;
  }

  private static long elements(Value value) {
    return value.type().shape().size();
  }

  private long trips(ControlOp.For loop) {
    Long lower = constants.get(loop.lower());
    Long upper = constants.get(loop.upper());
    Long step = constants.get(loop.step());
    if (lower == null || upper == null || step == null || step < 1) {
      return UNKNOWN;
    }
    return Math.clamp(Math.ceilDiv(upper - lower, step), 0L, UNKNOWN);
  }

  private static long product(long a, long b) {
    return a == 0 || b == 0 ? 0 : a >= UNKNOWN / b ? UNKNOWN : a * b;
  }
}
