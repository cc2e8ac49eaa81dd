package dev.kiln.ops.tensor;

import dev.kiln.compiler.ir.DType;
import dev.kiln.runtime.Device;
import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.NdArray;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Numbers on a device, with a dtype, a shape and strides, and with a place in the graph of
 * gradients.
 *
 * <p>A tensor is a handle on counted memory. Views share it. A tensor belongs to the {@link Scope}
 * that was innermost when it was made and is freed with it, or by {@link #close}; memory goes when
 * the last handle, view and graph node is done with it. Operations are methods, in interfaces by
 * family: {@link ElementwiseOperations}, {@link ActivationOperations}, {@link ReductionOperations},
 * {@link ViewOperations}, {@link ProductOperations}, {@link IndexOperations}; {@link
 * HostOperations} read the numbers, {@link ChangeOperations} write them. Fused ones are in {@code
 * dev.kiln.ops.function}.
 *
 * <p>Every operation throws a {@link KilnException} that names it, the shapes and the rule that was
 * broken. Not thread-safe, as its {@link Context}.
 */
public final class Tensor
    implements ElementwiseOperations,
        ActivationOperations,
        ReductionOperations,
        ViewOperations,
        ProductOperations,
        IndexOperations,
        HostOperations,
        ChangeOperations,
        AutoCloseable {
  private final Context context;
  private NdArray array;
  private Storage storage;
  private String origin = "tensor";

  // Memory
  private Scope scope;
  private int place;
  private boolean isFreed;
  private boolean isPersistent;

  // Gradients
  private boolean requiresGrad;
  private Node node;
  private int output;
  private Hooks hooks = new Hooks();
  private Tensor gradient;
  private boolean hasGrad;

  Tensor(Context context, NdArray array, Storage storage) {
    this.context = context;
    this.array = array;
    this.storage = storage;
  }

  @Override
  public Tensor self() {
    return this;
  }

  public Context context() {
    return context;
  }

  public Device device() {
    return context.device();
  }

  public DType dtype() {
    return array.dtype();
  }

  /** How many axes there are; 0 for a single number. */
  public int rank() {
    return array.rank();
  }

  /** The extents, one for each axis. */
  public long[] shape() {
    return array.shape();
  }

  /** The extent of an axis; negative axes count from the last. */
  public long dim(int axis) {
    return array.dim(Axes.index("dim", axis, rank()));
  }

  /** Elements between neighbours along an axis; 0 where an axis was expanded. */
  public long stride(int axis) {
    return array.stride(Axes.index("stride", axis, rank()));
  }

  /** Number of elements. */
  public long size() {
    return array.size();
  }

  public boolean isContiguous() {
    return array.isContiguous();
  }

  /**
   * The array for launchers. Who writes to it calls {@link #changedInPlace}, unless the tensor is
   * the fresh result of an operation.
   *
   * @throws KilnException if the tensor was freed
   */
  public NdArray array() {
    if (isFreed) {
      throw new KilnException(
          this
              + " was freed, by close() or with its scope; Scope.keep gives a tensor to the scope"
              + " around");
    }
    return array;
  }

  // Changes in place

  @Override
  public Tensor changedInPlace() {
    storage.changed();
    return this;
  }

  /**
   * Changes the dtype of this very tensor, for parameters and buffers that others hold; views keep
   * the old numbers. The gradient is forgotten.
   *
   * @throws KilnException if this is the result of an operation that gradients flow through, or
   *     cannot be a parameter in that dtype
   */
  public Tensor convertInPlace(DType dtype) {
    if (node != null || requiresGrad && !dtype.isFloat()) {
      throw new KilnException("convertInPlace: cannot make " + this + " " + dtype);
    }
    if (dtype != dtype()) {
      NdArray converted = NdArray.empty(device(), dtype, shape());
      Elementwise.launcher(context).copy(array(), converted);
      storage.release();
      array = converted;
      storage = new Storage(context, converted, true);
      if (gradient != null) {
        gradient.close();
        gradient = null;
      }
      hasGrad = false;
    }
    return this;
  }

  // Gradients

  /** Whether gradients flow to or through this tensor. */
  public boolean requiresGrad() {
    return requiresGrad;
  }

  /**
   * Makes this a parameter: backward passes add to its {@link #grad}.
   *
   * @throws KilnException if the dtype is no float, or an operation made it
   */
  public Tensor requireGrad() {
    return requireGrad(true);
  }

  /** Switches gradients of a parameter on, or off: what is frozen costs no gradient work. */
  public Tensor requireGrad(boolean needed) {
    if (needed && !dtype().isFloat()) {
      throw new KilnException("requireGrad: only floats have gradients, but is " + this);
    }
    if (node != null) {
      throw new KilnException("requireGrad: " + this + " is a result; only inputs can be changed");
    }
    requiresGrad = needed;
    return this;
  }

  /** Whether no operation of the graph made it. */
  public boolean isLeaf() {
    return node == null;
  }

  boolean isParameter() {
    return node == null && requiresGrad;
  }

  /** What made it; null for a leaf. */
  public Node node() {
    return node;
  }

  Node.Edge edge() {
    if (!requiresGrad) {
      return Node.Edge.NONE;
    }
    return node == null ? new Node.Edge.Leaf(this) : new Node.Edge.Inner(node, output);
  }

  void madeBy(Node maker, int index) {
    node = maker;
    output = index;
    requiresGrad = true;
  }

  void forgetGraph() {
    if (node != null) {
      node = null;
      requiresGrad = false;
    }
  }

  /** Whether a backward pass has given a gradient since the last {@link #zeroGrad}. */
  public boolean hasGrad() {
    return hasGrad;
  }

  /**
   * The gradient that backward passes have added up since {@link #zeroGrad}: the same tensor each
   * time, of this one's shape and dtype.
   *
   * @throws KilnException if there is none
   */
  public Tensor grad() {
    if (!hasGrad) {
      throw new KilnException(
          this + " has no gradient: no backward pass reached it since the last zeroGrad");
    }
    return gradient;
  }

  /** Forgets the gradient; its memory is kept for the next one. */
  public void zeroGrad() {
    hasGrad = false;
  }

  /** The memory of the gradient, made at the first call; its content counts if {@link #hasGrad}. */
  public Tensor gradientBuffer() {
    if (gradient == null) {
      NdArray made = NdArray.empty(device(), dtype(), shape());
      gradient = new Tensor(context, made, new Storage(context, made, true));
      gradient.origin = origin + ".grad";
    }
    return gradient;
  }

  /** Notes that {@link #gradientBuffer} holds a gradient, as a restored checkpoint does. */
  public void gradientArrived() {
    hasGrad = true;
    gradient.changedInPlace();
  }

  /**
   * The gradients of all parameters that took part in this single number.
   *
   * @throws KilnException if this has more than one element, or needs no gradient
   */
  public void backward() {
    if (size() != 1) {
      throw new KilnException(
          "backward: a gradient must be given for a result of more than one element: " + this);
    }
    try (Scope _ = context.frame()) {
      backward(context.ones(dtype(), shape()), false);
    }
  }

  /** The gradients of all parameters that took part, given that of this tensor. */
  public void backward(Tensor gradientOfThis) {
    backward(gradientOfThis, false);
  }

  /**
   * The same.
   *
   * @param retainGraph whether the graph can be gone through again; otherwise its memory is given
   *     back on the way
   */
  public void backward(Tensor gradientOfThis, boolean retainGraph) {
    array();
    Axes.requireShape("backward", gradientOfThis, this);
    new BackwardPass(context, retainGraph, null).run(this, gradientOfThis);
  }

  /**
   * Shows the gradient of this tensor to a function during backward passes, which may give another
   * in its place, or null to leave it. Of a result, the gradient is complete; of a parameter, each
   * addition is shown.
   *
   * @return ends it
   */
  public Mode onGradient(UnaryOperator<Tensor> hook) {
    if (!requiresGrad) {
      throw new KilnException("onGradient: " + this + " needs no gradient");
    }
    return hooks().add(hook);
  }

  Hooks hooks() {
    return node == null ? hooks : node.output(output).hooks;
  }

  // Memory

  Storage storage() {
    return storage;
  }

  Scope scope() {
    return scope;
  }

  /** Whether more can be added to this gradient in place, in arithmetic that loses nothing. */
  boolean isChangeableGradient() {
    boolean isExact = dtype() == DType.FP32 || dtype() == DType.FP64;
    return isExact && storage.isExclusive() && array.isContiguous();
  }

  void joined(Scope newScope, int newPlace) {
    scope = newScope;
    place = newPlace;
  }

  /** Takes this out of its scope: who calls this closes it. */
  Tensor leave() {
    if (scope != null) {
      scope.remove(place);
      scope = null;
    }
    return this;
  }

  /** Keeps this beyond all scopes until it is closed, or its context is: what modules hold. */
  public Tensor persist() {
    leave();
    context.persist(this);
    isPersistent = true;
    return this;
  }

  boolean isPersistent() {
    return isPersistent || isParameter();
  }

  /** Another handle on the same memory, without a graph and outside of all scopes. */
  Tensor alias() {
    return view(array());
  }

  /** A handle on a part of this memory, without a graph and outside of all scopes. */
  Tensor view(NdArray part) {
    array();
    storage.retain();
    var alias = new Tensor(context, part, storage);
    alias.origin = origin;
    return alias;
  }

  /** A handle on a part of this memory, without a graph, in the current scope. */
  Tensor scopedView(NdArray part) {
    Tensor view = view(part);
    context.scopeOfTensors().add(view);
    return view;
  }

  /** The same numbers without their history: no gradient flows through the result. */
  public Tensor detach() {
    return scopedView(array());
  }

  /** Whether the memory was given back. */
  public boolean isFreed() {
    return isFreed;
  }

  /** Gives the memory back, unless views or the graph still use it. May be called twice. */
  @Override
  public void close() {
    if (!isFreed) {
      isFreed = true;
      leave();
      storage.release();
      if (gradient != null) {
        gradient.close();
      }
    }
  }

  // Of several tensors

  /** Tensors one behind the other along an axis; their shapes are equal but for it. */
  public static Tensor cat(int axis, Tensor... tensors) {
    return Arranging.cat(axis, List.of(tensors));
  }

  /** The same. */
  public static Tensor cat(int axis, List<Tensor> tensors) {
    return Arranging.cat(axis, tensors);
  }

  /** Tensors of one shape along a new axis. */
  public static Tensor stack(int axis, Tensor... tensors) {
    return Arranging.stack(axis, List.of(tensors));
  }

  /** The same. */
  public static Tensor stack(int axis, List<Tensor> tensors) {
    return Arranging.stack(axis, tensors);
  }

  // Other places

  /**
   * A copy in another context, and so perhaps on another device; this very tensor if it is in that
   * context. No gradient flows from one context to another.
   */
  public Tensor to(Context other) {
    if (other == context) {
      return this;
    }
    NdArray copy = NdArray.empty(other.device(), dtype(), shape());
    copy.buffer().copyFrom(MemorySegment.ofArray(array().toBytes()), 0);
    return other.adopt(copy).named(origin);
  }

  // Names

  /** The name in messages: of a parameter, or of the operation that made it. */
  public String name() {
    return origin;
  }

  /** Gives a name for messages. */
  public Tensor named(String name) {
    origin = name;
    return this;
  }

  void nameOrigin(String operation) {
    origin = operation;
  }

  @Override
  public String toString() {
    return origin + " " + dtype() + Arrays.toString(array.shape());
  }
}
