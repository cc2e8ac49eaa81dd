package dev.kiln.runtime.sim.isa.async;

import dev.kiln.runtime.KilnException;
import dev.kiln.runtime.sim.TensorMap;
import dev.kiln.runtime.sim.TensorMap.DataType;
import dev.kiln.runtime.sim.exec.LaneFault;
import dev.kiln.runtime.sim.exec.Step;
import dev.kiln.runtime.sim.exec.Warp;
import dev.kiln.runtime.sim.memory.Access;
import dev.kiln.runtime.sim.memory.ByteRange;
import dev.kiln.runtime.sim.memory.ByteRange.Toucher;
import dev.kiln.runtime.sim.memory.ByteRange.Use;
import dev.kiln.runtime.sim.memory.MemoryPort;
import dev.kiln.runtime.sim.program.DecodeContext;
import dev.kiln.runtime.sim.program.Modifiers;
import dev.kiln.runtime.sim.ptx.PtxType;
import dev.kiln.runtime.sim.ptx.Space;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** {@code tensormap.replace}: changes one field of a tensor map in memory. */
final class TensorMapReplace extends Step {
  private static final int ALIGNMENT = 128;

  /** Types by the manual's numbers. */
  private static final DataType[] TYPES = {
    DataType.UINT8,
    DataType.UINT16,
    DataType.UINT32,
    DataType.INT32,
    DataType.UINT64,
    DataType.INT64,
    DataType.FLOAT16,
    DataType.FLOAT32,
    DataType.FLOAT32_FTZ,
    DataType.FLOAT64,
    DataType.BFLOAT16,
    DataType.TFLOAT32,
    DataType.TFLOAT32_FTZ
  };

  private final Place map;
  private final Change change;
  private final boolean wide;
  private final int value;
  private final int index;

  /** Changes a builder. */
  @FunctionalInterface
  private interface Change {
    /**
     * @param index of the dimension; 0 where the field has none
     */
    TensorMap.Builder apply(TensorMap map, int index, long value);
  }

  private TensorMapReplace(Place map, Change change, boolean wide, int value, int index) {
    this.map = map;
    this.change = change;
    this.wide = wide;
    this.value = value;
    this.index = index;
  }

  static Step decode(DecodeContext context) {
    Modifiers modifiers = context.modifiers();
    if (!modifiers.take("replace") || !modifiers.take("tile")) {
      throw context.unsupported("of tensormap only .replace.tile is simulated");
    }
    String field =
        modifiers
            .takeAny("global_address", "rank", "box_dim", "global_dim", "element_stride")
            .or(() -> modifiers.takeAny("global_stride", "elemtype", "swizzle_mode", "fill_mode"))
            .orElseThrow(() -> context.unsupported("this field of tensormap is not simulated"));
    modifiers.take("b1024");
    boolean wide = modifiers.take("b64");
    modifiers.take("b32");
    Space space =
        modifiers.take("global")
            ? Space.GLOBAL
            : modifiers.takeAny("shared::cta", "shared").isPresent() ? Space.SHARED : Space.GENERIC;
    boolean indexed = field.endsWith("_dim") || field.endsWith("_stride");
    context.expectOperands(indexed ? 3 : 2, indexed ? 3 : 2);
    int last = indexed ? 2 : 1;
    int value =
        wide
            ? context.wide(context.operand(last), PtxType.B64)
            : context.word(context.operand(last), PtxType.B32);
    int index = indexed ? (int) context.constant(context.operand(1)) : 0;
    Place map = Place.of(context, context.operand(0), space);
    return new TensorMapReplace(map, change(field), wide, value, index);
  }

  private static Change change(String field) {
    return switch (field) {
      case "global_address" -> (map, i, value) -> map.change().address(value);
      case "rank" -> (map, i, value) -> map.change().rank((int) value + 1);
      case "box_dim" -> (map, i, value) -> map.change().boxAt(i, (int) value);
      case "global_dim" -> (map, i, value) -> map.change().dimensionAt(i, value);
      case "element_stride" -> (map, i, value) -> map.change().elementStrideAt(i, (int) value);
      case "global_stride" -> (map, i, value) -> map.change().strideAt(i, value);
      case "elemtype" -> (map, i, value) -> map.change().type(TYPES[(int) value]);
      case "swizzle_mode" ->
          (map, i, value) -> map.change().swizzle(TensorMap.Swizzle.values()[(int) value]);
      default ->
          (map, i, value) ->
              map.change().outOfBounds(TensorMap.OutOfBoundsFill.values()[(int) value]);
    };
  }

  @Override
  public void run(Warp warp) {
    for (int left = warp.active; left != 0; left &= left - 1) {
      replace(warp, Integer.numberOfTrailingZeros(left));
    }
    warp.changes++;
  }

  private void replace(Warp warp, int lane) {
    byte[] bytes = range(warp, lane, Use.READ).bytes().toArray(ValueLayout.JAVA_BYTE);
    TensorMap old = TensorMaps.decode(bytes, map.at(warp, lane), lane);
    long operand =
        wide ? warp.wides[value + lane] : Integer.toUnsignedLong(warp.words[value + lane]);
    try {
      byte[] changed = change.apply(old, index, operand).build().encode();
      ByteRange target = range(warp, lane, Use.WRITE);
      target.bytes().copyFrom(MemorySegment.ofArray(changed));
    } catch (KilnException | IndexOutOfBoundsException e) {
      throw new LaneFault(
          LaneFault.Kind.ILLEGAL_INSTRUCTION,
          lane,
          "tensormap.replace with %d: %s".formatted(operand, e.getMessage()));
    }
  }

  private ByteRange range(Warp warp, int lane, Use use) {
    Toucher toucher = new Toucher(warp, this, lane, Access.Agent.THREAD);
    long address = map.at(warp, lane);
    boolean shared =
        map.space() == Space.SHARED
            || map.space() == Space.GENERIC && MemoryPort.spaceOf(address) == Space.SHARED;
    if (shared) {
      Place.InShared place = map.shared(warp, lane);
      return toucher.shared(place.owner(), place.offset(), TensorMap.BYTES, ALIGNMENT, use);
    }
    return toucher.global(address, TensorMap.BYTES, ALIGNMENT, use);
  }
}
