package dev.kiln.runtime.eval;

import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.eval.Allocation;
import dev.kiln.compiler.eval.EvaluationException;
import dev.kiln.compiler.eval.Evaluator;
import dev.kiln.compiler.eval.Grid;
import dev.kiln.compiler.eval.Launch;
import dev.kiln.compiler.eval.SanitizerException;
import dev.kiln.compiler.eval.SegmentMemory;
import dev.kiln.compiler.ir.CastKind;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.numeric.FloatFormat;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.LaunchException;
import dev.kiln.runtime.memory.HostBuffer;
import dev.kiln.runtime.memory.HostMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * A kernel that runs in the evaluator, over the memory of a device: as the front end made it, so
 * that an error of the optimiser shows as a difference between devices, and every source line is
 * there to be traced.
 */
public final class EvaluatedKernel implements Device.LoadedKernel {
  private final CompiledKernel kernel;
  private final HostMemory memory;
  private final UnaryOperator<Launch> options;
  private final boolean makesPointers;

  /**
   * @param options what to add to each launch: sanitizers, a trace, limits
   */
  public EvaluatedKernel(CompiledKernel kernel, HostMemory memory, UnaryOperator<Launch> options) {
    this.kernel = kernel;
    this.memory = memory;
    this.options = options;
    makesPointers = kernel.tir().body().ops().stream().anyMatch(EvaluatedKernel::makesPointers);
  }

  @Override
  public void launch(int gridX, int gridY, int gridZ, MemorySegment arguments) {
    List<TileFunction.Param> params = kernel.tir().params();
    List<Number> values = new ArrayList<>();
    Map<HostBuffer, String> names = new IdentityHashMap<>();
    for (int i = 0; i < params.size(); i++) {
      long bits = arguments.get(ValueLayout.JAVA_LONG_UNALIGNED, 8L * i);
      TileFunction.Param param = params.get(i);
      values.add(value(param, bits));
      if (param.value().type().isPointer()) {
        memory.bufferAt(bits).ifPresent(buffer -> names.merge(buffer, param.name(), (a, b) -> a));
      }
    }
    if (makesPointers) {
      memory.buffers().forEach(buffer -> names.putIfAbsent(buffer, "(not an argument)"));
    }
    try {
      Launch launch = Launch.of(new Grid(gridX, gridY, gridZ), reachable(names), values);
      Evaluator.run(kernel.tir(), options.apply(launch));
    } catch (EvaluationException e) {
      throw new LaunchException(kernel.name(), e.getMessage(), e);
    } catch (SanitizerException e) {
      throw new LaunchException(kernel.name(), "the sanitizer found\n" + e.getMessage(), e);
    } finally {
      names.keySet().forEach(HostBuffer::markInitialised);
    }
  }

  /** Whether addresses are read from memory or computed: then any buffer can be meant. */
  private static boolean makesPointers(Op op) {
    return op instanceof ElementwiseOp.Cast cast && cast.kind() == CastKind.INTTOPTR
        || op.blocks().stream()
            .flatMap(block -> block.ops().stream())
            .anyMatch(EvaluatedKernel::makesPointers);
  }

  private static Number value(TileFunction.Param param, long bits) {
    DType dtype = param.dtype();
    if (!param.value().type().isPointer() && dtype.isFloat()) {
      return FloatFormat.fromBits(dtype, bits);
    }
    return bits;
  }

  /** The buffers that the arguments point to, under the arguments' names. */
  private static SegmentMemory reachable(Map<HostBuffer, String> names) {
    var segments = new SegmentMemory();
    names.forEach(
        (buffer, name) -> {
          boolean initialised = buffer.isInitialised();
          segments.add(
              new Allocation(name, buffer.address(), buffer.size(), initialised), buffer.segment());
        });
    return segments;
  }
}
