package dev.kiln.runtime;

import dev.kiln.compiler.CompileOptions;
import dev.kiln.compiler.CompiledKernel;
import dev.kiln.compiler.Specialization;
import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.python.PyNone;
import dev.kiln.compiler.python.TritonConfig;
import dev.kiln.runtime.tune.TuningChoice;
import dev.kiln.runtime.tune.TuningKey;
import dev.kiln.runtime.tune.TuningPolicy;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * A kernel on a device with its arguments: set what changes, launch, and again. Mutable and not
 * thread-safe; make one for each thread.
 *
 * <p>Arguments stay set from one launch to the next. A launch whose arguments are of the same kinds
 * as the last one's (the same dtypes, the same divisibility, the same constants) needs no look-up
 * and allocates nothing if it is made through {@link #set} and {@link #launch(int, int, int)}.
 */
public final class Launch {
  /** Versions that are found again without making a specialisation: a power of two. */
  private static final int RECENT = 64;

  private final Kernel kernel;
  private final Device device;
  private final ArgumentBinder binder;
  private final Map<Specialization, Ready> versions = new HashMap<>();
  private final MetaParameters meta;
  private final LaunchTuning tuning;
  private Optional<TritonConfig> configuration;
  private CompileOptions options;
  private boolean versioned;
  private Function<MetaParameters, Grid> grid;
  private Grid explicitGrid;
  private final Recent[] recent = new Recent[RECENT];
  private Ready ready;
  private int readyRevision = -1;

  /** A version of the kernel on the device. */
  private record Ready(KernelVersion version, Device.LoadedKernel loaded, MemorySegment block) {}

  /** A version, and the arguments for which it was found. */
  private record Recent(ArgumentBinder.Snapshot arguments, CompileOptions options, Ready version) {}

  Launch(Kernel kernel, Device device) {
    this.kernel = kernel;
    this.device = device;
    this.binder = new ArgumentBinder(kernel.name(), kernel.parameters());
    this.tuning = new LaunchTuning(this, binder);
    this.configuration = tuning.first();
    this.meta = new MetaParameters(kernel.parameters(), binder);
    versioned(kernel.module().isVersioned());
  }

  public Kernel kernel() {
    return kernel;
  }

  public Device device() {
    return device;
  }

  /**
   * The number of a parameter, for {@link #set}.
   *
   * @throws LaunchException if the kernel has no such parameter
   */
  public int index(String parameter) {
    return kernel.parameterIndex(parameter);
  }

  /**
   * Sets the parameter at an index to an array on this launch's device; a {@link LaunchException}
   * otherwise.
   */
  public Launch set(int index, NdArray array) {
    requireOnDevice(index, array);
    binder.setArray(index, array);
    return this;
  }

  /** Sets a number: i32 if it fits, else i64, unless the kernel says otherwise. */
  public Launch set(int index, long value) {
    binder.setInteger(index, value);
    return this;
  }

  /** Sets a number: fp32 unless the kernel says otherwise. */
  public Launch set(int index, double value) {
    binder.setFloat(index, value);
    return this;
  }

  /** Sets a truth value: i1. */
  public Launch set(int index, boolean value) {
    binder.setBoolean(index, value);
    return this;
  }

  /** A number of a fixed type, as {@code i64:5} on the command line. */
  public Launch set(int index, DType dtype, Number value) {
    binder.setScalar(index, dtype, value);
    return this;
  }

  /**
   * Sets a parameter by name: an {@link NdArray}, a number, a {@code Boolean}, {@code null}
   * (Python's {@code None}), or for {@code tl.constexpr} parameters also a {@code String}, a {@link
   * DType} or any other Python value.
   *
   * @throws LaunchException if there is no such parameter or the value does not suit it
   */
  public Launch arg(String parameter, Object value) {
    return setAny(index(parameter), value);
  }

  /** {@link #arg} for {@code tl.constexpr} parameters, to be read as such. */
  public Launch constant(String parameter, Object value) {
    int index = index(parameter);
    if (!kernel.parameters().get(index).isConstant()) {
      throw new LaunchException(kernel.name(), "parameter '" + parameter + "' is not tl.constexpr");
    }
    return setAny(index, value);
  }

  /**
   * {@link #constant(String, Object)} by the parameter's number, without looking it up; null leaves
   * out a parameter of any kind.
   */
  public Launch constant(int index, Object value) {
    if (value == null) {
      binder.setConstant(index, PyNone.NONE);
    } else {
      binder.setConstant(index, value);
    }
    return this;
  }

  /** Sets parameters by position, from the first. */
  public Launch args(Object... values) {
    if (values.length > kernel.parameters().size()) {
      throw new LaunchException(
          kernel.name(),
          "takes %d arguments, not %d".formatted(kernel.parameters().size(), values.length));
    }
    for (int i = 0; i < values.length; i++) {
      setAny(i, values[i]);
    }
    return this;
  }

  private Launch setAny(int index, Object value) {
    // Apart, since a new process takes 10 ms to make a switch over types ready.
    if (value instanceof String || value instanceof DType) {
      return setOther(index, value);
    }
    switch (value) {
      case null -> binder.setConstant(index, PyNone.NONE);
      case NdArray array -> set(index, array);
      case Boolean flag -> set(index, flag.booleanValue());
      case Double number -> set(index, number.doubleValue());
      case Float number -> set(index, number.doubleValue());
      case Long number -> set(index, number.longValue());
      case Integer number -> set(index, number.longValue());
      case Short number -> set(index, number.longValue());
      case Byte number -> set(index, number.longValue());
      case TensorDescriptor descriptor ->
          setComposite(index, CompositeArgument.of(descriptor), descriptor.base());
      case List<?> tuple when !kernel.parameters().get(index).isConstant() ->
          binder.setComposite(
              index,
              CompositeArgument.of(
                  kernel.name(), kernel.parameters().get(index).name(), device, tuple));
      default -> setOther(index, value);
    }
    return this;
  }

  private Launch setOther(int index, Object value) {
    KernelParameter parameter = kernel.parameters().get(index);
    if (!parameter.isConstant()) {
      throw binder.fault(parameter, " cannot be a " + value.getClass().getSimpleName());
    }
    binder.setConstant(index, value);
    return this;
  }

  private void requireOnDevice(int index, NdArray array) {
    if (array.device() != device) {
      throw new LaunchException(
          kernel.name(),
          "argument '%s' lies on device '%s', the launch is on '%s'"
              .formatted(
                  kernel.parameters().get(index).name(), array.device().name(), device.name()));
    }
  }

  private void setComposite(int index, CompositeArgument value, NdArray base) {
    requireOnDevice(index, base);
    binder.setComposite(index, value);
  }

  /** Triton's {@code num_warps}; the CPU takes no notice. */
  public Launch numWarps(int warps) {
    return options(effectiveOptions().withNumWarps(warps));
  }

  /** Triton's {@code num_stages}; the CPU takes no notice. */
  public Launch numStages(int stages) {
    return options(effectiveOptions().withNumStages(stages));
  }

  /** Checks {@code assert} and {@code tl.device_assert}. */
  public Launch debug(boolean enabled) {
    return options(effectiveOptions().withDebug(enabled));
  }

  /**
   * Whether one compilation serves whatever divides the arguments: the kernel tests on entry
   * whether it may use wide accesses ({@link CompileOptions#versioned}). Otherwise, as in Triton,
   * what is a multiple of 16 makes a specialisation of its own. Only GPUs take notice.
   */
  public Launch versioned(boolean enabled) {
    versioned = enabled && device.target().isGpu();
    binder.tellDivisibility(!versioned);
    readyRevision = -1;
    return this;
  }

  /** Replaces all options. */
  public Launch options(CompileOptions newOptions) {
    options = newOptions;
    tuning.options(newOptions);
    return versioned(newOptions.versioned());
  }

  /**
   * How a configuration is chosen; by default as {@link TuningPolicy#ofProcess} says, which is the
   * first unless somebody asks for more.
   */
  public Launch tuning(TuningPolicy policy) {
    tuning.policy(policy);
    return chooseAnew();
  }

  /**
   * The configurations to choose from, in the place of those of {@code triton.autotune}.
   *
   * @throws LaunchException if a constant is no parameter of the kernel
   */
  public Launch configurations(List<TritonConfig> configs) {
    tuning.configurations(configs);
    return chooseAnew();
  }

  /**
   * The parameters whose values a choice depends on, in the place of the {@code key} of {@code
   * triton.autotune}.
   *
   * @throws LaunchException if the kernel has no such parameter
   */
  public Launch key(String... parameters) {
    tuning.key(List.of(parameters));
    return chooseAnew();
  }

  private Launch chooseAnew() {
    configuration = tuning.first();
    readyRevision = -1;
    return this;
  }

  /** What a choice of a configuration is made for, with the present arguments. */
  public TuningKey tuningKey() {
    return tuning.key();
  }

  /**
   * The configuration of the last launch, and what is known of the others; empty if there are none
   * to choose from.
   */
  public Optional<TuningChoice> tuningChoice() {
    return tuning.lastChoice();
  }

  /** The same grid at every launch. */
  public Launch grid(Grid newGrid) {
    grid = ignored -> newGrid;
    return this;
  }

  /** {@code x} programs along the first axis. */
  public Launch grid(int x) {
    return grid(Grid.of(x));
  }

  /** {@code x} by {@code y} programs. */
  public Launch grid(int x, int y) {
    return grid(Grid.of(x, y));
  }

  /** {@code x} by {@code y} by {@code z} programs. */
  public Launch grid(int x, int y, int z) {
    return grid(Grid.of(x, y, z));
  }

  /**
   * A grid in Python, computed at each launch: {@code "(triton.cdiv(n, BLOCK),)"}, or a lambda that
   * takes the meta-parameters as a dict.
   *
   * @throws dev.kiln.compiler.diagnostics.CompilationException if it is no Python expression
   */
  public Launch grid(String expression) {
    var python = new GridExpression(kernel, expression);
    grid = names -> python.evaluate(names.toDict());
    return this;
  }

  /**
   * A grid that is computed at each launch from the meta-parameters, configurations and heuristics
   * included.
   */
  public Launch grid(Function<MetaParameters, Grid> function) {
    grid = function;
    return this;
  }

  /**
   * Compiles what the present arguments need, if that has not been done, without launching. No
   * configuration is tried.
   */
  public CompiledKernel compile() {
    return prepare(false, false).version().compiled();
  }

  /**
   * Makes ready what the present arguments need, without launching: compiles it, or finds what was
   * compiled before. No configuration is tried.
   */
  public Launch load() {
    prepare(false, false);
    return this;
  }

  /**
   * {@link #load}, with the configuration that a launch over the grid that was set last would take:
   * tries what is not known, as {@link #tuning} says.
   */
  public Launch tune() {
    requireGrid();
    prepare(true, false);
    return this;
  }

  /** Launches over the grid that was set last. */
  public void launch() {
    requireGrid();
    Ready version = prepare(true, true);
    Grid size = grid.apply(meta);
    run(version, size.x(), size.y(), size.z());
  }

  private void requireGrid() {
    if (grid == null) {
      throw new LaunchException(kernel.name(), "has no grid");
    }
  }

  /** Launches over a grid, of whatever configuration; with a 0 in it nothing runs. */
  public void launch(int gridX, int gridY, int gridZ) {
    if (tuning.dependsOnArguments()) {
      explicitGrid = new Grid(gridX, gridY, gridZ);
    }
    try {
      run(prepare(true, true), gridX, gridY, gridZ);
    } finally {
      explicitGrid = null;
    }
  }

  /** Sets the parameters by position and launches over the grid that was set last. */
  public void launch(Object... arguments) {
    args(arguments).launch();
  }

  private void run(Ready version, int gridX, int gridY, int gridZ) {
    if (gridX == 0 || gridY == 0 || gridZ == 0) {
      return;
    }
    binder.write(version.block());
    version.loaded().launch(gridX, gridY, gridZ, version.block());
  }

  /**
   * @param tries whether configurations may be tried
   * @param launches whether a launch follows at once
   */
  private Ready prepare(boolean tries, boolean launches) {
    if (ready == null
        || readyRevision != binder.revision()
        || kernel.metaRules().hasHeuristics()
        || tuning.dependsOnArguments()) {
      Optional<TritonConfig> before = configuration;
      configuration = kernel.metaRules().apply(binder, tuning, tries);
      if (configuration.isPresent() && configuration.get().preHook().isPresent()) {
        hostFunctions().runHook(configuration.get(), launches);
      }
      if (ready == null || readyRevision != binder.revision() || differ(before, configuration)) {
        ready = find();
        readyRevision = binder.revision();
      }
    }
    return ready;
  }

  /** The same launch with a configuration, on a device, over other arrays. */
  Launch with(TritonConfig config, Device target, UnaryOperator<NdArray> arrays) {
    Launch copy = new Launch(kernel, target);
    copy.options = options;
    if (target == device) {
      copy.versioned(versioned);
    }
    copy.binder.takeNumbers(binder);
    for (int i = 0; i < kernel.parameters().size(); i++) {
      if (binder.isExplicit(i) && binder.memory(i) != null) {
        copy.setAny(i, CompositeArgument.over(binder.memory(i), arrays));
      }
    }
    Grid size = explicitGrid;
    copy.grid = size == null ? grid : ignored -> size;
    return copy.tuning(new TuningPolicy.Fixed(config));
  }

  /** The grid for the present arguments. */
  Grid currentGrid() {
    requireGrid();
    prepare(false, false);
    return grid.apply(meta);
  }

  /** For each number that the kernel reads the array whose address it is, or null. */
  List<NdArray> leafArrays() {
    return binder.leafArrays();
  }

  /** The array, descriptor or tuple that a parameter is bound to; else null. */
  Object memory(int index) {
    return binder.memory(index);
  }

  HostFunctions hostFunctions() {
    return new HostFunctions(kernel, binder);
  }

  /** A launcher that serves many shapes changes its arguments' kinds at every launch. */
  private Ready find() {
    CompileOptions chosen = effectiveOptions();
    int slot = binder.fingerprint() & RECENT - 1;
    Recent known = recent[slot];
    if (known != null && known.options().equals(chosen) && binder.isLike(known.arguments())) {
      return known.version();
    }
    Ready found = versions.computeIfAbsent(new Specialization(binder.specs(), chosen), this::load);
    ArgumentBinder.Snapshot arguments = binder.snapshot();
    recent[slot] = arguments == null ? null : new Recent(arguments, chosen, found);
    return found;
  }

  /** The caller's options, else the configuration's, else Triton's defaults. */
  private CompileOptions effectiveOptions() {
    CompileOptions chosen =
        options != null
            ? options
            : configuration.isPresent() ? options(configuration.get()) : CompileOptions.DEFAULT;
    return chosen.versioned() == versioned ? chosen : chosen.withVersioned(versioned);
  }

  /** Configurations are few objects of the kernel's. */
  private static boolean differ(Optional<TritonConfig> a, Optional<TritonConfig> b) {
    return a.orElse(null) != b.orElse(null);
  }

  private static CompileOptions options(TritonConfig config) {
    CompileOptions defaults = CompileOptions.DEFAULT;
    return defaults
        .withNumWarps(config.numWarps().orElse(defaults.numWarps()))
        .withNumStages(config.numStages().orElse(defaults.numStages()))
        .withNumCtas(config.numCtas().orElse(defaults.numCtas()))
        .withMaxRegisters(config.maxnreg().orElse(defaults.maxRegisters()));
  }

  private Ready load(Specialization specialization) {
    KernelVersion version = kernel.version(specialization, device.target());
    MemorySegment block = Arena.ofAuto().allocate(Math.max(8, 8L * binder.runtimeArguments()), 8);
    return new Ready(version, device.load(version), block);
  }
}
