package dev.kiln.tests.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.kiln.compiler.Target;
import dev.kiln.compiler.gpu.GpuTarget;
import dev.kiln.compiler.gpu.KernelAbi;
import dev.kiln.compiler.gpu.emit.KernelEmission;
import dev.kiln.compiler.gpu.plan.DotForm;
import dev.kiln.compiler.gpu.plan.KernelPlan;
import dev.kiln.compiler.gpu.plan.PipelinedLoop;
import dev.kiln.compiler.ir.ComputeOp;
import dev.kiln.compiler.ir.ControlOp;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.MemoryOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.Parser;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.ptx.BarrierInsertion;
import dev.kiln.compiler.ptx.PtxFunction;
import dev.kiln.compiler.ptx.PtxPasses;
import dev.kiln.compiler.ptx.PtxPrinter;
import dev.kiln.compiler.ptx.SharedAllocation;
import dev.kiln.runtime.NdArray;
import dev.kiln.runtime.sim.PtxModule;
import dev.kiln.runtime.sim.SimDevice;
import dev.kiln.runtime.sim.SimLaunch;
import dev.kiln.runtime.sim.SimModule;
import dev.kiln.runtime.sim.SimOptions;
import dev.kiln.runtime.sim.monitor.Sanitizer;
import dev.kiln.runtime.sim.monitor.count.Counters;
import dev.kiln.runtime.sim.monitor.count.LaunchCounting;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;

/** A kernel that loads a tile in one layout and stores it in another, in the simulator. */
record LayoutChange(LinearLayout from, LinearLayout to, DType dtype, Target target) {
  private static final String TEXT =
      """
      func @move(%%x: *%1$s, %%y: *%1$s) {
        %%range = make_range [start = 0] : tile<%2$dxi32>
        %%index = reshape %%range : tile<%3$sxi32>
        %%xs = splat %%x : tile<%3$sx*%1$s>
        %%from = addptr %%xs, %%index : tile<%3$sx*%1$s>
        %%loaded = load %%from : tile<%3$sx%1$s>
        %%true = constant 1 : tile<%3$sxi1>
        %%moved = select %%true, %%loaded, %%loaded : tile<%3$sx%1$s>
        %%ys = splat %%y : tile<%3$sx*%1$s>
        %%to = addptr %%ys, %%index : tile<%3$sx*%1$s>
        store %%to, %%moved
        return
      }
      """;

  /** Layouts as told, all that only computes indices computed where it is needed. */
  private record Plan(LinearLayout from, LinearLayout to, TileFunction function)
      implements KernelPlan {
    @Override
    public int warps() {
      return from.warpCount();
    }

    @Override
    public LinearLayout layout(Value tile) {
      return definition(tile) instanceof MemoryOp.Load ? from : to;
    }

    @Override
    public boolean isRecomputed(Value tile) {
      return !(definition(tile) instanceof MemoryOp.Load
          || definition(tile) instanceof ElementwiseOp.Select);
    }

    private Op definition(Value tile) {
      return function.body().ops().stream()
          .filter(op -> op.results().contains(tile))
          .findFirst()
          .orElseThrow();
    }

    @Override
    public DotForm form(ComputeOp.Dot dot) {
      throw new IllegalStateException();
    }

    @Override
    public Optional<PipelinedLoop> pipeline(ControlOp.For loop) {
      return Optional.empty();
    }
  }

  /** A kernel's text and its shared memory. */
  private record Compiled(String ptx, long shared) {}

  private Compiled compile() {
    TileFunction function =
        Parser.parseFunction(TEXT.formatted(dtype.shortName(), from.shape().size(), from.shape()));
    GpuTarget gpu = GpuTarget.of(target);
    var emitted = KernelEmission.emit(function, gpu, new Plan(from, to, function));
    var simplified =
        PtxPasses.optimize(
            new PtxFunction(
                function.name(),
                KernelAbi.declarations(KernelAbi.layOut(function, List.of(), false)),
                emitted.body(),
                gpu.target().label(),
                gpu.ptxVersion(),
                32 * from.warpCount(),
                0,
                emitted.helpers()));
    long shared = SharedAllocation.place(simplified, gpu.sharedLimit());
    return new Compiled(PtxPrinter.print(BarrierInsertion.insert(simplified)), shared);
  }

  String ptx() {
    return compile().ptx();
  }

  /** Runs it and compares; returns what was counted. */
  Counters check() {
    Compiled compiled = compile();
    int bytes = dtype.bytes() * from.shape().size();
    long[] content = content((bytes + 7) / 8);
    SimOptions options =
        SimOptions.standard()
            .withTarget(target)
            .withMemory(64 << 20)
            .withSanitizers(EnumSet.allOf(Sanitizer.class))
            .watchedBy(new LaunchCounting());
    try (SimDevice device = new SimDevice(options);
        SimModule module = device.load(PtxModule.parse("move.ptx", compiled.ptx()))) {
      List<NdArray> arrays = new ArrayList<>();
      arrays.add(NdArray.of(device, content, content.length));
      arrays.add(NdArray.of(device, new long[content.length], content.length));
      module
          .kernel("move")
          .launch(
              SimLaunch.of(1, 32 * from.warpCount()).withShared(compiled.shared()),
              arrays.toArray());
      long[] result = new long[content.length];
      arrays.get(1).buffer().copyTo(MemorySegment.ofArray(result), 0);
      arrays.forEach(NdArray::close);
      assertThat(result).as("%s\n%s", this, compiled.ptx()).isEqualTo(content);
      assertThat(device.lastReport().findings().text()).as("%s", this).isEmpty();
      return device.lastReport().part(Counters.class).orElseThrow();
    }
  }

  private long[] content(int length) {
    long[] content = new Random(5).longs(length).toArray();
    for (int i = 0; dtype.isBool() && i < length; i++) {
      content[i] &= 0x0101010101010101L;
    }
    int tail = dtype.bytes() * from.shape().size() % 8;
    if (tail != 0) {
      content[length - 1] &= (1L << 8 * tail) - 1;
    }
    return content;
  }
}
