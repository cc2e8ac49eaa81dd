package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.gpu.combine.GatherEmitter;
import dev.kiln.compiler.gpu.combine.HistogramEmitter;
import dev.kiln.compiler.gpu.combine.MapEmitter;
import dev.kiln.compiler.gpu.combine.ReduceEmitter;
import dev.kiln.compiler.gpu.combine.ScanEmitter;
import dev.kiln.compiler.gpu.dot.DotEmitter;
import dev.kiln.compiler.gpu.memory.AssertEmitter;
import dev.kiln.compiler.gpu.memory.AtomicEmitter;
import dev.kiln.compiler.gpu.memory.LoadEmitter;
import dev.kiln.compiler.gpu.memory.PrintEmitter;
import dev.kiln.compiler.gpu.memory.StoreEmitter;
import dev.kiln.compiler.gpu.pipeline.TensorAccess;
import dev.kiln.compiler.gpu.plan.TensorSource;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.ptx.Node.Effect;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Name;
import dev.kiln.compiler.ptx.Operand.Register;
import dev.kiln.compiler.ptx.RegisterClass;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;

/** Each operation to the emitter of its family. */
final class Operations {
  private final KernelEmission emission;
  private final ShapeEmitter shapes;
  private final ControlFlow control;

  Operations(KernelEmission emission, ShapeEmitter shapes) {
    this.emission = emission;
    this.shapes = shapes;
    this.control = new ControlFlow(emission);
  }

  /** Emits an operation that is no terminator. */
  void emit(Op op) {
    switch (op) {
      case ElementwiseOp elementwise -> elementwise(elementwise);
      case ShapeOp.Gather gather -> new GatherEmitter(emission).emit(gather);
      case ShapeOp.Unsplat unsplat -> emission.define(unsplat.result(), shapes.unsplat(unsplat));
      case ShapeOp.Split split -> split(split);
      case ShapeOp.MakeRange range -> tile(range, range.result());
      case ShapeOp.Splat splat -> tile(splat, splat.result());
      case ShapeOp.ExpandDims expand -> tile(expand, expand.result());
      case ShapeOp.Broadcast broadcast -> tile(broadcast, broadcast.result());
      case ShapeOp.Reshape reshape -> reshape(reshape);
      case ShapeOp.Permute permute -> permute(permute);
      case ShapeOp.Join join -> tile(join, join.result());
      case ShapeOp.Cat cat -> tile(cat, cat.result());
      case MemoryOp.Load load -> load(load);
      case MemoryOp.Store store -> store(store);
      case MemoryOp.AtomicRmw atomic -> new AtomicEmitter(emission).emit(atomic);
      case MemoryOp.AtomicCas atomic -> new AtomicEmitter(emission).emit(atomic);
      case MemoryOp.Barrier barrier -> emission.order().barrier();
      case MemoryOp.Print print -> new PrintEmitter(emission).emit(print);
      case MemoryOp.Assert check -> new AssertEmitter(emission).emit(check);
      case MemoryOp.Assume assume -> {} // what it promises is known to the analyses
      case MemoryOp.ReadSpecial read -> special(read);
      case ComputeOp.Dot dot -> DotEmitter.emit(emission, dot);
      case ComputeOp.Reduce reduce -> new ReduceEmitter(emission).emit(reduce);
      case ComputeOp.Scan scan -> new ScanEmitter(emission).emit(scan);
      case ComputeOp.MapElementwise map -> new MapEmitter(emission).emit(map);
      case ComputeOp.InlineAsm asm -> new InlineAsmEmitter(emission).emit(asm);
      case ComputeOp.Histogram histogram -> new HistogramEmitter(emission).emit(histogram);
      case ControlOp.For loop -> control.emit(loop);
      case ControlOp.While loop -> control.emit(loop);
      case ControlOp.If branch -> control.emit(branch);
      case ControlOp.Yield yield -> throw terminator(op);
      case ControlOp.Condition condition -> throw terminator(op);
      case ControlOp.Return end -> throw terminator(op);
    }
  }

  private static IllegalStateException terminator(Op op) {
    return new IllegalStateException(op.mnemonic() + " ends a block");
  }

  private void elementwise(ElementwiseOp op) {
    if (op.result().type().isTile()) {
      tile(op, op.result());
    } else {
      List<Operand> operands = op.operands().stream().map(emission::scalar).toList();
      emission.define(op.result(), emission.element(op, operands));
    }
  }

  /** A tile in its own layout, unless it is computed where it is needed. */
  private void tile(Op op, Value result) {
    if (emission.plan().isRecomputed(result)) {
      return;
    }
    LinearLayout layout = emission.plan().layout(result);
    IntFunction<Operand> registers = emission.registers(op, result, layout);
    emission.define(result, new LazyFragment(layout, null, registers).fragment());
  }

  private void reshape(ShapeOp.Reshape reshape) {
    SharedTile place = emission.place(reshape.operand());
    if (place == null) {
      tile(reshape, reshape.result());
    } else {
      emission.define(reshape.result(), place.reshape(reshape.result().shape()));
    }
  }

  private void load(MemoryOp.Load load) {
    Optional<TensorSource> tensor = emission.plan().tensorCopy(load);
    if (tensor.isPresent()) {
      TensorAccess.load(emission, load, tensor.get());
    } else {
      new LoadEmitter(emission).emit(load);
    }
  }

  private void store(MemoryOp.Store store) {
    Optional<TensorSource> tensor = emission.plan().tensorCopy(store);
    if (tensor.isPresent()) {
      TensorAccess.store(emission, store, tensor.get());
    } else {
      new StoreEmitter(emission).emit(store);
    }
  }

  /** What lies in shared memory stays there. */
  private void permute(ShapeOp.Permute permute) {
    SharedTile place = emission.place(permute.operand());
    if (place == null) {
      tile(permute, permute.result());
    } else {
      emission.define(permute.result(), place.permute(permute.order()));
    }
  }

  private void split(ShapeOp.Split split) {
    if (split.left().type().isTile()) {
      tile(split, split.left());
      tile(split, split.right());
    } else {
      shapes.splitScalars(split);
    }
  }

  /** Read by one thread, since others would read another time. */
  private void special(MemoryOp.ReadSpecial read) {
    RegisterClass type = Elements.held(read.result().type());
    Register value = emission.ptx().register(type);
    emission
        .ptx()
        .add(
            "mov.u" + type.bits(),
            List.of(value),
            null,
            List.of(),
            Effect.EFFECT,
            null,
            new Name(type, "%" + read.register()));
    emission.define(read.result(), new Uniform(emission).broadcast(value));
  }
}
