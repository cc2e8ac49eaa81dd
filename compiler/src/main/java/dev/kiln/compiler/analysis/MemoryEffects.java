package dev.kiln.compiler.analysis;

import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Value;
import java.util.BitSet;
import java.util.List;

/**
 * Through which parameters a function reads and writes global memory, as far as {@link
 * PointerOrigins} tell. An access whose address was made of an integer is one that reaches
 * anywhere.
 */
public final class MemoryEffects {
  private final PointerOrigins origins;
  private final BitSet read = new BitSet();
  private final BitSet written = new BitSet();
  private boolean readsAnywhere;
  private boolean writesAnywhere;
  private boolean countsPrograms;

  private MemoryEffects(TileFunction function) {
    origins = PointerOrigins.of(function);
    block(function.body());
  }

  public static MemoryEffects of(TileFunction function) {
    return new MemoryEffects(function);
  }

  /** Whether memory is read through a parameter, by its index; of atomic operations too. */
  public boolean reads(int param) {
    return readsAnywhere || read.get(param);
  }

  /** Whether memory is stored to or atomically changed through a parameter, by its index. */
  public boolean writes(int param) {
    return writesAnywhere || written.get(param);
  }

  /**
   * Whether something is written to an address that comes from no parameter: the memory may be any.
   */
  public boolean writesAnywhere() {
    return writesAnywhere;
  }

  /** The same of reads. */
  public boolean readsAnywhere() {
    return readsAnywhere;
  }

  /** Whether programs ask how many there are, so that a part of a grid computes something else. */
  public boolean countsPrograms() {
    return countsPrograms;
  }

  private void block(Block block) {
    for (Op op : block.ops()) {
      op(op);
      op.blocks().forEach(this::block);
    }
  }

  private void op(Op op) {
    if (op instanceof MemoryOp.Load load) {
      read(load.pointer());
    } else if (op instanceof MemoryOp.Store store) {
      write(store.pointer());
    } else if (op instanceof MemoryOp.AtomicRmw atomic) {
      read(atomic.pointer());
      write(atomic.pointer());
    } else if (op instanceof MemoryOp.AtomicCas atomic) {
      read(atomic.pointer());
      write(atomic.pointer());
    } else if (op instanceof ComputeOp.InlineAsm asm && !asm.isPure()) {
      asm(asm.inputs());
    } else if (op instanceof ElementwiseOp.NumPrograms) {
      countsPrograms = true;
    }
  }

  /** A text that has effects may load and store through the addresses that it gets. */
  private void asm(List<Value> inputs) {
    for (Value input : inputs) {
      if (input.type().isPointer()) {
        read(input);
        write(input);
      } else if (input.type().dtype().bits() == Long.SIZE) {
        readsAnywhere = true;
        writesAnywhere = true;
      }
    }
  }

  private void read(Value pointer) {
    List<Integer> params = origins.params(pointer);
    readsAnywhere |= params.isEmpty();
    params.forEach(read::set);
  }

  private void write(Value pointer) {
    List<Integer> params = origins.params(pointer);
    writesAnywhere |= params.isEmpty();
    params.forEach(written::set);
  }
}
