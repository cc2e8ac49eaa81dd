package dev.kiln.compiler.gpu.emit;

import dev.kiln.compiler.ir.Value;
import dev.kiln.compiler.layout.LinearLayout;
import dev.kiln.compiler.ptx.Operand;
import java.util.HashMap;
import java.util.Map;

/**
 * What values are while a block is emitted. Registers that a nested block defines are unknown
 * outside of it, so each block has a scope, which sees those around it.
 */
final class Scope {
  private record Place(Value tile, LinearLayout layout) {}

  private final Scope outer;
  private final Map<Value, Operand> scalars = new HashMap<>();
  private final Map<Value, Fragment> tiles = new HashMap<>();
  private final Map<Place, LazyFragment> elsewhere = new HashMap<>();
  private final Map<Value, SharedTile> places = new HashMap<>();

  Scope(Scope outer) {
    this.outer = outer;
  }

  Scope outer() {
    return outer;
  }

  void define(Value scalar, Operand operand) {
    scalars.put(scalar, operand);
  }

  void define(Value tile, Fragment fragment) {
    tiles.put(tile, fragment);
  }

  void define(Value tile, SharedTile place) {
    places.put(tile, place);
  }

  /** Where a tile lies in shared memory, or {@code null}. */
  SharedTile place(Value tile) {
    for (Scope scope = this; scope != null; scope = scope.outer) {
      SharedTile place = scope.places.get(tile);
      if (place != null) {
        return place;
      }
    }
    return null;
  }

  /** {@code null} if it is not defined. */
  Operand scalar(Value scalar) {
    for (Scope scope = this; scope != null; scope = scope.outer) {
      Operand operand = scope.scalars.get(scalar);
      if (operand != null) {
        return operand;
      }
    }
    return null;
  }

  /** As it was defined; {@code null} if it was not. */
  Fragment tile(Value tile) {
    for (Scope scope = this; scope != null; scope = scope.outer) {
      Fragment fragment = scope.tiles.get(tile);
      if (fragment != null) {
        return fragment;
      }
    }
    return null;
  }

  /** A tile in another layout, as far as it has been made in this scope; {@code null} if not. */
  LazyFragment here(Value tile, LinearLayout layout) {
    return elsewhere.get(new Place(tile, layout));
  }

  /** The same in the nearest scope that has it. */
  LazyFragment anywhere(Value tile, LinearLayout layout) {
    var place = new Place(tile, layout);
    for (Scope scope = this; scope != null; scope = scope.outer) {
      LazyFragment fragment = scope.elsewhere.get(place);
      if (fragment != null) {
        return fragment;
      }
    }
    return null;
  }

  void keep(Value tile, LazyFragment fragment) {
    elsewhere.put(new Place(tile, fragment.layout()), fragment);
  }
}
