package dev.kiln.ops.tensor;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.lang.System.Logger.Level;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Where tensors live, and all that would otherwise be global: the device, the launchers of its
 * kernels, scopes of memory, whether gradients are recorded, the autocast policy and the random
 * state. A context belongs to one thread at a time; several may share a device.
 *
 * <pre>{@code
 * try (var context = new Context(Devices.cpu(), 42)) {
 *   Tensor w = context.of(new float[] {1, 2, 3}).requireGrad();
 *   try (Scope step = context.scope()) {
 *     w.mul(w).sum().backward();
 *   }
 *   w.grad().toFloats(); // 2, 4, 6
 * }
 * }</pre>
 */
public final class Context implements TensorCreation, AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Context.class.getName());

  private final Device device;
  private final Launchers launchers;
  private final RandomState random;
  private final MemoryCount memory = new MemoryCount();
  private final Scope root;
  private final Listeners<OperationListener> listeners = new Listeners<>();
  private Scope current;
  private boolean recording = true;
  private Autocast autocast;
  private long sequence;
  private boolean closed;

  public Context(Device device, long seed) {
    this.device = device;
    launchers = new Launchers(device);
    random = new RandomState(seed);
    root = new Scope(this, null, false);
    current = root;
  }

  public Device device() {
    return device;
  }

  /** The random state that dropout and random tensors draw from. */
  public RandomState random() {
    return random;
  }

  /** What tensors hold at the moment and held at most. */
  public MemoryCount memory() {
    return memory;
  }

  // Launchers

  /** The launcher of a kernel family on this device, made at the first call and shared. */
  public <T> T launcher(Class<T> type, Function<Device, T> maker) {
    return launcher(type, type, maker);
  }

  /**
   * A launcher for one kind of use: launchers keep their last arguments, and launch faster while
   * shapes stay the same.
   *
   * @param use has value equality, for example a record of shapes
   */
  public <T> T launcher(Class<T> type, Object use, Function<Device, T> maker) {
    requireOpen();
    return launchers.get(type, use, maker);
  }

  // Scopes

  /**
   * Opens a scope for a step: when it is closed, all tensors that were made in it are freed, and
   * the graph with them.
   */
  public Scope scope() {
    return open(false);
  }

  /**
   * Opens a frame, the scope of a function's local variables: when it is closed, tensors that were
   * made in it are freed, except what was {@linkplain Scope#keep kept} and what the graph needs.
   */
  public Scope frame() {
    return open(true);
  }

  /** Runs a function in a frame of its own; its result goes to the scope around. */
  public Tensor frame(Supplier<Tensor> body) {
    try (Scope frame = frame()) {
      return frame.keep(body.get());
    }
  }

  private Scope open(boolean isFrame) {
    requireOpen();
    current = new Scope(this, current, isFrame);
    return current;
  }

  void closed(Scope scope) {
    if (scope != current) {
      throw new KilnException("scopes must be closed in reverse order: one opened later is open");
    }
    current = scope.parent();
  }

  Scope scopeOfTensors() {
    requireOpen();
    return current;
  }

  // Modes

  /** Whether operations on tensors that need gradients are recorded. */
  public boolean isRecording() {
    return recording;
  }

  /** No graph is recorded until the result is closed. */
  public Mode noGrad() {
    return recording(false);
  }

  /** The graph is recorded until the result is closed, also inside of {@link #noGrad}. */
  public Mode withGrad() {
    return recording(true);
  }

  private Mode recording(boolean value) {
    boolean before = recording;
    recording = value;
    return () -> recording = before;
  }

  /** {@link #autocast(DType, AutocastPolicy)} with the default policy. */
  public Mode autocast(DType lower) {
    return autocast(lower, AutocastPolicy.DEFAULT);
  }

  /**
   * Until the result is closed, operations cast their inputs by a policy. Close it before the
   * backward pass, as in PyTorch: gradients take the dtypes of the forward pass.
   *
   * @param lower bf16 or fp16
   */
  public Mode autocast(DType lower, AutocastPolicy policy) {
    if (lower != DType.BF16 && lower != DType.FP16) {
      throw new KilnException("autocast: the lower dtype must be bf16 or fp16, but is " + lower);
    }
    return casting(new Autocast(lower, policy));
  }

  /** Operations take their inputs as they come until the result is closed. */
  public Mode withoutAutocast() {
    return casting(null);
  }

  Autocast currentAutocast() {
    return autocast;
  }

  /** Casts as another region did, which may have ended. */
  Mode autocastAs(Autocast region) {
    return casting(region == null ? null : region.again());
  }

  private Mode casting(Autocast region) {
    Autocast before = autocast;
    autocast = region;
    return () -> {
      if (region != null) {
        region.close();
      }
      autocast = before;
    };
  }

  /** The inputs of an operation in the dtypes that the autocast policy wants; null stays null. */
  public Tensor[] cast(String operation, Tensor... inputs) {
    return autocast == null ? inputs : autocast.cast(operation, inputs);
  }

  // Observation

  /** Reports operations until the result is closed. */
  public Mode listen(OperationListener listener) {
    return listeners.add(listener);
  }

  void observed(String operation, Tensor[] inputs, Tensor result) {
    for (OperationListener listener : listeners.now()) {
      listener.forward(operation, Arrays.asList(inputs), result);
    }
  }

  void observedGradient(Node operation, int input, Tensor gradient) {
    for (OperationListener listener : listeners.now()) {
      listener.backward(operation, input, gradient);
    }
  }

  long nextSequence() {
    return sequence++;
  }

  // Making tensors

  @Override
  public Context self() {
    return this;
  }

  /** Takes over an array: it is closed with the tensor. */
  public Tensor adopt(NdArray array) {
    return fresh(array, true);
  }

  /** Uses an array without taking it over: it must live as long as the tensor. */
  public Tensor wrap(NdArray array) {
    return fresh(array, false);
  }

  private Tensor fresh(NdArray array, boolean isOwned) {
    requireOpen();
    if (array.device() != device) {
      throw new KilnException(
          "the array is on " + array.device().name() + ", the context on " + device.name());
    }
    var tensor = new Tensor(this, array, new Storage(this, array, isOwned));
    current.add(tensor);
    return tensor;
  }

  void persist(Tensor tensor) {
    root.add(tensor);
  }

  private void requireOpen() {
    if (closed) {
      throw new KilnException("the context is closed");
    }
  }

  /**
   * Tensors that were made outside of any scope and that nobody has closed: what a long run leaks.
   * Parameters and buffers of modules that are still open are not among them.
   */
  public List<Tensor> leaks() {
    return root.members().stream().filter(tensor -> !tensor.isPersistent()).toList();
  }

  /** {@link #leaks} by what made them, most bytes first; empty if there are none. */
  public String leakReport() {
    var bytes = new TreeMap<String, Long>();
    var counts = new HashMap<String, Integer>();
    for (Tensor tensor : leaks()) {
      bytes.merge(tensor.toString(), tensor.size() * tensor.dtype().bytes(), Long::sum);
      counts.merge(tensor.toString(), 1, Integer::sum);
    }
    return bytes.entrySet().stream()
        .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
        .map(e -> "%d x %s: %,d bytes".formatted(counts.get(e.getKey()), e.getKey(), e.getValue()))
        .collect(Collectors.joining("\n"));
  }

  /** Frees all tensors, open scopes and launchers. What leaked is logged for debugging. */
  @Override
  public void close() {
    if (!closed) {
      while (current != root) {
        current.close();
      }
      LOG.log(Level.DEBUG, () -> "tensors outside of any scope at the end:\n" + leakReport());
      current = root;
      root.close();
      launchers.close();
      closed = true;
    }
  }
}
