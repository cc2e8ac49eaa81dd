package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.analysis.AxisAnalysis;
import dev.kiln.compiler.analysis.Uses;
import dev.kiln.compiler.gpu.GpuTarget;
import dev.kiln.compiler.gpu.KernelAbi;
import dev.kiln.compiler.gpu.math.Arithmetic;
import dev.kiln.compiler.gpu.memory.GlobalOrder;
import dev.kiln.compiler.gpu.plan.KernelPlan;
import dev.kiln.compiler.ir.Block;
import dev.kiln.compiler.ir.ElementwiseOp;
import dev.kiln.compiler.ir.Op;
import dev.kiln.compiler.ir.ShapeOp;
import dev.kiln.compiler.ir.TileFunction;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.ptx.Node;
import dev.kiln.compiler.ptx.Operand;
import dev.kiln.compiler.ptx.Operand.Immediate;
import dev.kiln.compiler.ptx.Operand.Name;
import dev.kiln.compiler.ptx.PtxBuilder;
import dev.kiln.compiler.ptx.PtxPrinter;
import dev.kiln.compiler.ptx.RegisterClass;
import dev.kiln.compiler.ptx.SharedSlot;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/** The emission of one kernel: what its values are, and where they are. */
public final class KernelEmission implements Emission {
  private static final int WARP = 32;

  private final TileFunction function;
  private final GpuTarget target;
  private final KernelPlan plan;
  private final AxisAnalysis axes;
  private final Uses uses;
  private final PtxBuilder ptx;
  private final Operand thread;
  private final Operand lane;
  private final Operand warp;
  private final Operand sharedBase;
  private final Coordinates coordinates;
  private final Arithmetic arithmetic;
  private final ShapeEmitter shapes;
  private final Operations operations;
  private final GlobalOrder order;
  private final Scratch scratch;
  private final Set<String> helpers = new LinkedHashSet<>();
  private final List<KernelAbi.TensorMap> maps;
  private Scope scope = new Scope(null);

  private KernelEmission(
      TileFunction function,
      GpuTarget target,
      KernelPlan plan,
      PtxBuilder ptx,
      List<KernelAbi.TensorMap> maps) {
    this.maps = maps;
    this.function = function;
    this.target = target;
    this.plan = plan;
    this.ptx = ptx;
    scratch = new Scratch(ptx);
    axes = AxisAnalysis.of(function);
    uses = Uses.of(function);
    ptx.at(function.loc());
    thread = special("%tid.x");
    lane = ptx.emit("and.b32", RegisterClass.B32, thread, Immediate.b32(31));
    warp = ptx.emit("shr.u32", RegisterClass.B32, thread, Immediate.b32(5));
    sharedBase =
        ptx.emit(
            "mov.u32", RegisterClass.B32, new Name(RegisterClass.B32, PtxPrinter.SHARED_SYMBOL));
    coordinates = new Coordinates(ptx, thread);
    arithmetic = new Arithmetic(ptx, target);
    shapes = new ShapeEmitter(this, coordinates);
    order = new GlobalOrder(function, ptx);
    operations = new Operations(this, shapes);
  }

  /**
   * What has been emitted.
   *
   * @param helpers text that stands before the entry
   * @param maps tensor maps that the kernel wants
   * @param scratchBytes of each program, in the parameter of {@link KernelAbi#SCRATCH_NAME}
   */
  public record Result(
      List<Node> body, List<String> helpers, List<KernelAbi.TensorMap> maps, long scratchBytes) {}

  /** Emits a kernel. */
  public static Result emit(TileFunction function, GpuTarget target, KernelPlan plan) {
    var ptx = new PtxBuilder(WARP * plan.warps());
    List<KernelAbi.TensorMap> maps = new ArrayList<>();
    return result(ptx, List.of(emit(function, target, plan, ptx, maps)), maps);
  }

  /**
   * Emits two versions of a kernel, one of which it chooses on entry.
   *
   * @param version the kernel with what has to divide its parameters for the first version; the
   *     second is for all others
   */
  public static Result emit(
      TileFunction function,
      GpuTarget target,
      KernelPlan plan,
      TileFunction version,
      KernelPlan versionPlan) {
    var ptx = new PtxBuilder(WARP * plan.warps());
    ptx.at(function.loc());
    List<KernelEmission> emissions = new ArrayList<>();
    List<KernelAbi.TensorMap> maps = new ArrayList<>();
    ptx.branch(
        EntryCheck.emit(ptx, function, version),
        () -> {
          emissions.add(emit(version, target, versionPlan, ptx, maps));
          return List.of();
        },
        () -> {
          emissions.add(emit(function, target, plan, ptx, maps));
          return List.of();
        });
    return result(ptx, emissions, maps);
  }

  private static KernelEmission emit(
      TileFunction function,
      GpuTarget target,
      KernelPlan plan,
      PtxBuilder ptx,
      List<KernelAbi.TensorMap> maps) {
    var emission = new KernelEmission(function, target, plan, ptx, maps);
    emission.parameters();
    emission.operations(function.body());
    return emission;
  }

  private static Result result(
      PtxBuilder ptx, List<KernelEmission> emissions, List<KernelAbi.TensorMap> maps) {
    List<Node> body = new ArrayList<>();
    Set<String> helpers = new LinkedHashSet<>();
    long scratchBytes = 0;
    for (KernelEmission emission : emissions) {
      body.addAll(emission.scratch.prologue());
      helpers.addAll(emission.helpers);
      scratchBytes = Math.max(scratchBytes, emission.scratch.bytes());
    }
    body.addAll(ptx.body());
    return new Result(body, List.copyOf(helpers), List.copyOf(maps), scratchBytes);
  }

  private Operand special(String name) {
    return ptx.emit("mov.u32", RegisterClass.B32, new Name(RegisterClass.B32, name));
  }

  private void parameters() {
    for (int i = 0; i < function.params().size(); i++) {
      Value value = function.params().get(i).value();
      define(value, Parameters.load(ptx, KernelAbi.parameterName(function, i), value.type()));
    }
  }

  // ---------------------------------------------------------------- the kernel

  @Override
  public PtxBuilder ptx() {
    return ptx;
  }

  @Override
  public GpuTarget target() {
    return target;
  }

  @Override
  public KernelPlan plan() {
    return plan;
  }

  @Override
  public TileFunction function() {
    return function;
  }

  @Override
  public AxisAnalysis axes() {
    return axes;
  }

  @Override
  public Uses uses() {
    return uses;
  }

  @Override
  public GlobalOrder order() {
    return order;
  }

  @Override
  public Operand thread() {
    return thread;
  }

  @Override
  public Operand lane() {
    return lane;
  }

  @Override
  public Operand warp() {
    return warp;
  }

  // ---------------------------------------------------------------- values

  @Override
  public Operand scalar(Value scalar) {
    Operand operand = scope.scalar(scalar);
    if (operand == null) {
      throw new IllegalStateException("not emitted: " + scalar);
    }
    return operand;
  }

  @Override
  public Fragment fragment(Value tile) {
    return fragment(tile, plan.layout(tile));
  }

  @Override
  public Fragment fragment(Value tile, LinearLayout layout) {
    Fragment defined = scope.tile(tile);
    return defined != null && defined.layout().equals(layout)
        ? defined
        : lazy(tile, layout).fragment();
  }

  @Override
  public LazyFragment lazy(Value tile, LinearLayout layout) {
    LazyFragment present = scope.here(tile, layout);
    if (present == null) {
      present = made(tile, layout);
      scope.keep(tile, present);
    }
    return present;
  }

  private LazyFragment made(Value tile, LinearLayout layout) {
    Fragment defined = scope.tile(tile);
    if (defined != null && defined.layout().equals(layout)) {
      return LazyFragment.of(defined);
    }
    LazyFragment outer = scope.anywhere(tile, layout);
    SharedTile place = scope.place(tile);
    if (defined == null && place != null) {
      return SharedLoads.lazy(this, place, layout, outer);
    }
    if (defined == null) {
      return new LazyFragment(layout, outer, registers(definition(tile), tile, layout));
    }
    return outer != null ? outer : LazyFragment.of(convert(defined, tile.type(), layout));
  }

  private Op definition(Value tile) {
    return uses.definition(tile)
        .orElseThrow(() -> new IllegalStateException("not emitted: " + tile));
  }

  /** How the registers of an operation's result are computed in a layout. */
  IntFunction<Operand> registers(Op op, Value result, LinearLayout layout) {
    return switch (op) {
      case ElementwiseOp elementwise -> elementwise(elementwise, layout);
      case ShapeOp shape -> shapes.registers(shape, result, layout);
      default -> throw new IllegalStateException(op.mnemonic() + " cannot be computed again");
    };
  }

  private IntFunction<Operand> elementwise(ElementwiseOp op, LinearLayout layout) {
    List<LazyFragment> operands =
        op.operands().stream().map(operand -> lazy(operand, layout)).toList();
    return register -> {
      List<Operand> elements = new ArrayList<>(operands.size());
      for (LazyFragment operand : operands) {
        elements.add(operand.register(register));
      }
      return element(op, elements);
    };
  }

  @Override
  public Fragment convert(Fragment fragment, Type type, LinearLayout layout) {
    return fragment.layout().equals(layout)
        ? fragment
        : new Conversion(this).convert(fragment, type, layout);
  }

  @Override
  public SharedTile place(Value tile) {
    return scope.place(tile);
  }

  @Override
  public void define(Value tile, SharedTile place) {
    scope.define(tile, place);
  }

  @Override
  public void define(Value scalar, Operand operand) {
    scope.define(scalar, operand);
  }

  @Override
  public void define(Value tile, Fragment fragment) {
    scope.define(tile, fragment);
  }

  // ---------------------------------------------------------------- memory

  @Override
  public SharedSlot shared(long bytes, int alignment, String purpose) {
    return new SharedSlot(bytes, alignment, purpose, ptx.location());
  }

  @Override
  public Operand sharedBase() {
    return sharedBase;
  }

  @Override
  public Operand scratch(long bytes) {
    return scratch.take(bytes);
  }

  @Override
  public Operand tensorMap(KernelAbi.TensorMap map) {
    if (!maps.contains(map)) {
      maps.add(map);
    }
    Operand inParameters =
        ptx.emit(
            "mov.b64",
            RegisterClass.B64,
            new Name(RegisterClass.B64, KernelAbi.mapName(maps.indexOf(map))));
    return ptx.emit("cvta.param.u64", RegisterClass.B64, inParameters);
  }

  @Override
  public void helper(String text) {
    helpers.add(text);
  }

  // ---------------------------------------------------------------- elements

  @Override
  public List<Operand> inline(Block block, List<Operand> arguments) {
    return scoped(() -> new InlineBlock(this).emit(block, arguments));
  }

  @Override
  public Operand element(ElementwiseOp op, List<Operand> operands) {
    return arithmetic.element(op, operands);
  }

  @Override
  public Operand coordinate(LinearLayout layout, int axis, int register) {
    return coordinates.coordinate(layout, axis, register);
  }

  @Override
  public Operand isOwner(LinearLayout layout) {
    return coordinates.isOwner(layout);
  }

  // ---------------------------------------------------------------- blocks

  @Override
  public void operations(Block block) {
    for (Op op : block.body()) {
      ptx.at(op.loc());
      operations.emit(op);
    }
  }

  @Override
  public <T> T scoped(Supplier<T> body) {
    Scope outer = scope;
    scope = new Scope(outer);
    try {
      return body.get();
    } finally {
      scope = outer;
    }
  }
}
