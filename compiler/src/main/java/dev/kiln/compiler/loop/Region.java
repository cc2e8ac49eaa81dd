package dev.kiln.compiler.loop;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The driver code of one block while it is built: items in their order, and before, between and
 * after them scalar statements, each as early as its operands allow, so that a later item may join
 * an earlier nest.
 */
final class Region {
  private final Optional<Region> parent;
  private final boolean isLoopBody;
  private final List<Item> items = new ArrayList<>();
  private final List<List<LoopStmt>> scalars = new ArrayList<>(List.of(new ArrayList<>()));

  Region(Optional<Region> parent, boolean isLoopBody) {
    this.parent = parent;
    this.isLoopBody = isLoopBody;
  }

  /** Something that runs at one place: a nest in the making, or a finished statement. */
  interface Item {
    List<Access> accesses();

    Optional<LoopStmt> finish();
  }

  /** A finished statement and what it touches. */
  record Fixed(LoopStmt statement, List<Access> accesses) implements Item {
    Fixed {
      accesses = List.copyOf(accesses);
    }

    @Override
    public Optional<LoopStmt> finish() {
      return Optional.of(statement);
    }
  }

  Optional<Region> parent() {
    return parent;
  }

  /** Whether scalar code that does not depend on the block may move in front of its loop. */
  boolean isLoopBody() {
    return isLoopBody;
  }

  List<Item> items() {
    return items;
  }

  int size() {
    return items.size();
  }

  /** Appends an item and tells its index. */
  int append(Item item) {
    items.add(item);
    scalars.add(new ArrayList<>());
    return items.size() - 1;
  }

  /** Places a scalar statement in front of the item of the index. */
  void insert(int index, LoopStmt statement) {
    scalars.get(index).add(statement);
  }

  boolean isWithin(Region outer) {
    return this == outer || parent.map(p -> p.isWithin(outer)).orElse(false);
  }

  List<Access> accesses() {
    return items.stream().flatMap(item -> item.accesses().stream()).toList();
  }

  List<LoopStmt> finish() {
    List<LoopStmt> body = new ArrayList<>(scalars.getFirst());
    for (int i = 0; i < items.size(); i++) {
      items.get(i).finish().ifPresent(body::add);
      body.addAll(scalars.get(i + 1));
    }
    return body;
  }
}
