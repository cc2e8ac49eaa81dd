package dev.kiln.compiler.loop;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.ir.Shape;
import dev.kiln.compiler.ir.Type;
import dev.kiln.compiler.ir.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Makes references to tiles in scratch and global memory as nests see them. */
final class Refs {
  private Refs() {}

  /** A row-major tile of the shape at the start of a buffer. */
  static TileRef scratch(DType dtype, int buffer, Shape shape, IndexMap map) {
    long base = Scratch.address(buffer) + map.offset(shape) * dtype.bytes();
    List<TileRef.Stride> strides =
        Arrays.stream(map.positions(shape)).<TileRef.Stride>mapToObj(TileRef.Fixed::new).toList();
    return new TileRef(dtype, new TileRef.Scratch(base), strides);
  }

  /**
   * The part of a row-major buffer to which {@code view} takes a tile, as the nest over the tile's
   * axes longer than 1 sees it.
   */
  static TileRef part(
      DType dtype, int buffer, Shape bufferShape, IndexMap view, Shape tile, int nestRank) {
    long[] positions = view.positions(bufferShape);
    List<TileRef.Stride> strides = new ArrayList<>();
    for (int a = 0; a < tile.rank(); a++) {
      if (tile.dim(a) > 1) {
        strides.add(new TileRef.Fixed(positions[a]));
      }
    }
    while (strides.size() < nestRank) {
      strides.add(new TileRef.Fixed(0));
    }
    long base = Scratch.address(buffer) + view.offset(bufferShape) * dtype.bytes();
    return new TileRef(dtype, new TileRef.Scratch(base), strides);
  }

  /**
   * A tile in global memory; empty if it has to be gathered, element by element.
   *
   * @param form of the pointer, over the nest's axes
   * @param anyAxis whether no axis with a stride is needed
   */
  static Optional<TileRef> global(Pull pull, Form form, boolean anyAxis) {
    return global(pull, form, anyAxis, Map.of());
  }

  /**
   * @param masks conditions along axes: where they are false there is no element
   */
  static Optional<TileRef> global(
      Pull pull, Form form, boolean anyAxis, Map<Integer, List<Value>> masks) {
    if (!anyAxis && !form.opaques().isEmpty() && !hasLinearAxis(form, pull.dims())) {
      return Optional.empty();
    }
    ScalarCode scalars = pull.kernel().scalars();
    Value root = form.root().orElseGet(() -> scalars.constant(Type.pointer(form.dtype()), 0));
    Value base = pull.require(scalars.addPtr(root, form.base()));
    List<TileRef.Stride> strides = new ArrayList<>();
    for (int j = 0; j < form.strides().size(); j++) {
      List<Value> active = masks.getOrDefault(j, List.of());
      strides.add(
          form.hasOpaque(j) || !active.isEmpty()
              ? indexed(pull, form, j, active)
              : stride(pull, form.strides().get(j)));
    }
    return Optional.of(new TileRef(form.dtype(), new TileRef.Global(base), strides));
  }

  private static boolean hasLinearAxis(Form form, int[] dims) {
    for (int j = 0; j < dims.length; j++) {
      if (dims[j] > 1 && !form.hasOpaque(j) && !form.strides().get(j).is(0)) {
        return true;
      }
    }
    return false;
  }

  private static TileRef.Stride stride(Pull pull, Sc stride) {
    return stride.isConstant()
        ? new TileRef.Fixed(stride.constant())
        : new TileRef.Dynamic(pull.require(stride.value()));
  }

  private static TileRef.Stride indexed(Pull pull, Form form, int axis, List<Value> active) {
    RowVector vector = RowVector.of(form, axis, pull.dims()[axis], active);
    Optional<KernelLowering.Located> located = pull.kernel().vector(vector).filter(pull::isVisible);
    if (located.isEmpty()) {
      pull.needVector(vector);
      return new TileRef.Fixed(0);
    }
    int buffer = located.get().buffer();
    TileRef whole = scratch(DType.I64, buffer, Shape.of(vector.size()), IndexMap.identity(1));
    pull.access(Access.read(new Access.Buffer(buffer, whole, false)));
    return new TileRef.Indexed(Scratch.address(buffer));
  }
}
