package dev.kiln.compiler.jvm;

import dev.kiln.compiler.ir.DType;
import dev.kiln.compiler.loop.TileRef;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.TypeKind;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Offsets in memory of a nest's references. Level {@code l} of the loops knows the first {@code l}
 * indices in loop order; what those add to an offset is kept in a local variable, and only the
 * innermost index is added at each access.
 */
final class RefOffsets {
  /** Two references with one key have the same offsets. */
  private record Key(TileRef.Base base, int bytes, List<TileRef.Stride> strides) {
    static Key of(TileRef ref) {
      return new Key(ref.base(), ref.dtype().bytes(), ref.strides());
    }
  }

  private record DynamicKey(TileRef.Stride stride, int bytes) {}

  private final CodeWriter writer;
  private final CodeBuilder code;
  private final int[] order;
  private final int[] indexSlots;
  private final Map<Key, int[]> levels = new LinkedHashMap<>();
  private final Map<DynamicKey, Integer> dynamicStrides = new HashMap<>();

  /**
   * @param order the axis of each loop, outermost first
   * @param indexSlots the local variable of each axis's index
   */
  RefOffsets(CodeWriter writer, int[] order, int[] indexSlots) {
    this.writer = writer;
    this.code = writer.code();
    this.order = order;
    this.indexSlots = indexSlots;
  }

  /** Before the loops. */
  void enter(Collection<TileRef> refs) {
    for (TileRef ref : refs) {
      Key key = Key.of(ref);
      if (levels.containsKey(key)) {
        continue;
      }
      int[] slots = new int[order.length + 1];
      slots[0] = code.allocateLocal(TypeKind.LONG);
      DriverEmitter.pushBase(writer, ref);
      code.lstore(slots[0]);
      levels.put(key, slots);
      ref.strides().forEach(s -> prepare(s, key.bytes));
    }
  }

  private void prepare(TileRef.Stride stride, int bytes) {
    if (stride instanceof TileRef.Dynamic dynamic) {
      dynamicStrides.computeIfAbsent(
          new DynamicKey(dynamic, bytes),
          _ -> {
            int slot = code.allocateLocal(TypeKind.LONG);
            writer.pushLong(dynamic.elements());
            code.loadConstant((long) bytes).lmul().lstore(slot);
            return slot;
          });
    }
  }

  /** After the index of loop {@code level} has been set; not for the innermost loop. */
  void enterLevel(int level) {
    int axis = order[level];
    levels.forEach(
        (key, slots) -> {
          TileRef.Stride stride = key.strides.get(axis);
          if (isZero(stride)) {
            slots[level + 1] = slots[level];
            return;
          }
          slots[level + 1] = code.allocateLocal(TypeKind.LONG);
          code.lload(slots[level]);
          addIndex(stride, key.bytes, axis);
          code.lstore(slots[level + 1]);
        });
  }

  private void addIndex(TileRef.Stride stride, int bytes, int axis) {
    switch (stride) {
      case TileRef.Fixed fixed -> {
        code.iload(indexSlots[axis]).i2l();
        long step = fixed.elements() * bytes;
        if (step != 1) {
          code.loadConstant(step).lmul();
        }
      }
      case TileRef.Dynamic dynamic -> {
        code.iload(indexSlots[axis]).i2l();
        code.lload(dynamicStrides.get(new DynamicKey(dynamic, bytes))).lmul();
      }
      case TileRef.Indexed indexed ->
          new MemoryAccess(writer)
              .load(
                  DType.I64,
                  () -> {
                    writer.pushScratchOffset(indexed.offset());
                    code.iload(indexSlots[axis]).i2l().loadConstant(8L).lmul().ladd();
                  });
    }
    code.ladd();
  }

  /** Pushes the offset of the element at the indices of the first {@code level} loops. */
  void push(TileRef ref, int level) {
    int[] slots = levels.get(Key.of(ref));
    if (level < order.length || order.length == 0) {
      code.lload(slots[level]);
      return;
    }
    code.lload(slots[level - 1]);
    int axis = order[level - 1];
    TileRef.Stride stride = ref.strides().get(axis);
    if (!isZero(stride)) {
      addIndex(stride, ref.dtype().bytes(), axis);
    }
  }

  /** Pushes the offset of the element at all current indices, whatever level has been entered. */
  void pushAll(TileRef ref) {
    code.lload(levels.get(Key.of(ref))[0]);
    for (int axis : order) {
      TileRef.Stride stride = ref.strides().get(axis);
      if (!isZero(stride)) {
        addIndex(stride, ref.dtype().bytes(), axis);
      }
    }
  }

  /** Adds to the offset on the stack what an innermost index does; nothing where it is indexed. */
  void addInnermost(TileRef ref, Runnable pushIndex) {
    int axis = order[order.length - 1];
    TileRef.Stride stride = ref.strides().get(axis);
    if (isZero(stride) || stride instanceof TileRef.Indexed) {
      return;
    }
    pushIndex.run();
    code.i2l();
    pushStride(ref, axis);
    code.lmul().ladd();
  }

  /** Pushes bytes between neighbours along an axis that is not indexed. */
  void pushStride(TileRef ref, int axis) {
    int bytes = ref.dtype().bytes();
    switch (ref.strides().get(axis)) {
      case TileRef.Fixed fixed -> code.loadConstant(fixed.elements() * bytes);
      case TileRef.Dynamic dynamic ->
          code.lload(dynamicStrides.get(new DynamicKey(dynamic, bytes)));
      case TileRef.Indexed _ -> throw new IllegalArgumentException("an index has no stride");
    }
  }

  static boolean isZero(TileRef.Stride stride) {
    return stride instanceof TileRef.Fixed fixed && fixed.elements() == 0;
  }

  static boolean isUnit(TileRef.Stride stride) {
    return stride instanceof TileRef.Fixed fixed && fixed.elements() == 1;
  }
}
